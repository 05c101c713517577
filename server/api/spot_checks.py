"""抽查 over HTTP: answered on the phone, explained, decided by people, called by telephone, and summed up."""

import uuid
from datetime import date
from typing import Any, Literal

from flask_openapi import Tag
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from server.api.checkins import TicketReply, ticket_reply
from server.api.described import Described
from server.api.fields import Moment, Remark, Sentence
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.api.spot_replies import (
    CallOutcome,
    Excuse,
    Kind,
    SpotCheckRow,
    State,
    spot_rows,
)
from server.errors import invalid
from server.org import consent
from server.org.models import Station, Unit
from server.org.scope import county as in_county
from server.spotchecks import answers, calls, results
from server.spotchecks.models import SpotCheck
from server.tally import policy
from server.tally.spot_terms import spot_terms
from server.tally.workdays import is_workday

bp = Described("spot_checks", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="抽查")], abp_security=SIGNED_IN)


class SpotCheckPath(BaseModel):
    check_id: uuid.UUID


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
    calls_forwarded: int = Field(description="answered, but not at the station")
    calls_unanswered: int


class ResultsReply(BaseModel):
    """Not ranked: units and squads by their names."""

    units: list[ResultRow]
    squads: list[ResultRow]


@bp.get("/spot-checks", responses={200: SpotCheckPage})
def list_spot_checks(query: SpotCheckQuery) -> Reply:
    """Those of the squads the caller watches over, the latest first."""
    statement = in_county(caller(), SpotCheck).where(
        answers.seen(caller()), SpotCheck.state != "planned", SpotCheck.joined_id.is_(None)
    )
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
    with reading() as session:
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
        calls_forwarded=found.calls_forwarded,
        calls_unanswered=found.calls_unanswered,
    )


def _row(session: Session, one: SpotCheck) -> dict[str, Any]:
    (row,) = spot_rows(session, [one])
    return row.model_dump(mode="json")
