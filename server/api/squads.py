"""The squads one watches, and a squad's day at a glance: who is posted, and how each one stands today."""

import uuid
from datetime import date
from zoneinfo import ZoneInfo

from flask_openapi import Tag
from pydantic import BaseModel, Field
from sqlalchemy import or_, select

from server.api.described import Described
from server.api.fields import Name
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.errors import not_found
from server.org import structure
from server.org.models import Member, Posting, Squad, Station, Unit
from server.org.scope import county as in_county
from server.org.scope import watched_members, watched_squads
from server.tally.models import SiteDay
from server.tally.states import state_of

bp = Described("squads", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="小分队")], abp_security=SIGNED_IN)


class SquadPath(BaseModel):
    squad_id: uuid.UUID


class SquadBody(BaseModel):
    name: Name = Field(max_length=60)
    unit: Name = Field(max_length=60, description="id or exact name")


class SquadName(BaseModel):
    name: Name = Field(max_length=60)


class SquadNamed(BaseModel):
    id: uuid.UUID
    name: str


class TodayRow(BaseModel):
    member_id: uuid.UUID
    name: str
    station: str
    on: date
    state: str
    word: str
    explanation: str
    checkin: uuid.UUID | None = Field(description="the latest of the day, for who may look at it")


class TodayReply(BaseModel):
    squad: str
    members: list[TodayRow]


class SquadRow(BaseModel):
    id: uuid.UUID
    name: str
    unit: str
    unit_id: uuid.UUID


class SquadsReply(BaseModel):
    items: list[SquadRow]


_WORDS = {"accepted": "通过", "review": "待核", "rejected": "驳回", "excused": "已请假", "none": "未打卡"}


@bp.get("/squads", responses={200: SquadsReply})
def list_squads() -> Reply:
    """The squads whose day the caller may see, by unit."""
    with reading() as session:
        rows = session.execute(
            in_county(caller(), Squad)
            .add_columns(Unit.name.label("unit"))
            .join(Unit, (Unit.county_id == Squad.county_id) & (Unit.id == Squad.unit_id))
            .where(watched_squads(caller()))
            .order_by(Unit.name, Squad.name, Squad.id)
        ).all()
    items = [SquadRow(id=row.Squad.id, name=row.Squad.name, unit=row.unit, unit_id=row.Squad.unit_id) for row in rows]
    return SquadsReply(items=items).model_dump(mode="json")


@bp.post("/squads", responses={201: SquadNamed})
def add_squad(body: SquadBody) -> Reply:
    """Enter a squad of a unit; an admin's."""
    with transaction() as session:
        squad = structure.add_squad(session, caller(), body.unit, body.name, now())
    return SquadNamed(id=squad.id, name=squad.name).model_dump(mode="json"), 201


@bp.patch("/squads/<uuid:squad_id>", responses={200: SquadNamed})
def rename_squad(path: SquadPath, body: SquadName) -> Reply:
    """Give a squad another name; closed months keep the one they were published with."""
    with transaction() as session:
        squad = structure.rename_squad(session, caller(), path.squad_id, body.name, now())
    return SquadNamed(id=squad.id, name=squad.name).model_dump(mode="json")


@bp.get("/squads/<uuid:squad_id>/today", responses={200: TodayReply})
def squad_today(path: SquadPath) -> Reply:
    """How each member posted with this squad stands today, by their station's date."""
    at = now()
    with reading() as session:
        squad = session.scalar(in_county(caller(), Squad).where(Squad.id == path.squad_id, watched_squads(caller())))
        if squad is None:
            raise not_found()
        rows = session.execute(
            select(
                Member.id, Member.name, Station.name.label("station"), Station.tz, Posting.starts_on, Posting.ends_on
            )
            .select_from(Posting)
            .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
            .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
            .where(
                Posting.county_id == caller().county_id,
                Posting.squad_id == squad.id,
                or_(Posting.ends_on.is_(None), Posting.ends_on >= caller().today),
            )
            .order_by(Member.name, Member.id)
        ).all()
        dated = [(row, at.astimezone(ZoneInfo(row.tz)).date()) for row in rows]
        here = [(r, on) for r, on in dated if r.starts_on <= on and (r.ends_on is None or on <= r.ends_on)]
        here_ids = [r.id for r, _ in here]
        mine = in_county(caller(), Member).with_only_columns(Member.id).where(Member.id.in_(here_ids))
        shown = set(session.scalars(mine.where(watched_members(caller()))))
        days = {
            (day.member_id, day.on_date): day
            for day in session.scalars(
                in_county(caller(), SiteDay).where(
                    SiteDay.member_id.in_(here_ids), SiteDay.on_date.in_({on for _, on in here})
                )
            )
        }
    members = [_row(r.id, r.name, r.station, on, days.get((r.id, on)), r.id in shown) for r, on in here]
    return TodayReply(squad=squad.name, members=members).model_dump(mode="json")


def _row(member_id: uuid.UUID, name: str, station: str, on: date, day: SiteDay | None, is_shown: bool) -> TodayRow:
    state = day_state(day)
    checkins = [one["id"] for one in day.sources if one["type"] == "checkin"] if day and is_shown else []
    return TodayRow(
        member_id=member_id,
        name=name,
        station=station,
        on=on,
        state=state,
        word=_WORDS[state],
        explanation=day.explanation if day else "今天还没有打卡。",
        checkin=checkins[-1] if checkins else None,
    )


def day_state(day: SiteDay | None) -> str:
    """How a day stands, in one of the words of design.md, halves not told apart; `none` where there is nothing."""
    if day is None:
        return "none"
    rejected = any(s.get("holds") == "rejected" for s in day.sources)
    away = day.excused_halves + day.lowers_target_halves
    state = state_of(day.confirmed_halves, day.pending_halves, away, rejected)
    return "accepted" if state == "half" else state
