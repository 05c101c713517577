"""What is said of draws and spot checks over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from server.api.checkin_replies import MemberRef
from server.api.session import caller
from server.checkins.models import CheckIn
from server.org import people
from server.org.models import Station, Unit
from server.org.structure import squad_names
from server.spotchecks import asking, calls
from server.spotchecks.models import CALL_OUTCOMES, DECISIONS, EXCUSES, KINDS, STATES, VOIDED, Draw, SpotCall, SpotCheck

Kind = Literal["selfie", "call"]
State = Literal["planned", "open", "answered", "late", "unanswered", "undelivered", "wrong_number", "void"]
Excuse = Literal["no_signal", "driving", "meeting", "phone", "other"]
CallOutcome = Literal["answered", "forwarded", "no_answer", "wrong_number"]


class CallRow(BaseModel):
    called_at: AwareDatetime = Field(description="as the caller says")
    logged_at: AwareDatetime
    is_late: bool = Field(description="written down some time after it was made")
    called_by: str
    outcome: CallOutcome
    outcome_word: str
    who: str
    note: str


class SpotCheckRow(BaseModel):
    id: uuid.UUID
    draw: uuid.UUID
    kind: Kind
    kind_word: str
    aimed: bool = Field(description="somebody chose this one, and said why")
    member: MemberRef | None = Field(description="of a selfie")
    squad: str
    station: str
    issues_at: AwareDatetime
    due_at: AwareDatetime
    state: State
    state_word: str
    answered_at: AwareDatetime | None
    checkin: uuid.UUID | None
    checkin_holds: Literal["accepted", "review", "rejected"] | None = Field(
        description="what holds of its check-in: a person's decision, else the machine's"
    )
    excuse: Excuse | None
    excuse_word: str | None
    explanation: str
    explained_by: str | None
    explained_at: AwareDatetime | None
    decision: Literal["excused", "failed"] | None
    decision_word: str | None
    reason: str
    decided_by: str | None
    decided_at: AwareDatetime | None
    calls: list[CallRow]


class DrawRow(BaseModel):
    id: uuid.UUID
    kind: Kind
    kind_word: str
    asked_by: str | None = Field(description="null: the schedule")
    asked_at: AwareDatetime
    among: str = Field(description="the county, a unit or a squad")
    count: int
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    answer_min: int
    aimed: bool
    aimed_at: uuid.UUID | None = Field(
        description="the member that somebody chose, or of a call the squad; till it is out told to who chose alone"
    )
    reason: str
    moment_at: AwareDatetime = Field(description="when its seed is taken")
    state: Literal["announced", "drawn"]
    drawn_at: AwareDatetime | None
    drawn: int = Field(description="how many came of it")
    answered: int
    waiting: int


def spot_rows(session: Session, found: Sequence[SpotCheck]) -> list[SpotCheckRow]:
    """All that they name is read together."""
    county_id = caller().county_id
    squads = squad_names(session, county_id, {one.squad_id for one in found})
    stations = dict(
        session.execute(
            select(Station.id, Station.name).where(
                Station.county_id == county_id, Station.id.in_({one.station_id for one in found})
            )
        ).all()
    )
    holds = {
        row.id: row.decision or row.verdict
        for row in session.execute(
            select(CheckIn.id, CheckIn.decision, CheckIn.verdict).where(
                CheckIn.county_id == county_id, CheckIn.id.in_([one.checkin_id for one in found if one.checkin_id])
            )
        )
    }
    aimed = set(
        session.scalars(
            select(Draw.id).where(
                Draw.county_id == county_id, Draw.id.in_({one.draw_id for one in found}), Draw.aimed_at.is_not(None)
            )
        )
    )
    attempts = calls.attempts_of(session, county_id, [one.id for one in found if one.kind == "call"])
    who = {id_ for one in found for id_ in (one.member_id, one.explained_by, one.decided_by) if id_}
    names = people.names(session, county_id, who | {call.called_by for made in attempts.values() for call in made})
    return [
        SpotCheckRow(
            id=one.id,
            draw=one.draw_id,
            kind=one.kind,
            kind_word=KINDS[one.kind],
            aimed=one.draw_id in aimed,
            member=MemberRef(id=one.member_id, name=names[one.member_id]) if one.member_id else None,
            squad=squads[one.squad_id],
            station=stations[one.station_id],
            issues_at=one.issues_at,
            due_at=one.due_at,
            state=one.state,
            state_word=_word(one, attempts.get(one.id, [])),
            answered_at=one.answered_at,
            checkin=one.checkin_id,
            checkin_holds=holds.get(one.checkin_id),
            excuse=one.excuse,
            excuse_word=EXCUSES[one.excuse] if one.excuse else None,
            explanation=one.explanation,
            explained_by=names[one.explained_by] if one.explained_by else None,
            explained_at=one.explained_at,
            decision=one.decision,
            decision_word=DECISIONS[one.decision] if one.decision else None,
            reason=one.reason,
            decided_by=names[one.decided_by] if one.decided_by else None,
            decided_at=one.decided_at,
            calls=[_call(call, names) for call in attempts.get(one.id, [])],
        )
        for one in found
    ]


def _word(one: SpotCheck, made: Sequence[SpotCall]) -> str:
    if one.why:
        return f"{STATES[one.state]}：{VOIDED[one.why]}"
    if one.state == "answered" and made and made[-1].outcome == "forwarded":
        return CALL_OUTCOMES["forwarded"]  # somebody answered, but not at the station
    return STATES[one.state]


def _call(one: SpotCall, names: Any) -> CallRow:
    return CallRow(
        called_at=one.called_at,
        logged_at=one.logged_at,
        is_late=calls.is_late(one),
        called_by=names[one.called_by],
        outcome=one.outcome,
        outcome_word=CALL_OUTCOMES[one.outcome],
        who=one.who,
        note=one.note,
    )


def draw_rows(session: Session, found: Sequence[Draw]) -> list[DrawRow]:
    county_id = caller().county_id
    names = people.names(session, county_id, {one.asked_by for one in found if one.asked_by})
    squads = squad_names(session, county_id, {one.squad_id for one in found if one.squad_id})
    units = dict(
        session.execute(
            select(Unit.id, Unit.name).where(
                Unit.county_id == county_id, Unit.id.in_({one.unit_id for one in found if one.unit_id})
            )
        ).all()
    )
    hidden = asking.hidden(session, found)
    counted = _counts(session, [one.id for one in found], hidden)
    me = caller().member_id
    told = {one.id: one.aimed_at is None or one.asked_by == me or one.id not in hidden for one in found}
    return [
        DrawRow(
            id=one.id,
            kind=one.kind,
            kind_word=KINDS[one.kind],
            asked_by=names[one.asked_by] if one.asked_by else None,
            asked_at=one.asked_at,
            among=squads[one.squad_id] if one.squad_id else units[one.unit_id] if one.unit_id else "全县",
            count=one.count,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            answer_min=one.answer_min,
            aimed=one.aimed_at is not None,
            aimed_at=one.aimed_at if told[one.id] else None,
            reason=one.reason if told[one.id] else "",
            moment_at=one.moment_at,
            state=one.state,
            drawn_at=one.drawn_at,
            **counted[one.id],
        )
        for one in found
    ]


def _counts(session: Session, draws: list[uuid.UUID], hidden: set[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """Of one that another stands for that one's state counts, once all of its own draw is out: else the figures would
    tell whom it draws."""
    found = {id_: {"drawn": 0, "answered": 0, "waiting": 0} for id_ in draws}
    standing = aliased(SpotCheck)
    for_it = (standing.county_id == SpotCheck.county_id) & (standing.id == SpotCheck.joined_id)
    rows = session.execute(
        select(SpotCheck.draw_id, SpotCheck.state, SpotCheck.joined_id, standing.state.label("standing"))
        .outerjoin(standing, for_it)
        .where(SpotCheck.county_id == caller().county_id, SpotCheck.draw_id.in_(draws))
    )
    for row in rows:
        state = row.state if row.joined_id is None else "planned" if row.draw_id in hidden else row.standing
        found[row.draw_id]["drawn"] += 1
        found[row.draw_id]["answered"] += state in ("answered", "late")
        found[row.draw_id]["waiting"] += state in ("planned", "open")
    return found
