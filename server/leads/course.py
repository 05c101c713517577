"""The course of a lead in its squad's hands: stages forward and back, what is known of it, and each 跟进."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.checkins.models import CheckIn
from server.db import lock
from server.errors import conflict, invalid, not_found
from server.evidence.distance import distance_m
from server.leads import pictures, see
from server.leads.models import STAGES, Lead, LeadUpdate
from server.leads.report import note
from server.leads.requests import void_open
from server.org import consent
from server.org.scope import Caller
from server.org.scope import county as in_county

_ORDER = tuple(STAGES)
_NEAR_M, _NEAR = 500.0, timedelta(hours=2)
_HOLDS = func.coalesce(CheckIn.decision, CheckIn.verdict)
_A_VISIT = timedelta(days=3)  # written from a place without signal, it may arrive so much later
_SLACK_M = 500.0  # of both accuracies together, no more: a fix of kilometres corroborates nothing
# What the squad keeps up to date; the company's own facts are the company's.
CHANGEABLE = (
    *("intent", "investment_wan", "currency", "land_mu", "energy_tce", "environment", "eia"),
    *("channel", "next_action", "next_on"),
)


@dataclass(frozen=True, slots=True)
class Update:
    """A 跟进 as the phone sends it; `answers`: it told the company where it stands. `lat`, `lng` in WGS-84; None: no
    place was given."""

    id: uuid.UUID
    text: str
    happened_at: datetime
    answers: bool = False
    photos: tuple[uuid.UUID, ...] = ()  # in their order; each is there already (pictures.add)
    lat: float | None = None
    lng: float | None = None
    accuracy_m: float | None = None
    visit: uuid.UUID | None = None  # the check-in that it tells of, sent before it


def move(session: Session, caller: Caller, lead_id: uuid.UUID, to: str, reason: str, now: datetime) -> Lead:
    """To another stage. Forward, over one or several, as it comes; going back says why. `signed` ends the lead; only
    the bureau takes it back. The same stage again changes nothing."""
    lead = see.hold(session, caller, lead_id)
    if lead.outcome == "signed" and to != "signed":
        caller.require("bureau_supervisor")
        see.require_free(session, caller, lead)
    else:
        see.require_holder(session, caller, lead)
    if lead.outcome == "dead_end":
        raise conflict("lead_ended", "这条线索已经终止，请先重新打开。")
    if to == lead.stage:
        return lead
    if _ORDER.index(to) < _ORDER.index(lead.stage) and not reason:
        raise invalid("reason_needed", f"从{STAGES[lead.stage]}退回{STAGES[to]}，请写明原因。")
    before = lead.stage
    lead.outcome, lead.ended_at = ("signed", now) if to == "signed" else (None, None)
    lead.stage, lead.stage_since, lead.moved_at = to, now, now
    lead.judged_at = lead.judged_at or now
    if to == "signed":
        void_open(session, lead, now)
    note(session, caller, lead, "stage", now, reason, {"from": before, "to": to})
    facts = {"from": before, "to": to, "reason": reason}
    record(session, caller.county_id, caller.member_id, "lead.moved", lead.id, facts, now)
    return lead


def change(session: Session, caller: Caller, lead_id: uuid.UUID, to: Mapping[str, Any], now: datetime) -> Lead:
    """Bring what is known up to date; `to`: some of CHANGEABLE. What was there before stands in the history."""
    lead = see.hold(session, caller, lead_id)
    see.require_holder(session, caller, lead)
    if lead.outcome is not None:
        raise conflict("lead_ended", "这条线索已经结束，不能再修改。")
    changed = {name: value for name, value in to.items() if getattr(lead, name) != value}
    if not changed:
        return lead
    before = {name: _said(getattr(lead, name)) for name in changed}
    for name, value in changed.items():
        setattr(lead, name, value)
    facts = {name: {"from": before[name], "to": _said(value)} for name, value in changed.items()}
    note(session, caller, lead, "changed", now, facts=facts)
    record(session, caller.county_id, caller.member_id, "lead.changed", lead.id, {"fields": sorted(changed)}, now)
    return lead


def add_update(
    session: Session, caller: Caller, lead_id: uuid.UUID, new: Update, now: datetime
) -> tuple[LeadUpdate, bool]:
    """Store a 跟进; and whether it is new. One that names a place needs consent (403 `consent_required`), one whose
    pictures are not all there waits for them (409 `photos_missing`, which names them)."""
    if new.lat is not None:
        consent.require(caller)
    lock(session, f"lead-update:{caller.county_id}:{new.id}")
    known = session.get(LeadUpdate, (caller.county_id, new.id))
    if known is not None:
        mine = (caller.member_id, lead_id, _digest(new))
        if (known.member_id, known.lead_id, known.content_sha256) != mine:
            raise conflict("update_differs", "这个编号已经用过，内容不同，没有保存。")
        return known, False
    lead = hold_to_write(session, caller, lead_id)
    taken = pictures.loose(session, caller, lead, new.photos)
    visit = _visit(session, caller, new.visit, now) if new.visit else None
    happened_at = visit.happened_at if visit else min(new.happened_at, now)
    made = LeadUpdate(
        county_id=caller.county_id,
        id=new.id,
        lead_id=lead.id,
        member_id=caller.member_id,
        text=new.text,
        content_sha256=_digest(new),
        answers=new.answers,
        happened_at=happened_at,
        received_at=now,
        lat=new.lat,
        lng=new.lng,
        accuracy_m=new.accuracy_m,
        checkin_id=visit.id if visit else _beside(session, caller, new, happened_at),
    )
    session.add(made)
    session.flush()
    pictures.name(taken, made)
    lead.moved_at = now
    lead.responded_at = lead.responded_at or now
    lead.answered_at = lead.answered_at or (now if new.answers else None)
    session.flush()
    facts = {"lead": str(lead.id), "corroborated": made.checkin_id is not None}
    record(session, caller.county_id, caller.member_id, "lead.updated", lead.id, facts, now)
    return made, True


def hold_to_write(session: Session, caller: Caller, lead_id: uuid.UUID) -> Lead:
    """The lead, for one of those who work on it to write about it; else 404, 403, and 409 of a dead end."""
    lead = see.hold(session, caller, lead_id)
    see.require_worker(session, caller, lead)
    if lead.outcome == "dead_end":
        raise conflict("lead_ended", "这条线索已经终止，请先重新打开。")
    return lead


def _visit(session: Session, caller: Caller, checkin_id: uuid.UUID, now: datetime) -> CheckIn | None:
    """The caller's own visit that an update names, if it is there, nobody rejected it, and no other update is of it:
    it corroborates one, and not days later."""
    used = exists().where(LeadUpdate.county_id == caller.county_id, LeadUpdate.checkin_id == checkin_id)
    mine = in_county(caller, CheckIn).where(
        CheckIn.id == checkin_id,
        CheckIn.member_id == caller.member_id,
        CheckIn.kind == "visit",
        CheckIn.happened_at >= now - _A_VISIT,
        _HOLDS != "rejected",
        ~used,
    )
    return session.scalar(mine)


def _beside(session: Session, caller: Caller, new: Update, happened_at: datetime) -> uuid.UUID | None:
    """The caller's own check-in nearest in time, of those within two hours and 500 m that nobody rejected."""
    if new.lat is None or new.lng is None:
        return None
    near = in_county(caller, CheckIn).where(
        CheckIn.member_id == caller.member_id,
        CheckIn.happened_at.between(happened_at - _NEAR, happened_at + _NEAR),
        CheckIn.lat.is_not(None),
        _HOLDS != "rejected",
    )
    found = [
        (abs(one.happened_at - happened_at), one.id)
        for one in session.scalars(near)
        if distance_m(new.lat, new.lng, one.lat, one.lng)
        <= _NEAR_M + min(_SLACK_M, (new.accuracy_m or 0) + (one.accuracy_m or 0))
    ]
    return min(found)[1] if found else None


def updates(session: Session, caller: Caller, lead: Lead, most: int) -> list[LeadUpdate]:
    """The latest, newest first, of a lead the caller may see."""
    mine = in_county(caller, LeadUpdate).where(LeadUpdate.lead_id == lead.id)
    newest = mine.order_by(LeadUpdate.happened_at.desc(), LeadUpdate.id).limit(most)
    return list(session.scalars(newest))


def one(session: Session, caller: Caller, lead_id: uuid.UUID) -> Lead:
    """The lead, if the caller sees it; else 404."""
    found = session.scalar(in_county(caller, Lead).where(Lead.id == lead_id, see.seen(caller)))
    if found is None:
        raise not_found()
    return found


def _digest(new: Update) -> str:
    said = [new.text, new.answers, new.happened_at.isoformat(), new.lat, new.lng, new.accuracy_m]
    said += [str(photo) for photo in new.photos]
    if new.visit:
        said.append(f"visit {new.visit}")
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
