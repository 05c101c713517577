"""PURE: a span of dates as the bits of an integer, and what a member earned on them; a million take seconds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from server.tally.types import DayHalves


class Calendar:
    """The dates from `first` to `last`: bit n is the n-th of them."""

    def __init__(self, first: date, last: date) -> None:
        self.dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self._first, self._last = first, last
        self.weekdays = [self.those(on for on in self.dates if on.weekday() == day) for day in range(7)]

    def span(self, first: date, last: date) -> int:
        """Both ends included, as far as they lie in the calendar."""
        low = max(0, (first - self._first).days)
        high = (min(last, self._last) - self._first).days + 1
        return ((1 << high) - (1 << low)) if high > low else 0

    def those(self, dates: Iterable[date]) -> int:
        return sum(1 << (on - self._first).days for on in dates)

    def lowering(self, half: int, whole: int) -> Mapping[date, DayHalves]:
        """Site days that do nothing but lower a target: by half a day on `half`, by a whole one on `whole`."""
        return {on: DayHalves(0, 0, 0, 1 + (whole >> n & 1)) for n, on in enumerate(self.dates) if half >> n & 1}


@dataclass(slots=True)  # not frozen, which takes twice as long to make
class DayBits:
    """The dates with at least half a day of each sort, and those with a whole one (2)."""

    confirmed: int
    confirmed2: int
    pending: int
    pending2: int
    excused: int
    excused2: int
    lowers: int
    lowers2: int

    def corrected(self, day: int, after: Mapping[str, int]) -> Self:
        """With other half days on one date (a single bit), as an addendum to a closed month says."""
        return type(self)(
            *(
                bits | day if after[sort] >= halves else bits & ~day
                for sort, one, two in (
                    ("confirmed", self.confirmed, self.confirmed2),
                    ("pending", self.pending, self.pending2),
                    ("excused", self.excused, self.excused2),
                    ("lowers_target", self.lowers, self.lowers2),
                )
                for halves, bits in ((1, one), (2, two))
            )
        )

    def without_pending(self, dates: int) -> Self:
        """If everything that waits on these dates were refused."""
        pending = self.pending & ~dates, self.pending2 & ~dates
        return type(self)(
            self.confirmed, self.confirmed2, *pending, self.excused, self.excused2, self.lowers, self.lowers2
        )

    def confirmed_on(self, dates: int) -> float:
        return _days(self.confirmed, self.confirmed2, dates)

    def pending_on(self, dates: int) -> float:
        return _days(self.pending, self.pending2, dates)

    def excused_on(self, dates: int) -> float:
        return _days(self.excused, self.excused2, dates)

    @property
    def half(self) -> int:
        """Earned or pending: at least half a day."""
        return self.confirmed | self.pending

    @property
    def whole(self) -> int:
        """Earned or pending: a whole day."""
        return self.confirmed2 | self.pending2 | (self.confirmed & self.pending)

    @property
    def away(self) -> int:
        return self.excused | self.lowers

    @property
    def taken(self) -> int:
        """Nothing of the day is left to earn: its halves of all sorts are two or more."""
        c, p, e, lo = self.confirmed, self.pending, self.excused, self.lowers
        return self.whole | self.excused2 | self.lowers2 | ((c | p) & (e | lo)) | (e & lo)

    def open_half(self, half: int, whole: int) -> int:
        """The dates that can still earn at least half a day; half, whole: those whose windows give so much."""
        return half & ~(self.half | self.away) | whole & ~self.taken

    def open_whole(self, whole: int) -> int:
        """The dates that can still earn a whole day."""
        return whole & ~(self.half | self.away)


def _days(half: int, whole: int, dates: int) -> float:
    return ((half & dates).bit_count() + (whole & dates).bit_count()) / 2
