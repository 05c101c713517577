"""删除申请: a member asks that what was collected of them goes; the worker's night does it (checkins/retention.py).

Asking withdraws consent and forgets how to reach them at once. What a result was or will be drawn from stays until
nobody needs it: a day of a month that is not closed, an appeal that is open or may still be made.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins.retention import IS_OPEN, left_to_erase
from server.db import hold_member
from server.org import consent
from server.org.models import Consent, DeletionRequest, Member
from server.org.scope import Caller
from server.org.scope import county as in_county

TEXT = (
    "删除的是：打卡照片、位置、手机信息、核验时的测量数据，线索跟进的照片和位置，以及您的手机号和邮箱。删除后不能恢复。",
    "手机号和邮箱、以后打卡的同意立即删除或撤回；线索跟进的和已结账月份的照片、位置当天夜里删除，"
    "本月的等月度结账后删除，申诉没有了结或还可以申诉的等了结后删除。",
    "留下的是：哪天打了卡、结果、理由和天数，它们不含照片和位置，用来说明已公布的月度结果。",
    "照片和位置删除后，这些打卡不会再被驳回，您也不能再拿它们申诉。",
    "之后可以由同事或监督人员证明在岗，不会因为删除而被预警；想恢复打卡，重新同意即可。",
)


@dataclass(frozen=True, slots=True)
class State:
    """The request that is open, else the last that was done; `left`: check-ins whose evidence it still waits for."""

    asked_at: datetime | None
    done_at: datetime | None
    left: int


def ask(session: Session, caller: Caller, now: datetime) -> None:
    """Open a request; one that is open stands as it is."""
    hold_member(session, caller.county_id, caller.member_id)
    if _open(session, caller) is not None:
        return
    standing = session.scalar(
        in_county(caller, Consent).where(Consent.member_id == caller.member_id, Consent.withdrawn_at.is_(None))
    )
    if standing is not None:
        consent.withdraw(session, standing, caller.member_id, now)
    session.execute(
        update(Member)
        .where(Member.county_id == caller.county_id, Member.id == caller.member_id)
        .values(phone_sealed=None, phone_digest=None, email_sealed=None)
    )
    request = DeletionRequest(county_id=caller.county_id, id=uuid.uuid4(), member_id=caller.member_id, asked_at=now)
    session.add(request)
    session.flush()
    facts = {"request": str(request.id)}
    record(session, caller.county_id, caller.member_id, "deletion.asked", caller.member_id, facts, now)


def withdraw(session: Session, caller: Caller, now: datetime) -> bool:
    """Take the open request back; False when there is none."""
    hold_member(session, caller.county_id, caller.member_id)
    request = _open(session, caller)
    if request is None:
        return False
    request.withdrawn_at = now
    facts = {"request": str(request.id)}
    record(session, caller.county_id, caller.member_id, "deletion.withdrawn", caller.member_id, facts, now)
    return True


def state(session: Session, caller: Caller) -> State:
    """How far the caller's request has come."""
    request = _open(session, caller) or session.scalar(
        _theirs(caller).where(DeletionRequest.done_at.is_not(None)).order_by(DeletionRequest.done_at.desc()).limit(1)
    )
    if request is None:
        return State(None, None, 0)
    left = 0 if request.done_at else left_to_erase(session, request)
    return State(request.asked_at, request.done_at, left)


def _open(session: Session, caller: Caller) -> DeletionRequest | None:
    found: DeletionRequest | None = session.scalar(_theirs(caller).where(IS_OPEN))
    return found


def _theirs(caller: Caller) -> Select[Any]:
    return in_county(caller, DeletionRequest).where(DeletionRequest.member_id == caller.member_id)
