"""The blind sample: one check-in in fifty is judged by a person who is not shown what the machine said.

So the machine's own error is known, in both directions. Whoever may review sees neither verdict nor findings of such a
check-in until somebody has decided; whether the machine accepted it or not, it looks the same in the queue. The member
is told the verdict as always, and the day counts by it meanwhile: who looks that up in the month is not blind any more.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date
from math import sqrt

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn, Review
from server.org.scope import Caller

ONE_IN = 50
HIDDEN_REASON = "盲审抽样：请看照片、位置和时间自行判断，判断后显示机器结论。"
_Z = 1.959964  # of 95 %


def is_drawn(photo_id: uuid.UUID) -> bool:
    """By the photo's id, which the server makes: a phone chooses the check-in's, and could avoid the sample."""
    return photo_id.int % ONE_IN == 0


def is_hidden(caller: Caller, checkin: CheckIn, blind: bool = False) -> bool:
    """Whether this caller may not be shown yet what the machine said; `blind`: nor what somebody decided."""
    return (
        checkin.sampled
        and (blind or checkin.decision is None)
        and checkin.erased_at is None
        and checkin.member_id != caller.member_id
        and caller.has("bureau_supervisor")
    )


def holding(caller: Caller) -> ColumnElement[str]:
    """The verdict that holds, as this caller may know it: an undecided sample waits for review like any other."""
    holds = func.coalesce(CheckIn.decision, CheckIn.verdict)
    if not caller.has("bureau_supervisor"):
        return holds
    undecided = and_(CheckIn.sampled, CheckIn.decision.is_(None), CheckIn.erased_at.is_(None))
    hidden = and_(undecided, CheckIn.member_id != caller.member_id)
    return case((hidden, "review"), else_=holds)


def told(session: Session, since: date) -> Iterator[str]:
    """For a person to read: of the check-ins sampled since that date, what the machine said and what people did."""
    rows = session.execute(
        select(CheckIn.county_id, CheckIn.id, CheckIn.verdict, Review.decision)
        .outerjoin(
            Review,
            and_(Review.county_id == CheckIn.county_id, Review.checkin_id == CheckIn.id, Review.withdrawn_at.is_(None)),
        )
        .where(CheckIn.sampled, CheckIn.on_date >= since, ~CheckIn.comparing)
        .order_by(Review.created_at)
    )
    first: dict[tuple[int, uuid.UUID], tuple[str, str | None]] = {}
    for row in rows:  # whoever decides after the first has seen what the machine said
        first.setdefault((row.county_id, row.id), (row.verdict, row.decision))
    counts = Counter(first.values())
    yield f"Blind sample since {since}: {sum(counts.values())} check-ins, one in {ONE_IN}."
    for verdict in ("accepted", "review", "rejected"):
        right, wrong = counts.get((verdict, "accepted"), 0), counts.get((verdict, "rejected"), 0)
        waiting = counts.get((verdict, None), 0)
        yield f"  machine {verdict:<8}: people accepted {right}, rejected {wrong}, {waiting} wait"
    accepted, rejected = counts.get(("accepted", "accepted"), 0), counts.get(("accepted", "rejected"), 0)
    if accepted + rejected:
        low, high = wilson(rejected, accepted + rejected)
        share = rejected / (accepted + rejected)
        yield f"  accepted by machine, rejected by people: {share:.1%} (95 % interval {low:.1%} to {high:.1%})"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, JASA 1927); of nothing, anything."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z * _Z
    middle, half = share + z2 / (2 * of), _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z2 / of)), min(1.0, (middle + half) / (1 + z2 / of))
