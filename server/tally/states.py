"""PURE: a site day in one word, as phone, console and paper say it."""

from server.tally.types import FULL_DAY


def state_of(confirmed: int, pending: int, away: int, rejected: int) -> str:
    """Of a day in half days: `accepted`, `half`, `review`, `excused`, `rejected` or `none`. away: excused or taken off
    the target by leave; rejected: above nought where a check-in of the day was rejected."""
    if confirmed >= FULL_DAY:
        return "accepted"
    if confirmed:
        return "half"
    if pending:
        return "review"
    if away:
        return "excused"
    return "rejected" if rejected else "none"
