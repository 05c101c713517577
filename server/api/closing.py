"""The month of a unit and of the county: its table, its close, its verification."""

import uuid

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field

from server.api.counts import MonthReply, month_reply
from server.api.described import Described
from server.api.months import AddendumReply, MonthQuery, addendum_reply, first_of
from server.api.services import Reply, now, reading, services, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import not_found
from server.org.models import Squad, Unit
from server.org.scope import WATCHING_COUNTY
from server.org.scope import county as in_county
from server.tally import addenda, close, verify
from server.tally.month import published
from server.tally.monthly import stored_members
from server.watch import results

bp = Described("closing", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="月度")], abp_security=SIGNED_IN)

VERIFYING = ("bureau_supervisor", "county_leader", "admin")


class MonthPath(BaseModel):
    month: str = Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="YYYY-MM")


class UnitPath(BaseModel):
    unit_id: uuid.UUID


class TableRow(BaseModel):
    people: int = Field(description="posted in the month")
    people_out: int = Field(description="of them, those with a confirmed half day at least")
    days: float = Field(description="confirmed days, halves included")
    half_days: int = Field(description="how many of the days are halves")
    pending_days: float
    excused_days: float
    year_days: float = Field(description="confirmed since January")
    cities: list[str] = Field(description="where the days were")
    posted_to: list[str]


class GroupRow(TableRow):
    id: uuid.UUID
    group: str


class UnitRow(TableRow):
    id: uuid.UUID
    unit: str
    groups: list[GroupRow]


class Totals(TableRow):
    units: int
    groups: int
    unposted_days: float = Field(description="confirmed on dates without a posting; in no group's days")


class Place(BaseModel):
    place: int
    group: str
    unit: str
    days: float
    days_a_person: float


class TableReply(BaseModel):
    month: str
    closed: bool = Field(description="frozen; else it is what stands now")
    closed_at: AwareDatetime | None
    units: list[UnitRow]
    zero_groups: list[str] = Field(description="by name, groups with people posted, and no day confirmed or waiting")
    spared_groups: list[str] = Field([], description="groups without a day of whom none was asked, or on leave")
    waiting_groups: list[str] = Field([], description="groups without a confirmed day of whom something still waits")
    totals: Totals | None = Field(description="null for whoever sees only some units")
    summary: str
    ranking: list[Place] | None = Field(description="null unless the county's rules ask for one")
    addenda: list[AddendumReply] = Field(description="what became known after the close")


class ClosedReply(BaseModel):
    month: str
    closed_at: AwareDatetime
    policy_version: int
    inputs_sha256: str
    waiting: int = Field(description="what nobody had decided by the deadline; it stays pending")
    summary: str


class VerifyReply(BaseModel):
    month: str
    matches: bool
    members: int
    addenda: int
    inputs_sha256: str = Field(description="as it is now")
    closed_sha256: str = Field(description="as it was closed")
    differences: list[str]


class MemberMonthRow(MonthReply):
    member_id: uuid.UUID
    name: str
    missing: float = Field(description="days still to be earned when every pending one is confirmed")
    here: float = Field(
        description="confirmed days on dates posted with this unit; the rest of the month was elsewhere"
    )


class UnitMonthReply(BaseModel):
    unit: str
    month: str
    people: int
    people_out: int
    confirmed: float = Field(description="this and the next two: on dates posted with this unit, as in the table")
    pending: float
    excused: float
    members: list[MemberMonthRow]


@bp.get("/units/<uuid:unit_id>/month", responses={200: UnitMonthReply})
def unit_month(path: UnitPath, query: MonthQuery) -> Reply:
    """The members posted with a unit's squads in the month, each with their count; the unit's own sums hold only the
    days on which they were posted with it."""
    first = first_of(query.month)
    with reading() as session:
        unit = session.scalar(in_county(caller(), Unit).where(Unit.id == path.unit_id))
        if unit is None or not (caller().has(*WATCHING_COUNTY) or unit.id in caller().units("unit_supervisor")):
            raise not_found()
        found = list(stored_members(session, caller().county_id, first, caller().today, Squad.unit_id == unit.id))
        then = published(session, caller().county_id, first, [one.given.member_id for one in found])
    here = {one.given.member_id: one.with_unit(unit.id) for one in found}
    rows = [
        MemberMonthRow(
            **month_reply(month := then.get(one.given.member_id, one.month)).model_dump(),
            member_id=one.given.member_id,
            name=one.given.name,
            missing=month.missing,
            here=sum(day.confirmed for day in here[one.given.member_id]) / 2,
        )
        for one in sorted(found, key=lambda one: (one.given.name, one.given.member_id))
    ]
    return UnitMonthReply(
        unit=unit.name,
        month=f"{first:%Y-%m}",
        people=len(rows),
        people_out=sum(row.here > 0 for row in rows),
        confirmed=sum(day.confirmed for days in here.values() for day in days) / 2,
        pending=sum(day.pending for days in here.values() for day in days) / 2,
        excused=sum(day.excused for days in here.values() for day in days) / 2,
        members=rows,
    ).model_dump(mode="json")


@bp.get("/months/<month>/table", responses={200: TableReply})
def month_table(path: MonthPath) -> Reply:
    """The table as it is published: units, groups, people out, days, cities, groups without a day. Of a closed month
    it is the frozen one; a unit's supervisor sees the own units."""
    caller().require(*WATCHING_COUNTY, "unit_supervisor")
    first, whole = first_of(path.month), caller().has(*WATCHING_COUNTY)
    with reading() as session:
        table, closed = results.table_of(session, caller(), first, results.readable(caller()))
        later = addenda.of_month(session, caller().county_id, first) if closed is not None and whole else []
    added = [addendum_reply(one, name) for one, name in later]
    return TableReply(
        **table, closed=closed is not None, closed_at=closed.closed_at if closed else None, addenda=added
    ).model_dump(mode="json")


@bp.post("/months/<month>/close", responses={201: ClosedReply})
def close_month(path: MonthPath) -> Reply:
    """Freeze a month that is over. What still waits for a decision holds it up until the policy's deadline."""
    caller().require("bureau_supervisor")
    with transaction() as session:
        row = close.close(session, caller().county_id, first_of(path.month), caller().member_id, caller().today, now())
    reply = ClosedReply(
        month=path.month,
        closed_at=row.closed_at,
        policy_version=row.policy_version,
        inputs_sha256=row.inputs_sha256,
        waiting=row.waiting,
        summary=row.table["summary"],
    )
    return reply.model_dump(mode="json"), 201


@bp.get("/months/<month>/verify", responses={200: VerifyReply})
def verify_month(path: MonthPath) -> Reply:
    """Count a closed month anew from what is stored and compare."""
    caller().require(*VERIFYING)
    with services().db.snapshot() as session:
        found = verify.verify(session, caller().county_id, first_of(path.month))
    return VerifyReply(
        month=path.month,
        matches=found.matches,
        members=found.members,
        addenda=found.addenda,
        inputs_sha256=found.sha256,
        closed_sha256=found.closed_sha256,
        differences=found.differences,
    ).model_dump(mode="json")
