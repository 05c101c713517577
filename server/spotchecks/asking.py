"""A draw is asked for and announced: what will be drawn stands in the audit chain before anybody can know whom."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from server.audit.journal import record
from server.errors import conflict, forbidden, invalid, not_found
from server.org.models import Posting, Squad, Unit
from server.org.scope import WATCHING_COUNTY, Caller, posted_today, unit_squads, watched_member
from server.org.scope import county as in_county
from server.spotchecks.draw import IsWorkday, Terms, digest
from server.spotchecks.models import Draw, SpotCheck

ASKING = ("unit_supervisor", *WATCHING_COUNTY)
AHEAD = timedelta(seconds=3)  # so long after its announcement the seed is taken, at the soonest
_FURTHEST, _LONGEST = timedelta(days=7), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A draw as somebody wants it; `id` is made by the client. `unit`, `squad`: among whom, else the whole county.
    `starts_at`, `ends_at` None: at once. `aimed_at`: this member, or of a call this squad, and `reason` why."""

    id: uuid.UUID
    kind: str
    count: int
    unit: uuid.UUID | None = None
    squad: uuid.UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    answer_min: int | None = None
    aimed_at: uuid.UUID | None = None
    reason: str = ""

    def digest(self) -> str:
        said = [self.kind, self.count, self.answer_min, self.reason]
        said += [str(one) for one in (self.unit, self.squad, self.starts_at, self.ends_at, self.aimed_at)]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def ask(
    session: Session, caller: Caller, wanted: Wanted, terms: Terms, is_workday: IsWorkday, now: datetime
) -> tuple[Draw, bool]:
    """Announce it; and whether it is new. A unit's supervisor draws among their unit, the bureau among all."""
    caller.require(*ASKING)
    known = session.get(Draw, (caller.county_id, wanted.id))
    if known is not None:
        if (known.asked_by, known.content_sha256) != (caller.member_id, wanted.digest()):
            raise conflict("draw_differs", "这个编号已经用过，内容不同，没有保存。")
        return known, False
    unit_id = _scope(session, caller, wanted) if wanted.aimed_at is None else _aim(session, caller, wanted)
    if wanted.aimed_at is None and wanted.squad is not None:
        _require_some_choice(session, caller, wanted)
    moment_at = now + AHEAD
    starts_at, ends_at = wanted.starts_at or moment_at, wanted.ends_at or wanted.starts_at or moment_at
    if not moment_at <= starts_at <= ends_at <= starts_at + _LONGEST or starts_at > now + _FURTHEST:
        raise invalid("window_invalid", "抽查时段要从现在以后开始，最长 12 小时，最远 7 天以内。")
    if is_workday(starts_at.astimezone(ZoneInfo(caller.tz)).date()) is False:
        raise invalid("not_a_workday", "那天不是工作日，没有人能被抽到。")
    return announce(
        session, caller.county_id, caller.member_id, wanted, unit_id, (starts_at, ends_at), terms, now
    ), True


def announce(
    session: Session,
    county_id: int,
    asked_by: uuid.UUID | None,
    wanted: Wanted,
    unit_id: uuid.UUID | None,
    window: tuple[datetime, datetime],
    terms: Terms,
    now: datetime,
) -> Draw:
    """Store it and put it into the chain. `asked_by` None: the schedule."""
    made = Draw(
        county_id=county_id,
        id=wanted.id,
        asked_by=asked_by,
        asked_at=now,
        content_sha256=wanted.digest(),
        kind=wanted.kind,
        unit_id=unit_id,
        squad_id=wanted.squad,
        count=wanted.count,
        starts_at=window[0],
        ends_at=window[1],
        answer_min=wanted.answer_min or terms.answer_min,
        aimed_at=wanted.aimed_at,
        reason=wanted.reason,
        moment_at=now + AHEAD,
        secret=secrets.token_hex(32),
    )
    session.add(made)
    session.flush()
    record(session, county_id, asked_by, "draw.announced", made.id, announced(made), now)
    return made


def announced(draw: Draw) -> dict[str, Any]:
    """What the announcement in the chain says of a draw, and what its verification holds it against."""
    return {
        "kind": draw.kind,
        "count": draw.count,
        "unit": str(draw.unit_id) if draw.unit_id else None,
        "squad": str(draw.squad_id) if draw.squad_id else None,
        "starts_at": draw.starts_at.isoformat(),
        "ends_at": draw.ends_at.isoformat(),
        "answer_min": draw.answer_min,
        "moment_at": draw.moment_at.isoformat(),
        "secret_sha256": digest(draw.secret),
        "aimed": draw.aimed_at is not None,
        "aimed_sha256": digest(draw.secret, str(draw.aimed_at), draw.reason),
    }


def asked_within(caller: Caller) -> ColumnElement[bool]:
    """The condition on Draw: those among the units that the caller watches; the county's among them for the county's
    watchers only."""
    if caller.has(*WATCHING_COUNTY):
        return true()
    return or_(Draw.unit_id.in_(caller.units("unit_supervisor")), Draw.squad_id.in_(unit_squads(caller)))


def one(session: Session, caller: Caller, draw_id: uuid.UUID) -> Draw:
    """The draw, if the caller watches over all it was among; else 404."""
    found: Draw | None = session.scalar(in_county(caller, Draw).where(Draw.id == draw_id, asked_within(caller)))
    if found is None:
        raise not_found()
    return found


def is_hidden(session: Session, draw: Draw) -> bool:
    """Whether some of it is still to come: until then nobody, not even who asked for it, sees whom."""
    return draw.id in hidden(session, [draw])


def hidden(session: Session, draws: Sequence[Draw]) -> set[uuid.UUID]:
    """Of these the ids of those that are; a check that another one stands for is to come as long as that one is."""
    planned = aliased(SpotCheck)
    to_come = exists().where(
        planned.county_id == SpotCheck.county_id, planned.id == SpotCheck.joined_id, planned.state == "planned"
    )
    waits = select(SpotCheck.draw_id).where(
        SpotCheck.county_id.in_({draw.county_id for draw in draws}),
        SpotCheck.draw_id.in_([draw.id for draw in draws]),
        or_(SpotCheck.state == "planned", to_come),
    )
    return {draw.id for draw in draws if draw.state != "drawn"} | set(session.scalars(waits))


def _scope(session: Session, caller: Caller, wanted: Wanted) -> uuid.UUID | None:
    """The unit it is among; None: the county. Raises 403 for more than the caller watches over."""
    unit_id = wanted.unit
    if wanted.squad is not None:
        squad = session.scalar(in_county(caller, Squad).where(Squad.id == wanted.squad))
        if squad is None or unit_id not in (None, squad.unit_id):
            raise not_found("没有这个小分队。")
        unit_id = squad.unit_id
    elif unit_id is not None and session.scalar(in_county(caller, Unit).where(Unit.id == unit_id)) is None:
        raise not_found("没有这个单位。")
    if caller.has(*WATCHING_COUNTY):
        return unit_id
    mine = caller.units("unit_supervisor")
    if unit_id is None and wanted.squad is None and len(mine) == 1:
        return mine[0]
    if unit_id not in mine:
        raise forbidden("not_your_unit", "您只能抽查本单位的小分队。")
    return unit_id


def _require_some_choice(session: Session, caller: Caller, wanted: Wanted) -> None:
    """To draw all that there are is to aim, and that says why."""
    there = 1
    if wanted.kind == "selfie":
        posted = posted_today(caller, func.count()).where(Posting.squad_id == wanted.squad)
        there = session.scalar(posted) or 0
    if wanted.count >= there:
        raise invalid(
            "nothing_to_draw",
            "范围里没有更多的可抽，抽签就等于指定。请扩大范围或减少数量；要指定，请用“指定抽查”并写明理由。",
        )


def _aim(session: Session, caller: Caller, wanted: Wanted) -> uuid.UUID:
    """The unit of whom an aimed check is: somebody whom the caller watches over, and where they are posted today. It
    says why."""
    if not wanted.reason:
        raise invalid("reason_needed", "指定抽查某人，请写明理由；记录里会标明是指定的。")
    if wanted.count != 1:
        raise invalid("aimed_is_one", "指定抽查一次只能一个。")
    assert wanted.aimed_at is not None  # noqa: S101  (the caller asked for it)
    if wanted.kind == "selfie":
        member = watched_member(session, caller, wanted.aimed_at)
        if member.id == caller.member_id:
            raise invalid("aimed_at_oneself", "不能抽查自己。")
        posted = posted_today(caller, Posting.squad_id).where(Posting.member_id == member.id)
        squad_id = session.scalar(posted)
        if squad_id is None:
            raise invalid("not_posted", f"{member.name}今天没有派驻在哪个驻点，不能抽查。")
    else:
        squad_id = wanted.aimed_at
    squad = session.scalar(in_county(caller, Squad).where(Squad.id == squad_id))
    if squad is None or not (caller.has(*WATCHING_COUNTY) or squad.unit_id in caller.units("unit_supervisor")):
        raise not_found("没有这个小分队。")
    return squad.unit_id


def by_schedule(
    session: Session, county_id: int, tz: str, on: date, terms: Terms, is_workday: IsWorkday, now: datetime
) -> None:
    """The day's own draw of as many as the rules say; none on a day that is none of work, or has passed."""
    if is_workday(on) is False:
        return
    zone = ZoneInfo(tz)
    hours = (datetime.combine(on, time(*divmod(minute, 60)), zone) for minute in (terms.from_min, terms.to_min))
    starts_at, ends_at = next(hours), next(hours)
    starts_at = max(starts_at, now + AHEAD)
    if not terms.a_day or starts_at >= ends_at:
        return
    wanted = Wanted(uuid.uuid4(), "selfie", terms.a_day)
    announce(session, county_id, None, wanted, None, (starts_at, ends_at), terms, now)
