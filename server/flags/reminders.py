"""Before a window closes, whoever still needs the day is reminded once; a reminder is worthless after the window."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.clock import Clock
from server.db import Database
from server.flags import census
from server.flags.census import Asked
from server.notify import outbox
from server.notify.outbox import Letter
from server.org.models import County, Posting, Station
from server.periods import Period, before_ends
from server.schedule import Step
from server.tally import policy
from server.tally.month_fold import asked_windows

CHUNK = 2000  # members a transaction
# Those who are posted to a station in this zone on the day.
_POSTED = """
SELECT p.member_id FROM postings p
JOIN stations s ON s.county_id = p.county_id AND s.id = p.station_id
WHERE p.county_id = :county AND p.starts_on <= :today AND (p.ends_on IS NULL OR p.ends_on >= :today) AND s.tz = :tz
"""


@dataclass(frozen=True, slots=True)
class Closing:
    """A window that is about to end on the local date `on` at a county's stations in one zone."""

    county_id: int
    tz: str
    on: date
    start_min: int
    end_min: int
    ends_at: datetime

    def letter(self, member_id: uuid.UUID, station: str) -> Letter:
        closes = f"{self.end_min // 60:02}:{self.end_min % 60:02}"
        facts = {"station": station, "on": self.on.isoformat(), "closes": closes}
        key = f"reminder:{member_id}:{self.on}:{self.end_min}"
        return Letter(member_id, "reminder", key, facts, self.ends_at)


def next_moment(session: Session, county_id: int, tz: str, after: datetime, now: datetime) -> Period | None:
    """The first moment after `after` at which the county reminds in this zone. Those whose window has ended are
    passed over: they would be dropped."""
    today = now.astimezone(ZoneInfo(tz)).date()
    ends = [
        (on, window.end_min, rules.rules.reminder_before_min)
        for on in (today - timedelta(days=1), today, today + timedelta(days=1))
        for rules in [policy.in_force(session, county_id, on)]
        for window in asked_windows(rules, on)
    ]
    return before_ends(tz, ends, after)


def steps(db: Database, county_id: int, tz: str, period: Period, mark: str | None, clock: Clock) -> Iterator[Step]:
    """The reminders of one moment, from `mark` (a member's id) on: to whoever is posted there, has consented (without
    consent nobody asks for a photo), has not checked in in this window, has something of the day left to earn and has
    not reached the month's target."""
    assert period.ends_at  # noqa: S101  (before_ends gives one)
    with db.snapshot() as session:
        home = session.scalars(select(County.tz).where(County.id == county_id)).one()
        book = policy.rulebook(session, county_id)
        starts = [w.start_min for w in asked_windows(book.on(period.on), period.on) if w.end_min == period.about]
        if not starts:  # the policy was changed between the moment and now
            return
        closing = Closing(county_id, tz, period.on, min(starts), period.about, period.ends_at)
        values = (("tz", tz), ("today", period.on))
        asked = Asked(county_id, home, period.on.replace(day=1), period.on, book, among=_POSTED, values=values)
        for upto, members in census.standings(session, asked, uuid.UUID(mark) if mark else None, CHUNK):
            needed = [m.member_id for m in members if not m.has_today and _still_short(m.count)]
            yield Step(str(upto), partial(_remind, closing, needed, clock))


def _still_short(count: Any) -> bool:
    return bool(count.confirmed + count.excused < count.target)


def _remind(closing: Closing, members: Sequence[uuid.UUID], clock: Clock, session: Session) -> None:
    stations = _stations(session, closing, members)
    here = _checked_in(session, closing, members)
    letters = [closing.letter(who, stations[who]) for who in members if who in stations and who not in here]
    outbox.enqueue_all(session, closing.county_id, letters, clock())


def _checked_in(session: Session, closing: Closing, members: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those whose check-in in this window counts or waits."""
    rows = session.scalars(
        select(CheckIn.member_id).where(
            CheckIn.county_id == closing.county_id,
            CheckIn.member_id.in_(members),
            CheckIn.on_date == closing.on,
            CheckIn.minute_of_day >= closing.start_min,
            CheckIn.minute_of_day < closing.end_min,
            func.coalesce(CheckIn.decision, CheckIn.verdict) != "rejected",
        )
    )
    return set(rows)


def _stations(session: Session, closing: Closing, members: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    rows = session.execute(
        select(Posting.member_id, Station.name)
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(
            Posting.county_id == closing.county_id,
            Posting.member_id.in_(members),
            Posting.starts_on <= closing.on,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= closing.on),
        )
    )
    return {row.member_id: row.name for row in rows}
