"""Who could be drawn at a moment, and who could not and why: what the draw is made from, and kept with it."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from server.leaves.models import Leave
from server.org import consent
from server.org.models import Consent, County, Member, Posting, Squad, Station
from server.spotchecks.draw import Candidate, IsWorkday, Terms
from server.spotchecks.models import NOT_COUNTED, Draw, SpotCheck

WHY = {
    "on_leave": "请假或公出",
    "off_hours": "不在驻点的工作时间，或下班前来不及应答",
    "cap": "本月抽查次数已到上限",
    "waiting": "还有一次抽查没有结束",
    "no_consent": "没有同意采集照片和位置",
    "no_wechat": "没有绑定微信，通知送不到",
    "no_phone": "驻点没有登记固定电话",
}
_HELD_AGAINST = timedelta(days=60)  # so long an unanswered one makes the next likelier


@dataclass(frozen=True, slots=True)
class Where:
    """Where a candidate is to be found: the squad, its station, and the station's zone; and what of the draw's window
    lies within the working hours there (None: nothing)."""

    squad_id: uuid.UUID
    station_id: uuid.UUID
    tz: str
    span: tuple[datetime, datetime] | None = None
    members: frozenset[uuid.UUID] = frozenset()  # of a squad


@dataclass(frozen=True, slots=True)
class Pool:
    """`candidates` could be drawn; `out` could not: the id, and which of WHY. `where`: of both."""

    candidates: tuple[Candidate, ...]
    out: tuple[tuple[uuid.UUID, str], ...]
    where: Mapping[uuid.UUID, Where]

    def stored(self) -> dict[str, Any]:
        """As it is kept with the draw, in the order of the ids."""
        return {
            "in": sorted([str(one.id), one.weight, one.times] for one in self.candidates),
            "out": sorted([str(id_), why] for id_, why in self.out),
        }


def candidates_of(stored: Mapping[str, Any]) -> list[Candidate]:
    """The candidates of a kept pool."""
    return [Candidate(uuid.UUID(id_), weight, times) for id_, weight, times in stored.get("in", [])]


def of_draw(session: Session, draw: Draw, terms: Terms, is_workday: IsWorkday, now: datetime) -> Pool:
    """The pool of a draw at this moment."""
    look = _Look(session, draw, terms, now)
    rows = _members(session, draw) if draw.kind == "selfie" else _squads(session, draw, look)
    candidates, out, where = [], [], {}
    for id_, found, bars in {row[0]: row for row in rows}.values():  # of two postings of a day the later one
        span = span_of(found.tz, draw.starts_at, draw.ends_at, terms, is_workday, room(draw.kind, draw.answer_min))
        there = replace(found, span=span)
        where[id_] = there
        why = next((why for why in (*bars, *look.bars(id_, there)) if why), None)
        if why:
            out.append((id_, why))
        else:
            candidates.append(look.candidate(id_))
    return Pool(tuple(candidates), tuple(out), where)


def room(kind: str, answer_min: int) -> timedelta:
    """What has to be left of the working hours when one is asked: the time to answer a selfie."""
    return timedelta(minutes=answer_min if kind == "selfie" else 0)


def in_hours(tz: str, at: datetime, terms: Terms, is_workday: IsWorkday, left: timedelta = timedelta()) -> bool:
    """Whether it is working time there, and so much of it is `left`."""
    return span_of(tz, at, at, terms, is_workday, left) is not None


def span_of(
    tz: str,
    starts_at: datetime,
    ends_at: datetime,
    terms: Terms,
    is_workday: IsWorkday,
    left: timedelta = timedelta(),
) -> tuple[datetime, datetime] | None:
    """What of a window lies within the working hours of the first local day that it touches, if that is a workday, and
    before so much of them is `left`."""
    zone = ZoneInfo(tz)
    on = starts_at.astimezone(zone).date()
    known = is_workday(on)
    if not (known if known is not None else on.weekday() < 5):
        return None
    midnight = datetime.combine(on, time(), zone)
    opens, closes = (midnight + timedelta(minutes=minute) for minute in (terms.from_min, terms.to_min))
    begins, ends = max(starts_at, opens.astimezone(UTC)), min(ends_at, closes.astimezone(UTC) - left)
    if begins > ends or (begins == ends and starts_at < ends_at):  # a single moment of a window could be foreseen
        return None
    return begins, ends


def _posted(draw: Draw) -> Any:
    """Postings in force when the window opens, with squad, station and member; with a day's slack for zones."""
    on = draw.starts_at.date()
    statement = (
        select(Posting, Station.tz, Station.phone, Member.openid, Member.id.label("member"))
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .where(
            Posting.county_id == draw.county_id,
            Posting.starts_on <= on + timedelta(days=1),
            or_(Posting.ends_on.is_(None), Posting.ends_on >= on - timedelta(days=1)),
            Member.removed_at.is_(None),
        )
        .order_by(Member.id, Posting.starts_on)
    )
    if draw.unit_id:
        statement = statement.where(Squad.unit_id == draw.unit_id)
    if draw.squad_id:
        statement = statement.where(Posting.squad_id == draw.squad_id)
    return statement


def _here(rows: Iterator[Row[Any]], at: datetime) -> Iterator[Row[Any]]:
    """Those that are in force on the local date of their station."""
    for row in rows:
        on = at.astimezone(ZoneInfo(row.tz)).date()
        if row.Posting.starts_on <= on and (row.Posting.ends_on is None or on <= row.Posting.ends_on):
            yield row


Row_ = tuple[uuid.UUID, Where, tuple[str | None, ...]]


def _members(session: Session, draw: Draw) -> Iterator[Row_]:
    current = select(Consent.member_id).where(
        Consent.county_id == draw.county_id,
        Consent.withdrawn_at.is_(None),
        Consent.version == consent.CURRENT_VERSION,
    )
    agreed = set(session.scalars(current))
    statement = _posted(draw)
    if draw.aimed_at:
        statement = statement.where(Member.id == draw.aimed_at)
    for row in _here(iter(session.execute(statement)), draw.starts_at):
        there = Where(row.Posting.squad_id, row.Posting.station_id, row.tz)
        bars = (
            None if row.openid else "no_wechat",
            None if row.member in agreed else "no_consent",
        )
        yield row.member, there, bars


def _squads(session: Session, draw: Draw, look: "_Look") -> Iterator[Row_]:
    """Each squad at the station where most of those are who are not on leave."""
    statement = _posted(draw)
    if draw.aimed_at:
        statement = statement.where(Posting.squad_id == draw.aimed_at)
    there: dict[uuid.UUID, Counter[tuple[uuid.UUID, str, str | None]]] = {}
    people: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in _here(iter(session.execute(statement)), draw.starts_at):
        on = draw.starts_at.astimezone(ZoneInfo(row.tz)).date()
        at_work = not look.is_away(row.member, on)
        there.setdefault(row.Posting.squad_id, Counter())[row.Posting.station_id, row.tz, row.phone] += at_work
        people.setdefault(row.Posting.squad_id, set()).add(row.member)
    for squad_id, stations in sorted(there.items()):
        (station_id, tz, phone), _ = max(stations.items(), key=lambda one: (one[1], str(one[0])))
        where = Where(squad_id, station_id, tz, members=frozenset(people[squad_id]))
        yield squad_id, where, (None if phone else "no_phone",)


class _Look:
    """What the whole pool is asked at once: leave, what waits, how often this month, and what was not answered."""

    def __init__(self, session: Session, draw: Draw, terms: Terms, now: datetime) -> None:
        self._draw, self._terms = draw, terms
        # A draw among a unit leaves one for the county's, or it could use all of them up on the first days.
        among_all = draw.unit_id is None or draw.aimed_at is not None
        self._cap = terms.month_cap if among_all else max(1, terms.month_cap - 1)
        tz = ZoneInfo(session.scalars(select(County.tz).where(County.id == draw.county_id)).one())
        on = draw.starts_at.astimezone(tz).date()
        begins = datetime.combine(on.replace(day=1), time(), tz).astimezone(UTC)
        whose = SpotCheck.member_id if draw.kind == "selfie" else SpotCheck.squad_id
        mine = [SpotCheck.county_id == draw.county_id, SpotCheck.kind == draw.kind]
        # One that is still to come bars nobody, or the list would tell of it: a second draw takes its place.
        self._waiting = set(session.scalars(select(whose).where(*mine, SpotCheck.state == "open")))
        often = select(whose, func.count()).where(
            *mine, SpotCheck.issues_at >= begins, SpotCheck.state.not_in(NOT_COUNTED)
        )
        self._counted = dict(session.execute(often.group_by(whose)).all())
        # Whom it did not reach was drawn all the same: else they would come first for ever, and nobody else.
        drawn = select(whose, func.count()).where(
            *mine, SpotCheck.issues_at >= begins, SpotCheck.state.not_in(("planned", "void"))
        )
        self._times = dict(session.execute(drawn.group_by(whose)).all())
        missed = select(whose).where(
            *mine,
            SpotCheck.issues_at >= now - _HELD_AGAINST,
            SpotCheck.state.in_(("unanswered", "late")),
            # whoever has said why is not held to it before somebody has decided
            or_(SpotCheck.decision == "failed", SpotCheck.decision.is_(None) & SpotCheck.explained_at.is_(None)),
        )
        self._missed = set(session.scalars(missed))
        self._leave = self._away(session, on)

    def _away(self, session: Session, on: date) -> dict[uuid.UUID, list[tuple[date, date]]]:
        rows = session.execute(
            select(Leave.member_id, Leave.starts_on, Leave.ends_on).where(
                Leave.county_id == self._draw.county_id,
                Leave.state == "approved",
                Leave.kind != "make_up",  # a day that was spent there, and only not recorded
                Leave.starts_on <= on + timedelta(days=1),
                Leave.ends_on >= on - timedelta(days=1),
            )
        )
        found: dict[uuid.UUID, list[tuple[date, date]]] = {}
        for row in rows:
            found.setdefault(row.member_id, []).append((row.starts_on, row.ends_on))
        return found

    def is_away(self, member_id: uuid.UUID, on: date) -> bool:
        return any(first <= on <= last for first, last in self._leave.get(member_id, ()))

    def bars(self, id_: uuid.UUID, there: Where) -> Iterator[str | None]:
        draw = self._draw
        on = draw.starts_at.astimezone(ZoneInfo(there.tz)).date()
        yield "on_leave" if all(self.is_away(who, on) for who in there.members or {id_}) else None
        yield None if there.span else "off_hours"
        yield "waiting" if id_ in self._waiting else None
        yield "cap" if self._counted.get(id_, 0) >= self._cap else None

    def candidate(self, id_: uuid.UUID) -> Candidate:
        weight = self._terms.unanswered_weight if id_ in self._missed else 1
        return Candidate(id_, weight, self._times.get(id_, 0))
