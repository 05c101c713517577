"""抽查 over HTTP: drawn by a procedure that anybody can repeat, answered on the phone, explained, decided by people."""

import uuid
from datetime import date
from typing import Any, Literal

from flask_openapi import APIBlueprint, Tag
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from server.api.checkins import TicketReply, ticket_reply
from server.api.fields import Moment, Remark, Sentence
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.api.spot_replies import (
    CallOutcome,
    DrawRow,
    Excuse,
    Kind,
    SpotCheckRow,
    State,
    draw_rows,
    spot_rows,
)
from server.errors import conflict, invalid, not_found
from server.org import consent, people
from server.org.models import Squad, Station, Unit
from server.org.scope import county as in_county
from server.spotchecks import answers, asking, calls, results
from server.spotchecks import draw as procedure
from server.spotchecks.course import seed_event
from server.spotchecks.models import Draw, SpotCheck
from server.spotchecks.pool import WHY, candidates_of
from server.spotchecks.verify import verify
from server.tally import policy
from server.tally.spot_terms import spot_terms
from server.tally.workdays import is_workday

bp = APIBlueprint("spot_checks", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="抽查")], abp_security=SIGNED_IN)


class DrawPath(BaseModel):
    draw_id: uuid.UUID


class SpotCheckPath(BaseModel):
    check_id: uuid.UUID


class DrawBody(BaseModel):
    id: uuid.UUID = Field(description="made by the client; the same id with the same wish is the same draw")
    kind: Kind
    count: int = Field(1, ge=1, le=200)
    unit: uuid.UUID | None = Field(None, description="among this unit; neither: all the caller watches over")
    squad: uuid.UUID | None = None
    starts_at: Moment | None = Field(None, description="each falls somewhere in the window; left out: at once")
    ends_at: Moment | None = None
    answer_min: int | None = Field(None, ge=5, le=240, description="left out: by the rules")
    aimed_at: uuid.UUID | None = Field(None, description="no draw: this member, or of a call this squad")
    reason: Remark = Field("", max_length=300, description="of an aimed one: why")

    @model_validator(mode="after")
    def _whole(self) -> "DrawBody":
        if (self.starts_at is None) != (self.ends_at is None):
            raise ValueError("starts_at and ends_at")
        return self


class DrawPage(BaseModel):
    items: list[DrawRow]
    next_cursor: str | None


class PoolRow(BaseModel):
    id: uuid.UUID
    name: str
    weight: int | None = Field(description="null: could not be drawn")
    times: int | None = Field(description="how often this month, before")
    number: float | None = Field(description="from the seed, uniform over (0, 1)")
    rank: int | None
    why: str | None = Field(description="of those who could not be drawn")


class DrawReply(DrawRow):
    seed: str | None = Field(description="null until all checks are out: who it draws follows from it")
    secret: str | None = Field(description="likewise; its digest was announced")
    checks: list[SpotCheckRow]
    pool: list[PoolRow] = Field(
        description="in the order of the draw, then those who could not be drawn; empty until all checks are out"
    )


class ProofRow(BaseModel):
    holds: bool
    text: str


class VerificationReply(BaseModel):
    holds: bool
    aimed: bool
    reason: str
    seed: str | None
    secret: str = Field(description="its digest was announced; seed = sha256(link, id, secret), a line each")
    link_seq: int | None = Field(description="of the link of the audit chain that the seed is taken from")
    link_hash: str | None
    numbers: list[float] = Field(description="of all who could be drawn, in the order of the draw")
    proofs: list[ProofRow]
    mine: str | None = Field(description="of who was in it: where they came in the draw")


class SpotCheckQuery(PageQuery):
    kind: Kind | None = None
    state: State | Literal["all", "unexplained", "undecided"] = "all"
    member: uuid.UUID | None = None


class SpotCheckPage(BaseModel):
    items: list[SpotCheckRow]
    next_cursor: str | None


class MySpotChecks(BaseModel):
    this_month: int = Field(description="how often the caller was asked this month")
    month_cap: int
    items: list[SpotCheckRow]
    next_cursor: str | None


class ExplanationBody(BaseModel):
    excuse: Excuse
    text: Remark = Field("", max_length=500)


class SpotDecisionBody(BaseModel):
    decision: Literal["excused", "failed"]
    reason: Sentence = Field(max_length=300)


class CallBody(BaseModel):
    id: uuid.UUID = Field(description="made by the client")
    outcome: CallOutcome
    called_at: Moment
    who: Remark = Field("", max_length=40, description="the name that was given")
    note: Remark = Field("", max_length=300)


class CallSheetRow(SpotCheckRow):
    phone: str


class CallSheet(BaseModel):
    items: list[CallSheetRow]


class ResultQuery(BaseModel):
    month: str = Field(pattern=r"^20[0-9][0-9]-(0[1-9]|1[0-2])$")


class ResultRow(BaseModel):
    name: str
    unit: str
    drawn: int
    in_time: int
    late: int
    accepted: int
    unanswered: int
    explained: int
    excused: int
    median_s: float | None = Field(description="from the notice to the photo")
    calls: int
    calls_answered: int
    calls_unanswered: int


class ResultsReply(BaseModel):
    """Not ranked: units and squads by their names."""

    units: list[ResultRow]
    squads: list[ResultRow]


@bp.post("/draws", responses={201: DrawRow, 200: DrawRow})
def ask_for_draw(body: DrawBody) -> Reply:
    """Announce a draw. Whom it draws nobody knows before its moment, some seconds later."""
    wanted = asking.Wanted(
        id=body.id,
        kind=body.kind,
        count=body.count,
        unit=body.unit,
        squad=body.squad,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        answer_min=body.answer_min,
        aimed_at=body.aimed_at,
        reason=body.reason,
    )
    with transaction() as session:
        terms = spot_terms(policy.in_force(session, caller().county_id, caller().today).rules)
        made, is_new = asking.ask(session, caller(), wanted, terms, is_workday, now())
        (row,) = draw_rows(session, [made])
    return row.model_dump(mode="json"), 201 if is_new else 200


@bp.get("/draws", responses={200: DrawPage})
def list_draws(query: PageQuery) -> Reply:
    """Those among the units the caller watches over, the latest first."""
    statement = in_county(caller(), Draw).where(asking.asked_within(caller()))
    with reading() as session:
        found = session.scalars(newest_first(statement, Draw.asked_at, Draw.id, query)).all()
        page, cursor = cut(found, query, "asked_at")
        rows = draw_rows(session, page)
    return DrawPage(items=rows, next_cursor=cursor).model_dump(mode="json")


@bp.get("/draws/<uuid:draw_id>", responses={200: DrawReply})
def read_draw(path: DrawPath) -> Reply:
    """A draw as it stands: each check that is out, and once all are, the whole list it was drawn from."""
    with reading() as session:
        found = asking.one(session, caller(), path.draw_id)
        (row,) = draw_rows(session, [found])
        checks = session.scalars(
            in_county(caller(), SpotCheck).where(SpotCheck.draw_id == found.id).order_by(SpotCheck.rank)
        ).all()
        is_out = not asking.is_hidden(session, found)
        reply = DrawReply(
            **row.model_dump(),
            seed=found.seed if is_out else None,
            secret=found.secret if is_out else None,
            checks=spot_rows(session, [check for check in checks if check.state != "planned"]),
            pool=_pool(session, found) if is_out else [],
        )
    return reply.model_dump(mode="json")


@bp.get("/draws/<uuid:draw_id>/verification", responses={200: VerificationReply})
def verify_draw(path: DrawPath) -> Reply:
    """Whether it was drawn as the procedure says, looked at again now; for who watches over it, and who was in it."""
    with reading() as session:
        found = session.scalar(in_county(caller(), Draw).where(Draw.id == path.draw_id))
        mine = _mine(session, found) if found is not None else None
        watches = found is not None and _watches(session, found)
        if found is None or (mine is None and not watches):
            raise not_found()
        if asking.is_hidden(session, found) or (not watches and calls.is_to_come(session, found)):
            raise conflict("draw_under_way", "还有抽查没有发出。全部发出后，名单、种子和核对结果才能看。")
        proofs = verify(session, found)
        link = seed_event(session, found)
        ranked = procedure.ranked(candidates_of(found.pool), found.seed or "")
    reply = VerificationReply(
        holds=all(one.holds for one in proofs),
        aimed=found.aimed_at is not None,
        reason=found.reason if watches else "",
        seed=found.seed,
        secret=found.secret,
        link_seq=link.seq if link else None,
        link_hash=link.hash if link else None,
        numbers=[procedure.number(found.seed or "", one.id) for one in ranked],
        proofs=[ProofRow(holds=one.holds, text=one.text) for one in proofs],
        mine=mine,
    )
    return reply.model_dump(mode="json")


@bp.get("/spot-checks", responses={200: SpotCheckPage})
def list_spot_checks(query: SpotCheckQuery) -> Reply:
    """Those of the squads the caller watches over, the latest first."""
    statement = in_county(caller(), SpotCheck).where(answers.seen(caller()), SpotCheck.state != "planned")
    if query.kind:
        statement = statement.where(SpotCheck.kind == query.kind)
    if query.member:
        statement = statement.where(SpotCheck.member_id == query.member)
    if query.state in ("unexplained", "undecided"):
        statement = statement.where(SpotCheck.state.in_(("unanswered", "late")), SpotCheck.decision.is_(None))
        is_said = SpotCheck.explained_at.is_not(None)
        statement = statement.where(is_said if query.state == "undecided" else ~is_said)
    elif query.state != "all":
        statement = statement.where(SpotCheck.state == query.state)
    with reading() as session:
        found = session.scalars(newest_first(statement, SpotCheck.issues_at, SpotCheck.id, query)).all()
        page, cursor = cut(found, query, "issues_at")
        rows = spot_rows(session, page)
    return SpotCheckPage(items=rows, next_cursor=cursor).model_dump(mode="json")


@bp.get("/me/spot-checks", responses={200: MySpotChecks})
def list_my_spot_checks(query: PageQuery) -> Reply:
    """The caller's own and the calls to their squad, the latest first; and how often they were asked this month."""
    statement = in_county(caller(), SpotCheck).where(answers.mine(caller()))
    with reading() as session:
        found = session.scalars(newest_first(statement, SpotCheck.issues_at, SpotCheck.id, query)).all()
        page, cursor = cut(found, query, "issues_at")
        cap = policy.in_force(session, caller().county_id, caller().today).rules.spot_month_cap
        reply = MySpotChecks(
            this_month=answers.times_this_month(session, caller()),
            month_cap=cap,
            items=spot_rows(session, page),
            next_cursor=cursor,
        )
    return reply.model_dump(mode="json")


@bp.post("/me/spot-checks/<uuid:check_id>/camera", responses={201: TicketReply})
def open_spot_camera(path: SpotCheckPath) -> Reply:
    """A ticket for the photo that answers it, with what is to be shown on it."""
    caller().require_phone()
    consent.require(caller())
    with transaction() as session:
        hours = policy.in_force(session, caller().county_id, caller().today).rules.ticket_ttl_h
        ticket = answers.open_camera(session, caller(), path.check_id, now(), hours)
    return ticket_reply(ticket), 201


@bp.post("/spot-checks/<uuid:check_id>/explanation", responses={200: SpotCheckRow})
def explain_spot_check(path: SpotCheckPath, body: ExplanationBody) -> Reply:
    """Why it was not answered in time: the member, or of a call anybody of the squad."""
    if body.excuse == "other" and not body.text:
        raise invalid("text_needed", "选“其他原因”时，请写一句说明。")
    with transaction() as session:
        done = answers.explain(session, caller(), path.check_id, body.excuse, body.text, now())
        return _row(session, done)


@bp.post("/spot-checks/<uuid:check_id>/decision", responses={200: SpotCheckRow})
def decide_spot_check(path: SpotCheckPath, body: SpotDecisionBody) -> Reply:
    """A person's word on one that was not answered in time."""
    caller().require(*answers.DECIDING)
    with transaction() as session:
        done = answers.decide(session, caller(), path.check_id, body.decision, body.reason, now())
        return _row(session, done)


@bp.get("/spot-calls", responses={200: CallSheet})
def read_call_sheet() -> Reply:
    """The stations that are to be called now, with their numbers."""
    caller().require(*answers.DECIDING)
    with transaction() as session:
        waiting = in_county(caller(), SpotCheck).where(
            answers.seen(caller()), SpotCheck.kind == "call", SpotCheck.state == "open"
        )
        found = session.scalars(waiting.order_by(SpotCheck.issues_at, SpotCheck.id).limit(200)).all()
        stations = in_county(caller(), Station).where(Station.id.in_({one.station_id for one in found}))
        phones = {station.id: station.phone or "" for station in session.scalars(stations)}
        rows = [
            CallSheetRow(**row.model_dump(), phone=phones[one.station_id])
            for row, one in zip(spot_rows(session, found), found, strict=True)
        ]
    return CallSheet(items=rows).model_dump(mode="json")


@bp.post("/spot-checks/<uuid:check_id>/calls", responses={201: SpotCheckRow, 200: SpotCheckRow})
def log_spot_call(path: SpotCheckPath, body: CallBody) -> Reply:
    """What came of a call. No answer counts with the second attempt, at least ten minutes after the first."""
    caller().require(*answers.DECIDING)
    made = calls.Attempt(body.id, body.outcome, body.called_at, body.who, body.note)
    with transaction() as session:
        terms = spot_terms(policy.in_force(session, caller().county_id, caller().today).rules)
        done, is_new = calls.log(session, caller(), path.check_id, made, terms, is_workday, now())
        return _row(session, done), 201 if is_new else 200


@bp.get("/spot-results", responses={200: ResultsReply})
def read_spot_results(query: ResultQuery) -> Reply:
    """A month's sums by unit and squad, in the order of their names."""
    caller().require(*answers.DECIDING)
    with reading() as session:
        return results_of(session, date.fromisoformat(f"{query.month}-01")).model_dump(mode="json")


def results_of(session: Session, month: date, among: ColumnElement[bool] | None = None) -> ResultsReply:
    """A month's results, of the squads under this condition."""
    lines = results.of_month(session, caller(), month, among)
    units = {unit.id: unit.name for unit in session.scalars(in_county(caller(), Unit))}
    by_unit: dict[str, list[results.Sum]] = {}
    for line in lines:
        by_unit.setdefault(units[line.unit_id], []).append(line.sum)
    return ResultsReply(
        units=[_result(name, name, results.together(sums)) for name, sums in sorted(by_unit.items())],
        squads=[_result(line.squad, units[line.unit_id], line.sum) for line in lines],
    )


def _result(name: str, unit: str, found: results.Sum) -> ResultRow:
    return ResultRow(
        name=name,
        unit=unit,
        drawn=found.drawn,
        in_time=found.in_time,
        late=found.late,
        accepted=found.accepted,
        unanswered=found.unanswered,
        explained=found.explained,
        excused=found.excused,
        median_s=found.median_s,
        calls=found.calls,
        calls_answered=found.calls_answered,
        calls_unanswered=found.calls_unanswered,
    )


def _row(session: Session, one: SpotCheck) -> dict[str, Any]:
    (row,) = spot_rows(session, [one])
    return row.model_dump(mode="json")


def _pool(session: Session, found: Draw) -> list[PoolRow]:
    """With names, in the order of the draw."""
    if found.seed is None:
        return []
    ranked = procedure.ranked(candidates_of(found.pool), found.seed)
    out = [(uuid.UUID(id_), why) for id_, why in found.pool["out"]]
    ids = {one.id for one in ranked} | {id_ for id_, _ in out}
    names = _names(session, found, ids)
    drawn = [
        PoolRow(
            id=one.id,
            name=names[one.id],
            weight=one.weight,
            times=one.times,
            number=procedure.number(found.seed, one.id),
            rank=rank,
            why=None,
        )
        for rank, one in enumerate(ranked, 1)
    ]
    left = [
        PoolRow(id=id_, name=names[id_], weight=None, times=None, number=None, rank=None, why=WHY[why])
        for id_, why in out
    ]
    return drawn + sorted(left, key=lambda row: (row.why or "", row.name))


def _names(session: Session, found: Draw, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    if found.kind == "selfie":
        return dict(people.names(session, found.county_id, ids))
    squads = in_county(caller(), Squad).where(Squad.id.in_(ids))
    return {squad.id: squad.name for squad in session.scalars(squads)}


def _watches(session: Session, found: Draw) -> bool:
    mine = in_county(caller(), Draw).where(Draw.id == found.id, asking.asked_within(caller()))
    return session.scalar(mine.with_only_columns(Draw.id)) is not None


def _mine(session: Session, found: Draw) -> str | None:
    """Where the caller came in it: a member's own place, or their squad's. None: they were not in it."""
    if found.seed is None:
        return None
    me = answers.as_drawn(session, caller(), found.kind)
    ranked = procedure.ranked(candidates_of(found.pool), found.seed)
    for rank, one in enumerate(ranked, 1):
        if one.id in me:
            mine = f"您的号码是 {procedure.number(found.seed, one.id):.6f}，排第 {rank}"
            came = "抽中了" if rank <= found.count else "没有抽中"
            return f"名单里有 {len(ranked)} 个，抽 {found.count} 个；{mine}，{came}。"
    for id_, why in found.pool["out"]:
        if uuid.UUID(id_) in me:
            return f"您这次没有参加抽签：{WHY[why]}。"
    return None
