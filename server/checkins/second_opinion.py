"""第二人复核: one in twenty of people's decisions is silently asked of another bureau supervisor, so that it is known
how often two people disagree.

The second sees the check-in as the first saw it, and is not told that there was one. Where they agree nothing happens.
Where they do not, the first's decision holds until a third person, who sees both, has decided. Nothing waits for ever:
a county may have one reviewer.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from server.checkins.models import Appeal, CheckIn, Review
from server.checkins.sample import wilson
from server.errors import forbidden
from server.org.scope import Caller

ONE_IN = 20
_ASKED_AGAIN = {"settled": "differs", "overtaken": "waiting"}  # once the newer decision is taken back
TERM = timedelta(days=7)  # for the second to be asked, and as long again for a third


def draw(done: Review) -> None:
    """By the review's id, which nobody chooses."""
    if done.id.int % ONE_IN == 0:
        done.second_opinion = "waiting"


def is_asked(caller: Caller, first: Review, now: datetime) -> bool:
    """Whether this caller's word on it is wanted, silently."""
    return (
        first.second_opinion == "waiting"
        and first.reviewer_id != caller.member_id
        and first.created_at > now - TERM
        and first.settles_at <= now
    )


def is_blind_to(session: Session, caller: Caller, checkin: CheckIn, now: datetime) -> bool:
    """Whether this caller may not be shown yet what was decided: they are asked themselves."""
    if checkin.decision is None or not caller.has("bureau_supervisor"):
        return False
    of_it = (Review.county_id == checkin.county_id) & (Review.checkin_id == checkin.id)
    return bool(session.scalar(select(exists().where(of_it, *wanted(caller.member_id, now), _is_waiting()))))


def blinded(session: Session, caller: Caller, now: datetime) -> set[uuid.UUID]:
    """The check-ins of which this caller may not be shown yet what was decided: they are asked themselves."""
    if not caller.has("bureau_supervisor"):
        return set()
    asked = select(Review.checkin_id).where(
        Review.county_id == caller.county_id, *wanted(caller.member_id, now), _is_waiting()
    )
    return set(session.scalars(asked))


def compare(first: Review, second: Review) -> None:
    second.is_second = True
    first.second_opinion = "agreed" if first.decision == second.decision else "differs"


def require_third(session: Session, caller: Caller, before: Review | None, now: datetime) -> None:
    """Raise 403 for whoever is one of two who disagree, while a third is asked."""
    if before is None or before.second_opinion != "differs" or before.created_at <= now - 2 * TERM:
        return
    if caller.member_id in {before.reviewer_id, *session.scalars(_seconds(before))}:
        raise forbidden("involved", "两人意见不一，由第三人决定；您已经说过意见。")


def overtake(before: Review | None, done: Review) -> None:
    """`done` is the newer decision: nobody is asked about the one before any more. Where a second was to be asked and
    the same person has decided anew, they are asked about what that person says now: else whoever decides everything
    twice is never compared with anybody."""
    if before is None:
        return
    if before.second_opinion == "differs":
        before.second_opinion = "settled"
    elif before.second_opinion == "waiting":
        before.second_opinion = "overtaken"
        if done.reviewer_id == before.reviewer_id and done.created_at < before.created_at + TERM:
            done.second_opinion = "waiting"


def take_back(done: Review, before: Review | None) -> None:
    """`done` was withdrawn: who was asked before is asked again."""
    if before is None:
        return
    if done.is_second:
        before.second_opinion = "waiting"
    elif before.second_opinion in _ASKED_AGAIN:
        before.second_opinion = _ASKED_AGAIN[before.second_opinion]


def wanted(member_id: uuid.UUID, now: datetime) -> list[ColumnElement[bool]]:
    """Conditions on Review: a first decision on which this person is to be asked, as the second or the third.

    The text is the partial index's own.
    """
    other = aliased(Review)
    said = exists().where(
        other.county_id == Review.county_id,
        other.checkin_id == Review.checkin_id,
        other.reviewer_id == member_id,
        other.withdrawn_at.is_(None),
    )
    appealed = exists().where(Appeal.county_id == Review.county_id, Appeal.checkin_id == Review.checkin_id)
    return [
        text("reviews.second_opinion IN ('waiting', 'differs') AND reviews.withdrawn_at IS NULL"),  # type: ignore[list-item]
        Review.created_at > now - 2 * TERM,
        Review.settles_at <= now,
        or_(Review.second_opinion == "differs", Review.created_at > now - TERM),
        ~said,
        ~appealed,
    ]


def _is_waiting() -> ColumnElement[bool]:
    return Review.second_opinion == "waiting"


def _seconds(first: Review) -> Select[uuid.UUID]:
    return select(Review.reviewer_id).where(
        Review.county_id == first.county_id,
        Review.checkin_id == first.checkin_id,
        Review.is_second,
        Review.withdrawn_at.is_(None),
    )


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Of the decisions that two people took apart: how many, and on how many they did not agree."""

    compared: int
    differing: int
    waiting: int

    @property
    def words(self) -> str:
        """For a person to read, with the 95 % interval; of few decisions it is wide."""
        if not self.compared:
            return "近 30 天还没有两人各自复核过的打卡。"
        low, high = wilson(self.differing, self.compared)
        share = self.differing / self.compared
        return (
            f"近 30 天有 {self.compared} 次打卡由两人各自复核，意见不一 {self.differing} 次"
            f"（{share:.0%}，95% 区间 {low:.0%}–{high:.0%}）。"
        )


def disagreement(session: Session, county_id: int, since: datetime) -> Disagreement:
    """Of the county's decisions since then that were drawn."""
    rows = session.execute(
        select(Review.second_opinion, func.count())
        .where(
            Review.county_id == county_id,
            Review.created_at >= since,
            Review.second_opinion.is_not(None),
            Review.withdrawn_at.is_(None),
        )
        .group_by(Review.second_opinion)
    )
    counts = {row[0]: row[1] for row in rows}
    differing = counts.get("differs", 0) + counts.get("settled", 0)
    return Disagreement(counts.get("agreed", 0) + differing, differing, counts.get("waiting", 0))


def told(session: Session, since: date) -> Iterator[str]:
    """For a person to read: of the check-ins since that date, how often two people who did not know of each other
    disagreed, and in which direction."""
    first, second = Review, aliased(Review)
    rows = session.execute(
        select(first.second_opinion, first.decision, second.decision)
        .join(CheckIn, and_(CheckIn.county_id == first.county_id, CheckIn.id == first.checkin_id))
        .outerjoin(
            second,
            and_(
                second.county_id == first.county_id,
                second.checkin_id == first.checkin_id,
                second.is_second,
                second.withdrawn_at.is_(None),
            ),
        )
        .where(CheckIn.on_date >= since, first.second_opinion != "overtaken", first.withdrawn_at.is_(None))
    ).all()
    counts = Counter((row[1], row[2]) for row in rows)
    compared = sum(n for (_, other), n in counts.items() if other)
    differing = sum(n for (one, other), n in counts.items() if other and one != other)
    yield f"Second opinions since {since}: {len(rows)} asked, one in {ONE_IN}; {compared} given."
    if compared:
        low, high = wilson(differing, compared)
        share = differing / compared
        yield f"  two people disagree: {differing}, {share:.1%} (95 % interval {low:.1%} to {high:.1%})"
        for one, other in (("accepted", "rejected"), ("rejected", "accepted")):
            yield f"    first {one}, second {other}: {counts.get((one, other), 0)}"
