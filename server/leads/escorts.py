"""提请县领导: a squad asks a named county leader to come along, at one of a few times; the leader chooses or declines,
and what came of it stands with the lead."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import lock
from server.errors import AppError, conflict, forbidden, invalid, not_found
from server.leads import see
from server.leads.models import Company, Escort, Lead
from server.leads.report import note, tell
from server.notify.outbox import Letter, enqueue, settle
from server.org import people
from server.org.models import County, Member, Squad
from server.org.scope import Caller, holders
from server.org.scope import county as in_county

# The leader answers; the bureau may in their name, for whoever is not at their phone. Which of them it was is said.
IN_THEIR_NAME = "bureau_supervisor"
_LONGEST, _FURTHEST = timedelta(days=7), timedelta(days=180)
_KEPT_IN_CALENDAR = timedelta(days=60)
_LISTED = 50

Slot = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a leader; `id` is made by the phone. `slots`: times of which one is to be chosen."""

    id: uuid.UUID
    leader: uuid.UUID
    slots: tuple[Slot, ...]
    purpose: str
    place: str

    def digest(self) -> str:
        said = [str(self.leader), _written(self.slots), self.purpose, self.place]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def leaders(session: Session, caller: Caller) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of those who can be asked."""
    there = holders(session, caller.county_id, "county_leader", caller.today)
    named = in_county(caller, Member).with_only_columns(Member.id, Member.name)
    return [(row.id, row.name) for row in session.execute(named.where(Member.id.in_(there)).order_by(Member.name))]


def seen(caller: Caller) -> Select[Any]:
    """Those of the leads the caller may see. (A county leader sees all.)"""
    mine = in_county(caller, Lead).with_only_columns(Lead.id).where(see.seen(caller))
    return in_county(caller, Escort).where(Escort.lead_id.in_(mine))


def one(session: Session, caller: Caller, escort_id: uuid.UUID) -> Escort:
    found: Escort | None = session.scalar(seen(caller).where(Escort.id == escort_id))
    if found is None:
        raise not_found()
    return found


def slots_of(escort: Escort) -> list[Slot]:
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in escort.slots]


def ask(session: Session, caller: Caller, lead_id: uuid.UUID, wish: Wish, now: datetime) -> tuple[Escort, bool]:
    """Ask a leader along; and whether it is new. One of a lead at a time a leader; by the squad that has the claim."""
    lead = see.hold(session, caller, lead_id)
    known = session.get(Escort, (caller.county_id, wish.id))
    if known is not None:
        if (known.asked_by, known.lead_id, known.content_sha256) != (caller.member_id, lead_id, wish.digest()):
            raise conflict("escort_differs", "这个编号已经用过，内容不同，没有保存。")
        return known, False
    see.require_holder(session, caller, lead)
    if lead.outcome is not None:
        raise conflict("lead_ended", "这条线索已经结束，不用再提请。")
    _check(wish.slots, now)
    if wish.leader not in holders(session, caller.county_id, "county_leader", caller.today):
        raise invalid("leader_unknown", "请选一位现任县领导。")
    at_once = in_county(caller, Escort).where(Escort.lead_id == lead_id, Escort.leader_id == wish.leader)
    if session.scalar(at_once.where(Escort.state.in_(("open", "accepted")))) is not None:
        raise conflict("escort_waits", "已经为这条线索提请过这位领导，还没有结束。")
    made = Escort(
        county_id=caller.county_id,
        id=wish.id,
        lead_id=lead_id,
        squad_id=lead.squad_id,
        asked_by=caller.member_id,
        leader_id=wish.leader,
        purpose=wish.purpose,
        place=wish.place,
        slots=_written(wish.slots),
        content_sha256=wish.digest(),
        asked_at=now,
    )
    session.add(made)
    session.flush()
    leader = session.get_one(Member, (caller.county_id, wish.leader))
    note(session, caller, lead, "escort_asked", now, wish.purpose, {"leader": leader.name})
    facts = {"lead": str(lead_id), "leader": str(wish.leader)}
    record(session, caller.county_id, caller.member_id, "escort.asked", made.id, facts, now)
    whom = [leader.id]
    if leader.openid is None:  # nobody would learn of it
        whom += holders(session, caller.county_id, IN_THEIR_NAME, caller.today)
    company = session.get_one(Company, (caller.county_id, lead.company_id)).name
    squad = session.get_one(Squad, (caller.county_id, lead.squad_id)).name
    said = {"company": company, "squad": squad, "what": "escort", "on": caller.today.isoformat()}
    for who in whom:
        enqueue(session, caller.county_id, Letter(who, "escort_asked", f"escort:{made.id}:{who}", said), now)
    return made, True


def accept(session: Session, caller: Caller, escort_id: uuid.UUID, slot: int, word: str, now: datetime) -> Escort:
    """Choose the slot of this number. The same again is a retry. 409 `leader_busy` when the leader goes elsewhere
    then, `slot_over` when it has begun."""
    escort, lead = _hold(session, caller, escort_id)
    lock(session, f"escorts-of:{caller.county_id}:{escort.leader_id}")  # two acceptances look at one calendar
    _require_answering(caller, escort)
    if not 0 <= slot < len(escort.slots):
        raise invalid("slot_unknown", "请从提出的时间里选一个。")
    starts_at, ends_at = slots_of(escort)[slot]
    if escort.state != "open":
        if (escort.state, escort.starts_at, escort.answer) == ("accepted", starts_at, word):
            return escort
        raise _answered(escort)
    if starts_at <= now:
        raise conflict("slot_over", "这个时间已经过了，请选别的时间，或写明改到何时后谢绝。")
    _require_free(session, caller, escort, starts_at, ends_at)
    escort.starts_at, escort.ends_at = starts_at, ends_at
    _answer(session, caller, escort, lead, "accepted", word, now)
    when = spoken((starts_at, ends_at), caller.tz)
    _tell_squad(session, escort, lead, "escort_accepted", f"{when}，{escort.place}。{word}", now)
    return escort


def decline(session: Session, caller: Caller, escort_id: uuid.UUID, word: str, now: datetime) -> Escort:
    """Say no, and why. The same again is a retry."""
    escort, lead = _hold(session, caller, escort_id)
    _require_answering(caller, escort)
    if escort.state != "open":
        if (escort.state, escort.answer) == ("declined", word):
            return escort
        raise _answered(escort)
    _answer(session, caller, escort, lead, "declined", word, now)
    _tell_squad(session, escort, lead, "escort_declined", word, now)
    return escort


def withdraw(session: Session, caller: Caller, escort_id: uuid.UUID, why: str, now: datetime) -> Escort:
    """Call it off, asked or agreed; by the squad, the leader or in the leader's name. The others are told."""
    escort, lead = _hold(session, caller, escort_id)
    inside = see.is_inside(session, caller, lead)
    if not inside:
        _require_answering(caller, escort)
    if escort.state not in ("open", "accepted"):
        if escort.state == "called_off":
            return escort
        raise _answered(escort)
    agreed = escort.state == "accepted"
    escort.off_by, escort.off_reason = caller.member_id, why
    _end(session, escort, "called_off")
    note(session, caller, lead, "escort_called_off", now, why)
    record(session, caller.county_id, caller.member_id, "escort.called_off", escort.id, {"reason": why}, now)
    if not inside:
        _tell_squad(session, escort, lead, "escort_called_off", why, now)
    if agreed and caller.member_id != escort.leader_id:
        tell(session, lead, escort.leader_id, "escort_called_off", str(escort.id), why, now)
    return escort


def finish(session: Session, caller: Caller, escort_id: uuid.UUID, outcome: str, now: datetime) -> Escort:
    """Record what came of it, once it has begun. It is progress of the lead. The same again is a retry."""
    escort, lead = _hold(session, caller, escort_id)
    if not see.is_inside(session, caller, lead):
        _require_answering(caller, escort)
    if escort.state == "done" and escort.outcome == outcome:
        return escort
    if escort.state != "accepted" or escort.starts_at is None:
        raise conflict("escort_not_agreed", "只有约定好的同行才能记结果。")
    if escort.starts_at > now:
        raise conflict("escort_not_begun", "还没有到约定的时间，去过以后再记结果。")
    escort.state, escort.outcome, escort.outcome_by, escort.outcome_at = "done", outcome, caller.member_id, now
    if lead.outcome is None:
        lead.moved_at = now
    note(session, caller, lead, "escort_done", now, outcome)
    record(session, caller.county_id, caller.member_id, "escort.done", escort.id, {"lead": str(lead.id)}, now)
    return escort


def call_off(session: Session, lead: Lead, now: datetime) -> None:
    """What is asked for a lead that is over, or back in the pool, needs no answer any more; nor does anybody go to a
    company that was given up. Whoever signs may still be visited."""
    states = ("open",) if lead.outcome == "signed" else ("open", "accepted")
    waiting = select(Escort).where(
        Escort.county_id == lead.county_id, Escort.lead_id == lead.id, Escort.state.in_(states)
    )
    for escort in session.scalars(waiting.order_by(Escort.id)).all():
        if escort.starts_at is not None and escort.starts_at <= now:
            continue  # it took place; its outcome may still be told
        agreed = escort.state == "accepted"
        escort.off_reason = "线索已经结束，或已回到公共池。"
        _end(session, escort, "called_off")
        note(session, None, lead, "escort_called_off", now)
        if agreed:
            tell(session, lead, escort.leader_id, "escort_called_off", str(escort.id), escort.off_reason, now)


def calendar_of(session: Session, caller: Caller, now: datetime) -> Sequence[Escort]:
    """What stands in the caller's calendar, and what was taken out of it: theirs as a leader, or as one of the squad.
    From two months ago on."""
    inside = in_county(caller, Lead).with_only_columns(Lead.id).where(see.worked_on(caller))
    mine = in_county(caller, Escort).where(
        or_(Escort.leader_id == caller.member_id, Escort.lead_id.in_(inside)),
        Escort.starts_at >= now - _KEPT_IN_CALENDAR,
    )
    return session.scalars(mine.order_by(Escort.starts_at, Escort.id).limit(500)).all()


def spoken(slot: Slot, tz: str) -> str:
    """A time as people say it: 11月30日 09:00–11:30, or over two dates."""
    starts, ends = (at.astimezone(ZoneInfo(tz)) for at in slot)
    said = f"{starts.month}月{starts.day}日 {starts:%H:%M}"
    if starts.date() == ends.date():
        return f"{said}–{ends:%H:%M}"
    return f"{said} 至 {ends.month}月{ends.day}日 {ends:%H:%M}"


def _check(slots: Sequence[Slot], now: datetime) -> None:
    """422 in words for a time that nobody could choose."""
    for starts, ends in slots:
        if starts >= ends:
            raise invalid("slot_invalid", "结束时间要晚于开始时间。")
        if starts <= now:
            raise invalid("slot_invalid", "提出的时间要在将来。")
        if ends - starts > _LONGEST or starts - now > _FURTHEST:
            raise invalid("slot_invalid", "一次最长 7 天，最远半年以内。")
    if len(set(slots)) != len(slots):
        raise invalid("slot_invalid", "有两个时间是一样的。")


def _hold(session: Session, caller: Caller, escort_id: uuid.UUID) -> tuple[Escort, Lead]:
    escort = one(session, caller, escort_id)
    lead = see.hold(session, caller, escort.lead_id)
    session.refresh(escort)
    return escort, lead


def _require_answering(caller: Caller, escort: Escort) -> None:
    if caller.member_id != escort.leader_id and not caller.has(IN_THEIR_NAME):
        raise forbidden("not_asked", "这件事请的是别的领导，您不能答复。")


def to_answer(session: Session, caller: Caller) -> list[uuid.UUID]:
    """Those that wait for the caller's answer, the oldest first; not more than a phone lists."""
    waiting = in_county(caller, Escort).where(Escort.state == "open")
    if not caller.has(IN_THEIR_NAME):
        waiting = waiting.where(Escort.leader_id == caller.member_id)
    found = waiting.with_only_columns(Escort.id).order_by(Escort.asked_at, Escort.id).limit(_LISTED)
    return list(session.scalars(found))


def may_answer(caller: Caller, escort: Escort) -> bool:
    return escort.state == "open" and (caller.member_id == escort.leader_id or caller.has(IN_THEIR_NAME))


def _answered(escort: Escort) -> AppError:
    words = {"accepted": "已经约定", "declined": "已经谢绝", "called_off": "已经取消", "done": "已经完成"}
    return conflict("escort_answered", f"这次提请{words[escort.state]}，请刷新后再看。")


def _require_free(session: Session, caller: Caller, escort: Escort, starts_at: datetime, ends_at: datetime) -> None:
    beside = in_county(caller, Escort).where(
        Escort.leader_id == escort.leader_id,
        Escort.state == "accepted",
        Escort.starts_at < ends_at,
        Escort.ends_at > starts_at,
    )
    other = session.scalar(beside.order_by(Escort.starts_at))
    if other is not None and other.starts_at is not None and other.ends_at is not None:
        when = spoken((other.starts_at, other.ends_at), caller.tz)
        raise conflict("leader_busy", f"这段时间已约定了另一次同行（{when}），请选别的时间。")


def _answer(session: Session, caller: Caller, escort: Escort, lead: Lead, state: str, word: str, now: datetime) -> None:
    escort.answered_by, escort.answered_at, escort.answer = caller.member_id, now, word
    _end(session, escort, state)
    leader = session.get_one(Member, (caller.county_id, escort.leader_id)).name
    note(session, caller, lead, f"escort_{state}", now, word, {"leader": leader})
    facts = {"lead": str(lead.id), "leader": str(escort.leader_id)}
    record(session, caller.county_id, caller.member_id, f"escort.{state}", escort.id, facts, now)


def _end(session: Session, escort: Escort, state: str) -> None:
    """It waits no more, and the calendar's entry is another."""
    escort.state, escort.revision = state, escort.revision + 1
    settle(session, escort.county_id, f"escort:{escort.id}:")


def _tell_squad(session: Session, escort: Escort, lead: Lead, what: str, said: str, now: datetime) -> None:
    """Who asked and the lead's owner, as long as they are of the squad that has it: it is no secret of theirs any more
    once they have left. Is neither, all of the squad."""
    if lead.squad_id is None:
        return
    today = now.astimezone(ZoneInfo(session.get_one(County, lead.county_id).tz)).date()
    squad = set(people.of_squad(session, lead.county_id, lead.squad_id, today))
    owner = {lead.owner_id} if lead.owner_id else set()
    for who in sorted(({escort.asked_by} | owner) & squad or squad):
        tell(session, lead, who, what, str(escort.id), said, now)


def _written(slots: Sequence[Slot]) -> list[list[str]]:
    return [[starts.isoformat(), ends.isoformat()] for starts, ends in slots]
