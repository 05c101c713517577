"""处置: the ladder. The machine reminds; every step beyond is a named person's, after the member has been heard."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import hold_member
from server.errors import conflict, forbidden, not_found
from server.flags.judge import judge_one
from server.flags.models import WAITS, Flag, FlagStep
from server.notify.outbox import Letter, enqueue
from server.org.models import Member, RoleGrant, Unit
from server.org.scope import WATCHING_COUNTY, Caller, squad_mates, watched_members
from server.org.scope import county as in_county
from server.tally import policy
from server.tally.rules import LadderStep

STEP_WORDS = {"remind": "提醒", "talk": "约谈", "circular": "通报", "replace": "调整"}
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides: the step, what the member said to it, and why."""

    step: str
    heard: str
    reason: str


def visible(caller: Caller) -> ColumnElement[bool]:
    """The condition on Flag: those about members one watches, and about units one answers for."""
    if caller.has(*WATCHING_COUNTY):
        return true()
    watched = select(Member.id).where(Member.county_id == caller.county_id, watched_members(caller))
    return or_(Flag.member_id.in_(watched), Flag.unit_id.in_(caller.units("unit_supervisor")))


def take(
    session: Session, caller: Caller, flag_id: uuid.UUID, decision: Decision, now: datetime
) -> tuple[FlagStep, bool]:
    """Take the next step about a flag: (the step, whether it is new). The same decision again by the same person is a
    retry. Of one member and month each step is taken once, whichever of its flags it was decided on."""
    flag = _held(session, caller, flag_id)
    rung = _rung(session, caller, decision.step)
    _require_decider(session, caller, flag, rung)
    taken = _taken(session, flag)
    same = next((t for t in taken if t.step == decision.step), None)
    if same is not None:
        if (same.flag_id, same.decided_by, same.heard, same.reason) == (
            *(flag.id, caller.member_id),
            *(decision.heard, decision.reason),
        ):
            return same, False
        raise conflict("step_taken", f"这一步（{STEP_WORDS[decision.step]}）已经做过了，不再重复。", step=decision.step)
    _require_time(session, caller, flag, rung, taken, now)
    return _write(session, caller, flag, decision, now), True


def _held(session: Session, caller: Caller, flag_id: uuid.UUID) -> Flag:
    """The visible flag once nobody else works on its member; else 404."""
    statement = in_county(caller, Flag).where(Flag.id == flag_id, visible(caller))
    flag = session.scalar(statement)
    if flag is None:
        raise not_found()
    hold_member(session, caller.county_id, flag.member_id or flag.unit_id)
    session.refresh(flag)
    if flag.member_id == caller.member_id:
        raise forbidden("own_flag", "不能处理自己的预警，请由他人决定。")
    if flag.unit_id in caller.units("unit_supervisor"):  # it says that they were not out themselves
        raise forbidden("own_flag", "这个预警说的是您所负责的单位，请由他人决定。")
    return flag


def _rung(session: Session, caller: Caller, step: str) -> LadderStep:
    ladder = policy.in_force(session, caller.county_id, caller.today).rules.escalation
    rung = next((rung for rung in ladder if rung.step == step), None)
    if rung is None:
        raise conflict("step_not_in_policy", f"本县的规则没有“{STEP_WORDS[step]}”这一步。", step=step)
    return rung


def _require_decider(session: Session, caller: Caller, flag: Flag, rung: LadderStep) -> None:
    """One of the roles that the rules name, held over this very member or unit."""
    roles = {role for role in ("bureau_supervisor", "county_leader") if caller.has(role)}
    unit_id = flag.unit_id
    if flag.member_id:
        unit_id = session.scalars(in_county(caller, Member.unit_id).where(Member.id == flag.member_id)).one()
        mates = squad_mates(caller, caller.squads("squad_leader"))
        if session.scalar(in_county(caller, Member.id).where(Member.id == flag.member_id, Member.id.in_(mates))):
            roles.add("squad_leader")
    if unit_id in caller.units("unit_supervisor"):
        roles.add("unit_supervisor")
    if not roles & set(rung.decided_by):
        raise forbidden("role_required", "您的角色不能决定这一步。", roles=list(rung.decided_by))


def _about_the_same(flag: Flag) -> ColumnElement[bool]:
    if flag.unit_id:
        return Flag.id == flag.id
    return (Flag.county_id == flag.county_id) & (Flag.member_id == flag.member_id) & (Flag.month == flag.month)


def _taken(session: Session, flag: Flag) -> Sequence[FlagStep]:
    """What people have decided about this member and month, or this unit's gap."""
    return session.scalars(
        select(FlagStep)
        .join(Flag, (Flag.county_id == FlagStep.county_id) & (Flag.id == FlagStep.flag_id))
        .where(FlagStep.county_id == flag.county_id, _about_the_same(flag), FlagStep.step != "remind")
        .order_by(FlagStep.created_at)
    ).all()


def _require_time(
    session: Session, caller: Caller, flag: Flag, rung: LadderStep, taken: Sequence[FlagStep], now: datetime
) -> None:
    """The flag stands, the step before was taken, and what the rules ask for has come to pass."""
    if flag.closed_at is not None:
        raise conflict("flag_closed", "这个预警已经解除，不需要再处理。")
    _require_cause(session, caller, flag)
    word = STEP_WORDS[rung.step]
    ladder = policy.in_force(session, caller.county_id, caller.today).rules.escalation
    before = [step.step for step in ladder[: ladder.index(rung)] if step.decided_by]
    if missing := [step for step in before if step not in {t.step for t in taken}]:
        raise conflict("step_before", f"{word}之前须先{STEP_WORDS[missing[0]]}。", missing=missing)
    if now < (earliest := flag.raised_at + timedelta(days=rung.after_days)):
        raise conflict("step_too_early", f"预警满 {rung.after_days} 天后才能{word}。", from_at=earliest.isoformat())
    missed = _missed_months(session, caller, flag) if rung.missed_months and flag.member_id else rung.missed_months
    if missed < rung.missed_months:
        said = f"最近十二个月有 {rung.missed_months} 个月未达标才能{word}，现在是 {missed} 个月。"
        raise conflict("step_not_yet", said, missed_months=missed)


def _require_cause(session: Session, caller: Caller, flag: Flag) -> None:
    """It is so now, not only in the night that raised it; and it is not only for want of somebody's decision."""
    if flag.member_id is None:
        return
    due, waiting = judge_one(session, flag, caller.tz, caller.today)
    if waiting:
        raise conflict("flag_waits", waiting + WAITS)
    if due is None:
        raise conflict("flag_mended", "预警的原因已经消失，今晚会自动解除，不需要再处理。")


def _missed_months(session: Session, caller: Caller, flag: Flag) -> int:
    """How many closed months of the last twelve stand as missed; not those that only wait for a decision."""
    missed = session.scalars(
        in_county(caller, Flag).where(
            Flag.member_id == flag.member_id,
            Flag.kind == "missed",
            Flag.closed_at.is_(None),
            Flag.month >= caller.today.replace(day=1) - _YEAR,
        )
    ).all()
    return len({one.month for one in missed if judge_one(session, one, caller.tz, caller.today)[0]})


def _write(session: Session, caller: Caller, flag: Flag, decision: Decision, now: datetime) -> FlagStep:
    told = _to_be_told(session, caller, flag, decision.step)
    made = FlagStep(
        county_id=caller.county_id,
        flag_id=flag.id,
        step=decision.step,
        decided_by=caller.member_id,
        heard=decision.heard,
        reason=decision.reason,
        told=[str(who) for who in told],
        created_at=now,
    )
    session.add(made)
    session.flush()
    facts = {"flag": str(flag.id), "step": decision.step, "heard": decision.heard, "reason": decision.reason}
    about = flag.member_id or flag.unit_id
    record(session, caller.county_id, caller.member_id, "flag.step_taken", about, facts, now)
    said = {
        "name": _name(session, flag),
        "step": STEP_WORDS[decision.step],
        "reason": decision.reason,
        "on": caller.today.isoformat(),
        "month": f"{flag.month:%Y-%m}",
    }
    for who in told:
        key = f"flag_step:{flag.id}:{decision.step}:{who}"
        enqueue(session, caller.county_id, Letter(who, "flag_step", key, said), now)
    return made


def _to_be_told(session: Session, caller: Caller, flag: Flag, step: str) -> list[uuid.UUID]:
    """The member; from the circular on also those who answer for the unit. Never who decided it."""
    unit_id = (
        flag.unit_id or session.scalars(in_county(caller, Member.unit_id).where(Member.id == flag.member_id)).one()
    )
    heads: Sequence[uuid.UUID] = ()
    if flag.unit_id or step != "talk":
        heads = session.scalars(
            select(RoleGrant.member_id)
            .join(Member, (Member.county_id == RoleGrant.county_id) & (Member.id == RoleGrant.member_id))
            .where(
                RoleGrant.county_id == caller.county_id,
                RoleGrant.role == "unit_supervisor",
                RoleGrant.unit_id == unit_id,
                RoleGrant.valid_from <= caller.today,
                or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= caller.today),
                Member.removed_at.is_(None),
            )
        ).all()
    concerned = {*heads, *([flag.member_id] if flag.member_id else [])}
    return sorted(concerned - {caller.member_id})


def _name(session: Session, flag: Flag) -> str:
    table: Any = Member if flag.member_id else Unit
    about = flag.member_id or flag.unit_id
    return str(session.scalars(select(table.name).where(table.county_id == flag.county_id, table.id == about)).one())
