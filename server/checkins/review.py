"""复核: a person decides beside the machine, may take it back for a while, and never decides where involved."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins import claims, second_opinion
from server.checkins.attest import vouched_by
from server.checkins.models import Appeal, CheckIn, Review
from server.checkins.retention import require_evidence
from server.db import hold_member
from server.errors import AppError, conflict, forbidden, invalid, not_found
from server.notify import outbox
from server.notify.outbox import Letter
from server.org.models import Member
from server.org.scope import Caller, watched_members
from server.org.scope import county as in_county

DECISION_WORDS = {"accepted": "通过", "rejected": "驳回"}
# For so long the member is not told, and whoever decided may take it back.
UNDO_WITHIN = timedelta(seconds=10)
# The same for many decided together, from the first of them on: they take seconds, and their results want reading.
UNDO_TOGETHER_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a reviewer says. `code` and `reason` are needed for a rejection; `beside`: the review by somebody else that
    they have read and set theirs against; `settles_at`: until when it can be taken back, if not for ten seconds."""

    decision: str
    reason: str = ""
    code: str | None = None
    beside: uuid.UUID | None = None
    settles_at: datetime | None = None


def visible(session: Session, caller: Caller, checkin_id: uuid.UUID) -> CheckIn:
    """The check-in, if its member is one the caller may watch; else 404."""
    statement = (
        in_county(caller, CheckIn)
        .join(Member, (Member.county_id == CheckIn.county_id) & (Member.id == CheckIn.member_id))
        .where(CheckIn.id == checkin_id, watched_members(caller))
    )
    checkin = session.scalar(statement)
    if checkin is None:
        raise not_found()
    return checkin


def held(session: Session, caller: Caller, checkin_id: uuid.UUID) -> CheckIn:
    """The visible check-in as it stands once everybody else who works on this member's check-ins is done.

    The member is held and no row is: whoever held the row while a submission, which holds the member, writes findings
    to it would wait for that submission in `recompute`, and the submission for the row.
    """
    checkin = visible(session, caller, checkin_id)
    hold_member(session, checkin.county_id, checkin.member_id)
    session.refresh(checkin)
    return checkin


def review(
    session: Session, caller: Caller, checkin_id: uuid.UUID, ruling: Ruling, now: datetime
) -> tuple[CheckIn, Review, bool]:
    """A bureau supervisor accepts or rejects; and whether that changes what holds: a retry does not, nor does a second
    opinion. The machine's verdict stays as it was.

    409 `already_decided` when somebody else decided meanwhile, and the ruling is not set `beside` theirs;
    `being_reviewed` when somebody else has it before them. Of whoever is silently asked for a second opinion nobody
    learns in this way: what is decided may be decided anew meanwhile.
    """
    checkin = held(session, caller, checkin_id)
    caller.require("bureau_supervisor")
    _require_uninvolved(session, caller, checkin)
    _require_grounds(checkin, ruling)
    if repeated := _same_again(session, caller, checkin.id, ruling):
        return checkin, repeated, False
    _require_no_appeal(session, checkin)
    before = session.scalar(decisions(checkin))
    claims.release(session, caller, checkin.id)
    if before and before.reviewer_id != caller.member_id and ruling.beside != before.id:
        if not second_opinion.is_asked(caller, before, now):
            raise _already_decided(session, before)
        return checkin, _spoken(session, caller, checkin, before, ruling, now), False
    second_opinion.require_third(session, caller, before, now)
    if before is None or before.second_opinion == "differs":
        claims.require_unheld(session, caller, checkin.id, now)
    done = _written(session, caller, checkin, before, ruling, now)
    if before is None and (checkin.verdict == "review" or checkin.sampled):
        second_opinion.draw(done)
    second_opinion.overtake(before, done)
    changed = checkin.decision != ruling.decision
    checkin.decision = ruling.decision
    session.flush()
    _record(session, caller, "checkin.reviewed", done, now)
    if changed or before is None or before.second_opinion is None:
        _tell(session, checkin, done)
    return checkin, done, True


def undo(
    session: Session, caller: Caller, checkin_id: uuid.UUID, review_id: uuid.UUID, now: datetime
) -> tuple[CheckIn, Review, bool]:
    """Whoever decided takes it back before the member is told: what held before holds again. False: a retry.

    409 when its time is over, or something happened since.
    """
    checkin = held(session, caller, checkin_id)
    caller.require("bureau_supervisor")
    done = session.scalar(in_county(caller, Review).where(Review.id == review_id, Review.checkin_id == checkin.id))
    if done is None:
        raise not_found()
    if done.reviewer_id != caller.member_id:
        raise forbidden("not_own_review", "只能撤销自己的复核。")
    if done.withdrawn_at is not None:
        return checkin, done, False
    if now > done.settles_at:
        raise conflict("undo_too_late", "已过可以撤销的时间，结果已通知队员；如需更改，请重新复核。")
    if _is_overtaken(session, done) or not outbox.recall(session, caller.county_id, _letter_key(done)):
        raise conflict("undo_overtaken", "这次打卡之后又有了新的处理，不能撤销。")
    done.withdrawn_at = now
    session.flush()
    before = session.scalar(decisions(checkin))
    second_opinion.take_back(done, before)
    if not done.is_second:
        checkin.decision = before.decision if before else None
    session.flush()
    _record(session, caller, "checkin.review_undone", done, now)
    return checkin, done, not done.is_second


def decisions(checkin: CheckIn) -> Select[Review]:
    """The decisions on a check-in that were not taken back, the one that holds first."""
    return (
        select(Review)
        .where(
            Review.county_id == checkin.county_id,
            Review.checkin_id == checkin.id,
            Review.withdrawn_at.is_(None),
            Review.is_second.is_(False),
        )
        .order_by(Review.created_at.desc())
        .limit(1)
    )


def require_free(session: Session, caller: Caller, checkin: CheckIn, before: Review | None, now: datetime) -> None:
    """Raise what `review` would, whatever is decided: for a page that says so beforehand."""
    _require_uninvolved(session, caller, checkin)
    _require_no_appeal(session, checkin)
    second_opinion.require_third(session, caller, before, now)


def tell(session: Session, checkin: CheckIn, key: str, decision: str, reason: str, at: datetime) -> None:
    """The member reads what was decided, from `at` on."""
    facts = {
        "checkin": str(checkin.id),
        "on": checkin.on_date.isoformat(),
        "result": DECISION_WORDS[decision],
        "reason": reason,
    }
    outbox.enqueue(session, checkin.county_id, Letter(checkin.member_id, "checkin_decided", key, facts), at)


def _tell(session: Session, checkin: CheckIn, done: Review) -> None:
    tell(session, checkin, _letter_key(done), done.decision, done.reason, done.settles_at)


def _letter_key(done: Review) -> str:
    return f"review:{done.id}"


def _require_uninvolved(session: Session, caller: Caller, checkin: CheckIn) -> None:
    if checkin.member_id == caller.member_id:
        raise forbidden("own_checkin", "不能复核自己的打卡，请由其他监督人员处理。")
    of_it = in_county(caller, CheckIn).with_only_columns(CheckIn.id).where(CheckIn.id == checkin.id)
    if session.scalar(of_it.where(vouched_by(caller.member_id))):
        raise forbidden("involved", "您为这名队员当天作过证明，请由其他监督人员复核。")


def _require_no_appeal(session: Session, checkin: CheckIn) -> None:
    standing = (Appeal.county_id == checkin.county_id) & (Appeal.checkin_id == checkin.id) & (Appeal.state != "denied")
    if session.scalar(select(Appeal.id).where(standing)):
        raise conflict("appeal_decides", "这次打卡有申诉，由处理申诉的人决定，不能再复核。")


def _require_grounds(checkin: CheckIn, ruling: Ruling) -> None:
    if ruling.decision != "rejected":
        return
    require_evidence(checkin)
    if not ruling.reason:
        raise invalid("reason_required", "驳回须写明理由，队员会看到。")
    if ruling.code is None:
        raise invalid("code_required", "驳回须选择原因。")


def _same_again(session: Session, caller: Caller, checkin_id: uuid.UUID, ruling: Ruling) -> Review | None:
    """The latest word on this check-in, if it is the caller's and this very one: a retry, not a second review."""
    latest = session.scalar(
        in_county(caller, Review)
        .where(Review.checkin_id == checkin_id, Review.withdrawn_at.is_(None))
        .order_by(Review.created_at.desc())
        .limit(1)
    )
    said = (caller.member_id, ruling.decision, ruling.reason)
    return latest if latest and (latest.reviewer_id, latest.decision, latest.reason) == said else None


def _already_decided(session: Session, before: Review) -> AppError:
    who = session.scalar(
        select(Member.name).where(Member.county_id == before.county_id, Member.id == before.reviewer_id)
    )
    said = f"{who}已经复核了这次打卡：{DECISION_WORDS[before.decision]}。您的结论没有保存。"
    return conflict("already_decided", said, review=str(before.id), decision=before.decision)


def _written(
    session: Session, caller: Caller, checkin: CheckIn, before: Review | None, ruling: Ruling, now: datetime
) -> Review:
    """The new row; the latest holds, so two of one instant still have an order."""
    done = Review(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        checkin_id=checkin.id,
        reviewer_id=caller.member_id,
        decision=ruling.decision,
        code=ruling.code if ruling.decision == "rejected" else None,
        reason=ruling.reason,
        created_at=max(now, before.created_at + timedelta(microseconds=1)) if before else now,
        settles_at=ruling.settles_at or now + UNDO_WITHIN,
        is_second=False,
    )
    session.add(done)
    return done


def _spoken(session: Session, caller: Caller, checkin: CheckIn, first: Review, ruling: Ruling, now: datetime) -> Review:
    """A second opinion: kept beside the first, told to nobody."""
    done = _written(session, caller, checkin, first, ruling, now)
    second_opinion.compare(first, done)
    session.flush()
    _record(session, caller, "checkin.second_opinion", done, now)
    return done


def _is_overtaken(session: Session, done: Review) -> bool:
    of_it = (Review.county_id == done.county_id) & (Review.checkin_id == done.checkin_id)
    later = exists().where(
        of_it, Review.id != done.id, Review.created_at >= done.created_at, Review.withdrawn_at.is_(None)
    )
    appealed = exists().where(
        Appeal.county_id == done.county_id, Appeal.checkin_id == done.checkin_id, Appeal.created_at >= done.created_at
    )
    return bool(session.scalar(select(later | appealed)))


def _record(session: Session, caller: Caller, action: str, done: Review, now: datetime) -> None:
    facts = {"decision": done.decision, "reason": done.reason, "review": str(done.id)}
    if done.code:
        facts["code"] = done.code
    record(session, caller.county_id, caller.member_id, action, done.checkin_id, facts, now)
