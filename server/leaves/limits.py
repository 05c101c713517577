"""What cannot be asked for: dates that cannot be, two absences at once, made-up days too late or too many."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, or_
from sqlalchemy.orm import Session

from server.errors import conflict, invalid
from server.leaves.models import FULL_DAY, KIND_WORDS, Leave
from server.org.models import Posting
from server.org.postings import presence_at
from server.org.scope import Caller
from server.org.scope import county as in_county

MOST_DAYS = 366
MOST_DAYS_BACK = 62  # leave is asked for afterwards, too: an illness does not wait
MOST_DAYS_AHEAD = 400
MOST_REFUSED = 2  # of a kind and its dates: a first refusal may rest on a misunderstanding
MOST_TAKEN_BACK = 3  # of a kind and its dates, before anybody decided
MOST_ASKED = 10  # a day and member: each counts its days anew, and may leave addenda to a closed month


@dataclass(frozen=True, slots=True)
class LeaveTerms:
    """What the policy says about leave that begins on a date."""

    approver_of: Callable[[float], str]  # days -> role
    make_up_halves: int  # a month
    make_up_within_days: int


@dataclass(frozen=True, slots=True)
class NewLeave:
    """What a member asks for; `halves` is what one day of it covers."""

    kind: str
    starts_on: date
    ends_on: date
    halves: int
    reason: str


def check(session: Session, caller: Caller, new: NewLeave, terms: LeaveTerms, now: datetime) -> None:
    """Raise what stands against the request; the member is held. 409 `leave_overlaps`, `leave_refused_before`,
    `leave_taken_back_before`, `make_up_too_late` and `make_up_quota`; 422 for what cannot be at all."""
    _check_dates(session, caller, new)
    _check_overlap(session, caller, new)
    _check_refused(session, caller, new)
    if new.kind == "make_up":
        _check_make_up(session, caller, new, terms, now)


def _check_dates(session: Session, caller: Caller, new: NewLeave) -> None:
    if new.ends_on < new.starts_on:
        raise invalid("interval_reversed", "结束日期早于开始日期。")
    if new.halves != FULL_DAY and new.ends_on != new.starts_on:
        raise invalid("half_of_one_day", "半天的申请只能是同一天；跨天请分开申请。")
    first, last = caller.today - timedelta(days=MOST_DAYS_BACK), caller.today + timedelta(days=MOST_DAYS_AHEAD)
    if not first <= new.starts_on or not new.ends_on <= last or (new.ends_on - new.starts_on).days >= MOST_DAYS:
        raise invalid("date_out_of_range", f"可以申请 {MOST_DAYS_BACK} 天以前到一年以后的日期，一次最多一年。")
    posted = session.scalars(
        in_county(caller, Posting).where(
            Posting.member_id == caller.member_id,
            Posting.starts_on <= new.ends_on,
            or_(Posting.ends_on.is_(None), Posting.ends_on >= new.starts_on),
        )
    ).all()
    if new.kind == "official_trip" and caller.has("unit_supervisor"):
        return  # whose unit's squads are out is asked to go out, too, without being posted (flags/coverage.py)
    days = [
        on for on in _dates(new) if any(p.starts_on <= on and (p.ends_on is None or on <= p.ends_on) for p in posted)
    ]
    if not days or (new.kind == "make_up" and len(days) < (new.ends_on - new.starts_on).days + 1):
        raise invalid("not_posted", "这段日期您没有派驻，不需要申请。")


def _check_overlap(session: Session, caller: Caller, new: NewLeave) -> None:
    """Two half days of one date go together; anything more is refused, whatever the kinds."""
    others = session.scalars(
        in_county(caller, Leave)
        .where(
            Leave.member_id == caller.member_id,
            Leave.state.in_(("pending", "approved")),
            Leave.starts_on <= new.ends_on,
            Leave.ends_on >= new.starts_on,
        )
        .order_by(Leave.starts_on)
    ).all()
    for on in _dates(new):
        there = [other for other in others if other.starts_on <= on <= other.ends_on]
        if sum(other.halves for other in there) + new.halves > FULL_DAY:
            other = there[0]
            raise conflict(
                "leave_overlaps",
                f"{on.month}月{on.day}日已有{KIND_WORDS[other.kind]}申请，请先撤回那一个。",
                leave=str(other.id),
                kind=other.kind,
                starts_on=other.starts_on.isoformat(),
                ends_on=other.ends_on.isoformat(),
                state=other.state,
            )


def _check_refused(session: Session, caller: Caller, new: NewLeave) -> None:
    """What waits is pending, so asking on and on for what was refused, or taking it back before anybody can refuse it,
    would put every flag off. Another kind is another matter: who was refused a holiday may fall ill."""
    ended = (Leave.state == "rejected", (Leave.state == "withdrawn") & Leave.decided_by.is_(None))
    counts = [func.coalesce(func.sum(case((how, 1), else_=0)), 0) for how in ended]
    refused, taken_back = session.execute(
        in_county(caller, Leave)
        .with_only_columns(*counts)
        .where(
            Leave.member_id == caller.member_id,
            Leave.kind == new.kind,
            Leave.starts_on <= new.ends_on,
            Leave.ends_on >= new.starts_on,
        )
    ).one()
    word = KIND_WORDS[new.kind]
    if refused >= MOST_REFUSED:
        raise conflict(
            "leave_refused_before",
            f"这些日期的{word}申请已有 {refused} 次没有获得同意，不能再提；请先和审批人当面说明。",
            most=MOST_REFUSED,
        )
    if taken_back >= MOST_TAKEN_BACK:
        raise conflict(
            "leave_taken_back_before",
            f"这些日期的{word}申请您已经撤回过 {taken_back} 次，不能再提；请先和审批人当面说明。",
            most=MOST_TAKEN_BACK,
        )


def _check_make_up(session: Session, caller: Caller, new: NewLeave, terms: LeaveTerms, now: datetime) -> None:
    there = presence_at(session, caller.county_id, caller.member_id, now).on_date  # the station's own today
    if new.ends_on >= there:
        raise invalid("make_up_ahead", "补卡只能补已经过去的日子，今天的请明天再申请。")
    if new.starts_on < there - timedelta(days=terms.make_up_within_days):
        raise conflict(
            "make_up_too_late", f"补卡须在 {terms.make_up_within_days} 天内提出。", most_days=terms.make_up_within_days
        )
    made = session.scalars(
        in_county(caller, Leave).where(
            Leave.member_id == caller.member_id, Leave.kind == "make_up", Leave.state.in_(("pending", "approved"))
        )
    ).all()
    wanted = [*((on, new.halves) for on in _dates(new)), *((on, m.halves) for m in made for on in _dates(m))]
    for month in {(on.year, on.month) for on in _dates(new)}:
        if sum(halves for on, halves in wanted if (on.year, on.month) == month) > terms.make_up_halves:
            most = terms.make_up_halves / 2
            raise conflict("make_up_quota", f"{month[1]}月最多补卡 {most:g} 天，已经用完。", most_days=most)


def _dates(span: NewLeave | Leave) -> Iterator[date]:
    for i in range((span.ends_on - span.starts_on).days + 1):
        yield span.starts_on + timedelta(days=i)
