"""Compares every month with what is still possible, raises flags with their numbers, closes those that are mended."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import Clock
from server.db import Database
from server.flags import census, coverage, ledger
from server.flags.assess import Shortfall
from server.flags.census import Asked, Standing
from server.flags.judge import about, judge, waits
from server.flags.ledger import NewFlag
from server.flags.models import Flag
from server.org.models import County
from server.schedule import Step
from server.tally.month_fold import is_daily, month_end
from server.tally.rules import Rulebook

CHUNK = 2000  # members a transaction
_END = "end"  # the mark after a month's last member
# These speak of the days that are left, and say nothing to anybody a day later.
_PASSING = ("behind", "at_risk")


@dataclass(frozen=True, slots=True)
class Night:
    """One comparison: of this county, as of this local date."""

    county_id: int
    tz: str
    today: date
    clock: Clock

    @property
    def stale_at(self) -> datetime:
        """When numbers about the days left have lost their sense: at the end of the next local day."""
        return datetime.combine(self.today + timedelta(days=2), time(), ZoneInfo(self.tz))


def steps(db: Database, county_id: int, today: date, mark: str | None, clock: Clock) -> Iterator[Step]:
    """The comparison of one county on the local date `today`, from `mark` on; one step a few thousand members.

    What it compares is read in one snapshot. Running it again on the same facts changes nothing and tells nobody; two
    at the same instant (an operator's `flags` beside the worker's night) go one after the other, step by step.
    """
    with db.snapshot() as session:
        yield from _planned(session, county_id, today, mark, clock)


def run_nightly(session: Session, county_id: int, today: date, now: datetime) -> None:
    """The whole comparison within one transaction that also wrote what is compared: for a small county's history."""
    for step in list(_planned(session, county_id, today, None, lambda: now)):
        step.write(session)


def _planned(session: Session, county_id: int, today: date, mark: str | None, clock: Clock) -> Iterator[Step]:
    tz = session.scalars(select(County.tz).where(County.id == county_id)).one()
    night = Night(county_id, tz, today, clock)
    reached, _, member = (mark or "").partition("/")
    for month in _months(session, night):
        name = f"{month:%Y-%m}"
        if name > reached:
            yield from _of_month(session, night, month, None)
        elif name == reached and member != _END:
            yield from _of_month(session, night, month, uuid.UUID(member))
    yield Step("uncovered/", partial(coverage.settle, county_id=county_id, today=today, now=clock()))


def _months(session: Session, night: Night) -> list[date]:
    """This month and the last, and before them every month that still has an open flag: an appeal may mend it."""
    this = night.today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    flagged = session.scalars(
        select(Flag.month)
        .where(
            Flag.county_id == night.county_id,
            Flag.member_id.is_not(None),
            Flag.closed_at.is_(None),
            Flag.month < last,
        )
        .distinct()
    )
    return sorted({*flagged, last, this})


def _of_month(session: Session, night: Night, month: date, after: uuid.UUID | None) -> Iterator[Step]:
    """A step writes what is due of the members from one id to another, and closes what they no longer deserve: of
    those, too, who are no longer posted, or took their consent back."""
    asked = about(session, night.county_id, night.tz, month, night.today)
    if _was_daily(asked.book, month, night.today):
        if month < (night.today.replace(day=1) - timedelta(days=1)).replace(day=1):
            asked = _flagged_only(asked)
        due, unsure, reached = dict[uuid.UUID, Shortfall](), dict[uuid.UUID, Standing](), None
        for upto, members in census.standings(session, asked, after, CHUNK):
            if reached:
                yield Step(f"{month:%Y-%m}/{reached}", partial(_settle, night, asked, after, reached, due, unsure))
                after = reached
            (due, unsure), reached = judge(members, night.today, asked.closed), upto
        yield Step(f"{month:%Y-%m}/{_END}", partial(_settle, night, asked, after, None, due, unsure))
    else:
        yield Step(f"{month:%Y-%m}/{_END}", partial(_settle, night, asked, after, None, {}, {}))


def _was_daily(book: Rulebook, month: date, today: date) -> bool:
    """Whether the county has asked for daily check-ins on a date of the month by now; before, nobody falls short."""
    return any(is_daily(rules) for _, rules in book.within(month, min(month_end(month), today)))


def _flagged_only(asked: Asked) -> Asked:
    """Of an older month nobody is newly flagged; whoever was, may have been wronged."""
    among = "SELECT member_id FROM flags WHERE county_id = :county AND month = :month AND closed_at IS NULL"
    return replace(asked, among=among, values=(("month", asked.month),))


def _settle(
    night: Night,
    asked: Asked,
    after: uuid.UUID | None,
    upto: uuid.UUID | None,
    due: Mapping[uuid.UUID, Shortfall],
    unsure: Mapping[uuid.UUID, Standing],
    session: Session,
) -> None:
    """Make the open flags of the members after `after` up to `upto` (None: all that follow) those that are due, and let
    those stand that wait. One that was raised when it was too late to tell anybody, is told of once it can be, with the
    numbers of that night."""
    ledger.hold(session, night.county_id)
    now, month = night.clock(), asked.month
    standing = ledger.open_of_members(session, night.county_id, month, after, upto)
    kept = {(flag.member_id, flag.kind) for flag in standing}
    on = {flag for flag in standing if flag.member_id in due and due[flag.member_id].kind == flag.kind}
    off = [flag for flag in standing if flag not in on]
    waiting = {flag: waits(unsure.get(flag.member_id), night.today, asked.closed) for flag in off}
    ended = {flag for flag in off if not waiting[flag]}
    mended = [flag.id for flag in ended if flag.member_id not in due]
    ledger.close(session, night.county_id, [flag for flag in standing if flag in ended], now, mended)
    words = {flag: due[flag.member_id].message for flag in on} | {f: waiting[f] or f.message for f in off}
    said = [(f.id, words[f], bool(waiting.get(f))) for f in standing]
    before = {(f.id, f.message, f.waits) for f in standing}
    ledger.reword(session, night.county_id, [one for one in said if one not in before])
    new = [_flag(night, month, member, flag) for member, flag in due.items() if (member, flag.kind) not in kept]
    ledger.raise_all(session, night.county_id, new, now)
    untold = [
        (flag.id, _flag(night, month, flag.member_id, due[flag.member_id]))
        for flag in standing
        if flag.kind in _PASSING and not flag.told and flag in on
    ]
    ledger.tell(session, night.county_id, untold, now)


def _flag(night: Night, month: date, member_id: uuid.UUID, due: Shortfall) -> NewFlag:
    return NewFlag(month, due, member_id, stale_at=night.stale_at if due.kind in _PASSING else None)
