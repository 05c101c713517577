"""The words of the count: what a day and a month are counted from, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from server.evidence.types import Window

FULL_DAY = 2  # half days
# How days and months are counted; a closed month goes on being counted as it was (tally/verify.py), the stored days of
# open ones are brought to it in the first night (tally/rebuild.py). Since 2: leave and appeals that nobody has decided
# are pending; leave outside a posting does nothing; a date on which the county does not ask for check-ins asks for no
# days, and no month for more than can be earned. Since 3: leave does no more than a date's windows give, lowers nothing
# where nothing is asked, and comes before what waits once it is approved; a made-up day that waits is worth what it
# would be.
COUNTED_AS = 3


@dataclass(frozen=True, slots=True)
class CheckInInput:
    """One check-in of the day. `holds` is the verdict that holds; `by_person` when a person decided it."""

    checkin_id: str
    kind: str
    minute_of_day: int
    holds: str  # accepted | review | rejected
    by_person: bool
    addendum: bool
    appealed: bool = False  # the rejection is disputed: until somebody decides it holds nothing against anyone


@dataclass(frozen=True, slots=True)
class AttestationInput:
    attestation_id: str
    halves: int
    attester: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeaveInput:
    leave_id: str
    kind: str
    halves: int
    effect: (
        str  # excused | lowers_target | present | none | undecided: would be one of the first two | undecided_presence
    )


@dataclass(frozen=True, slots=True)
class DayTerms:
    """What the policy says of one local date."""

    windows: tuple[Window, ...]
    counted_kinds: tuple[str, ...] = ("station", "visit", "spot")
    checkins: int = 1  # a whole day needs so many …
    min_gap_min: int = 0  # … so far apart
    can_count: bool | None = True  # None: nobody knows yet whether it is a workday
    appeal_within_days: int = 7
    posted: bool = True
    counted_as: int = COUNTED_AS

    @property
    def gives(self) -> int:
        """The half days that the windows give at most."""
        return min(FULL_DAY, sum(window.halves for window in self.windows))


@dataclass(frozen=True, slots=True)
class DayCount:
    """What one day is worth, in half days, with the sources that earned it and one Chinese sentence why.

    `rejected`: what rejected check-ins would have earned besides.
    """

    confirmed: int = 0
    pending: int = 0
    excused: int = 0
    lowers_target: int = 0
    rejected: int = 0
    explanation: str = "当天没有打卡或证明。"
    sources: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Earned:
    """What a set of check-ins earns: half days, the windows that earned, and how many lie far enough apart."""

    halves: int
    windows: frozenset[int]
    spaced: int


@dataclass(frozen=True, slots=True)
class DayHalves:
    """A site day as numbers of half days."""

    confirmed: int
    pending: int
    excused: int
    lowers_target: int
    rejected: int = 0


def halves_of(day: DayCount) -> DayHalves:
    return DayHalves(day.confirmed, day.pending, day.excused, day.lowers_target, day.rejected)


class Posted(NamedTuple):
    """A posting's first date and its last (None: open), the unit of the squad one is posted with, the squad, and the
    city of the station."""

    starts_on: date
    ends_on: date | None
    unit_id: UUID | None = None
    squad_id: UUID | None = None
    city: str = ""


class Away(NamedTuple):
    """Leave over local dates, approved or not decided on yet; `halves` is what one day of it covers."""

    leave_id: str
    kind: str
    starts_on: date
    ends_on: date
    halves: int
    undecided: bool = False


class Held(NamedTuple):
    """A role held from a date to a date (None: open)."""

    role: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class MonthInputs:
    """What a month is made of: its site days by date, and the postings and roles that overlap it. `away`: the spans of
    whole days of approved leave, on which nobody is expected to come, whatever it does to the count."""

    days: Mapping[date, DayHalves]
    postings: Sequence[Posted]
    roles: Sequence[Held] = ()
    away: Sequence[tuple[date, date]] = ()
    counted_as: int = COUNTED_AS


@dataclass(frozen=True, slots=True)
class MonthCount:
    """Days as numbers of days (halves allowed). `remaining_days`: what the dates from `today` on can still earn."""

    month: date
    confirmed: float
    pending: float
    excused: float
    target: float
    remaining_days: float
    posted_days: int  # dates of the month with a posting, of those that can count
    elapsed_days: int  # of these, the ones before `today`
    target_explanation: str
    policy_version: int  # of the month's last day
    rejected: float = 0.0
    lowered: float = 0.0  # by leave

    def with_days(self, confirmed: float, pending: float, excused: float, remaining_days: float) -> "MonthCount":
        """The same target with other days; `dataclasses.replace` takes four times as long, a million times a night."""
        return MonthCount(
            self.month,
            confirmed,
            pending,
            excused,
            self.target,
            remaining_days,
            self.posted_days,
            self.elapsed_days,
            self.target_explanation,
            self.policy_version,
            self.rejected,
            self.lowered,
        )

    @property
    def missing(self) -> float:
        """Days still to be earned when every pending one is confirmed; never negative."""
        return max(0.0, self.target - self.confirmed - self.pending - self.excused)

    @property
    def sum_explanation(self) -> str:
        """17 confirmed + 2 pending + 1 excused = 20, as people read it."""
        parts = [f"确认 {self.confirmed:g}", f"待核 {self.pending:g}", f"公出培训 {self.excused:g}"]
        have = self.confirmed + self.pending + self.excused
        return f"{' + '.join(parts)} = {have:g} 天，目标 {self.target:g} 天。"
