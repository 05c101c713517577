"""PURE: a member's own weekly pattern, from the last four weeks; dates are bits, so that a million take seconds."""

from collections.abc import Sequence

SAMPLE_DAYS = 28  # four of each weekday
KNOWN_FROM = 14  # fewer dates say nothing about a pattern


def usual_left(sample: int, half: int, whole: int, left: int, weekdays: Sequence[int]) -> float | None:
    """The days a member earns on the dates `left` if they go on as on the dates `sample`; None: too few to say.

    Sets of dates are integers with one bit a date. sample: past dates on which they were posted and not away; half,
    whole: those with at least half a day or a whole day earned or pending; weekdays: seven disjoint sets. A weekday
    that the sample lacks is worth what the others are on average.
    """
    known = sample.bit_count()
    if known < KNOWN_FROM:
        return None
    half, whole = half & sample, whole & sample
    expected = 0.0
    for weekday in weekdays:
        if ahead := (left & weekday).bit_count():
            of_it = weekday if sample & weekday else -1
            expected += ahead * _worth(sample & of_it, half & of_it, whole & of_it)
    return expected


def _worth(sample: int, half: int, whole: int) -> float:
    """What one more such date earns. On a weekday on which they came at least every second time they come: who has
    reached the month's target and rests is no less reliable for it."""
    seen, came = sample.bit_count(), half.bit_count()
    earned = (came + whole.bit_count()) / 2
    return earned / came if came * 2 >= seen else earned / seen
