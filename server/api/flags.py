"""预警 over HTTP: one's own, those of the members one watches and of the units one answers for, and the ladder."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.described import Described
from server.api.fields import Sentence
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.flags import steps
from server.flags.models import Flag, FlagStep
from server.flags.steps import Decision
from server.org import people
from server.org.models import Member, Unit
from server.org.scope import county as in_county
from server.tally import policy

bp = Described("flags", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="预警")], abp_security=SIGNED_IN)
FlagKind = Literal["behind", "at_risk", "unreachable", "missed", "uncovered"]


class FlagQuery(PageQuery):
    state: Literal["open", "closed", "all"] = "open"
    kind: FlagKind | None = None
    member: uuid.UUID | None = None


class FlagPath(BaseModel):
    flag_id: uuid.UUID


class StepBody(BaseModel):
    step: Literal["talk", "circular", "replace"] = Field(description="the machine reminds; these a person decides")
    heard: Sentence = Field(min_length=1, max_length=500, description="what the member said to it; hear them first")
    reason: Sentence = Field(min_length=1, max_length=300, description="why; those who are told read it")


class Person(BaseModel):
    id: uuid.UUID
    name: str


class StepRow(BaseModel):
    step: Literal["remind", "talk", "circular", "replace"]
    decided_by: Person | None = Field(description="null: the machine, which only reminds")
    heard: str
    reason: str
    told: list[Person] = Field(description="who was told, at `at`")
    at: AwareDatetime


class FlagRow(BaseModel):
    id: uuid.UUID
    member_id: uuid.UUID | None = Field(description="null when it is about a unit")
    member_name: str | None
    unit_id: uuid.UUID | None = Field(description="null when it is about a member")
    unit_name: str | None
    month: str
    kind: FlagKind
    message: str = Field(description="what happened, as of which date, and the next step")
    waits: bool = Field(description="last night only what waits for a decision covered it: no step before that")
    facts: dict[str, Any] = Field(description="the numbers behind it: of the night it was raised, or counted last")
    raised_at: AwareDatetime
    closed_at: AwareDatetime | None
    steps: list[StepRow] = Field(description="what was done about it, the oldest first")


class RungRow(BaseModel):
    step: Literal["talk", "circular", "replace"]
    word: str
    after_days: int = Field(description="a flag has stood for so long before")


class FlagPage(BaseModel):
    items: list[FlagRow]
    may_decide: list[RungRow] = Field(description="the steps that the rules give to the caller's roles, in order")
    next_cursor: str | None


@bp.get("/flags", responses={200: FlagPage})
def list_flags(query: FlagQuery) -> Reply:
    """Flags, newest first; open ones unless asked otherwise."""
    statement = (
        in_county(caller(), Flag)
        .add_columns(Member.name.label("member"), Unit.name.label("unit"))
        .outerjoin(Member, (Member.county_id == Flag.county_id) & (Member.id == Flag.member_id))
        .outerjoin(Unit, (Unit.county_id == Flag.county_id) & (Unit.id == Flag.unit_id))
        .where(steps.visible(caller()))
    )
    if query.state != "all":
        statement = statement.where(Flag.closed_at.is_(None) if query.state == "open" else Flag.closed_at.is_not(None))
    if query.state == "open":
        statement = statement.where(Member.removed_at.is_(None))  # the next night closes theirs
    if query.kind:
        statement = statement.where(Flag.kind == query.kind)
    if query.member:
        statement = statement.where(Flag.member_id == query.member)
    with reading() as session:
        rows = session.execute(newest_first(statement, Flag.raised_at, Flag.id, query)).all()
        page, cursor = cut([row.Flag for row in rows], query, "raised_at")
        names = {row.Flag.id: (row.member, row.unit) for row in rows}
        done = _steps(session, [flag.id for flag in page])
        ladder = policy.in_force(session, caller().county_id, caller().today).rules.escalation
    mine = [rung for rung in ladder if caller().has(*rung.decided_by)]
    items = [_row(flag, *names[flag.id], done.get(flag.id, [])) for flag in page]
    rungs = [RungRow(step=r.step, word=steps.STEP_WORDS[r.step], after_days=r.after_days) for r in mine]
    return FlagPage(items=items, may_decide=rungs, next_cursor=cursor).model_dump(mode="json")


@bp.post("/flags/<uuid:flag_id>/steps", responses={200: StepRow, 201: StepRow})
def take_step(path: FlagPath, body: StepBody) -> Reply:
    """Decide the next step of the ladder, after the member was heard. Whoever it concerns is told, once."""
    with transaction() as session:
        taken, new = steps.take(session, caller(), path.flag_id, Decision(body.step, body.heard, body.reason), now())
        names = _names(session, [taken])
    return _step_row(taken, names).model_dump(mode="json"), 201 if new else 200


def _row(flag: Flag, member: str | None, unit: str | None, done: list[StepRow]) -> FlagRow:
    return FlagRow(
        id=flag.id,
        member_id=flag.member_id,
        member_name=member,
        unit_id=flag.unit_id,
        unit_name=unit,
        month=f"{flag.month:%Y-%m}",
        kind=flag.kind,
        message=flag.said,
        waits=flag.waits,
        facts=flag.facts,
        raised_at=flag.raised_at,
        closed_at=flag.closed_at,
        steps=done,
    )


def _steps(session: Session, flag_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[StepRow]]:
    taken = session.scalars(
        in_county(caller(), FlagStep).where(FlagStep.flag_id.in_(flag_ids)).order_by(FlagStep.created_at, FlagStep.step)
    ).all()
    names = _names(session, taken)
    found: dict[uuid.UUID, list[StepRow]] = {}
    for step in taken:
        found.setdefault(step.flag_id, []).append(_step_row(step, names))
    return found


def _names(session: Session, taken: Sequence[FlagStep]) -> Mapping[uuid.UUID, str]:
    ids = {uuid.UUID(who) for step in taken for who in step.told} | {s.decided_by for s in taken if s.decided_by}
    return people.names(session, caller().county_id, ids)


def _step_row(step: FlagStep, names: Mapping[uuid.UUID, str]) -> StepRow:
    return StepRow(
        step=step.step,
        decided_by=Person(id=step.decided_by, name=names[step.decided_by]) if step.decided_by else None,
        heard=step.heard,
        reason=step.reason,
        told=[Person(id=uuid.UUID(who), name=names[uuid.UUID(who)]) for who in step.told],
        at=step.created_at,
    )
