"""登记 of people: entered, invited, given roles and postings, moved, removed; a lost phone is one step."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from flask import Response, url_for
from pydantic import BaseModel, Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.api import people as people_api
from server.api import register as api
from server.api import structure as structure_api
from server.api.fields import Day, Name
from server.api.services import reading, services
from server.api.session import caller
from server.console.exports import PAGE, Rows, export
from server.console.face import done, face, form, page, query, say
from server.console.register import tabs
from server.console.workbook import Column
from server.errors import not_found
from server.org import postings, reach
from server.org.models import ROLE_NAMES, Member, RoleGrant, Squad, Station, Unit
from server.org.scope import county as in_county
from server.watch import members

_SHOWN = 50
_COLUMNS = (
    *(Column("姓名", 12), Column("单位", 20), Column("角色", 44), Column("微信", 10)),
    Column("绑定时间", 18, "moment"),
)


class Query(BaseModel):
    q: Name | None = Field(None, max_length=40)
    cursor: str = Field("", max_length=300)


class PostingForm(BaseModel):
    squad: Name = Field(max_length=60)
    station: Name = Field(max_length=60)
    starts_on: Day
    ends_on: Day | None = None


@face.get("/register/people")
def register_people() -> Response:
    """By name, in pages; each leads to what may be done for them."""
    caller().require("admin")
    asked = query(Query)
    with reading() as session:
        rows, roles, cursor = _listed(session, asked, _SHOWN)
        units, squads = _places(session)
    return page(
        "register_people.html",
        tabs=tabs(),
        asked=asked,
        rows=rows,
        cursor=cursor,
        units=units,
        squads=squads,
        roles=roles,
    )


@face.get("/register/people/list.xlsx")
def register_people_sheet() -> Response:
    """What the page lists with these filters; no way to reach anybody stands in it."""
    caller().require("admin")
    asked = query(Query)

    def pages(cursor: str) -> tuple[Rows, str | None]:
        with reading() as session:
            rows, roles, following = _listed(session, asked.model_copy(update={"cursor": cursor}), PAGE)
        return [_cells(row, roles.get(row.Member.id, [])) for row in rows], following

    return export("登记人员", "register", _COLUMNS, {"姓名开头": asked.q}, pages)


def _listed(
    session: Session, asked: Query, most: int
) -> tuple[Sequence[Any], dict[uuid.UUID, list[dict[str, Any]]], str | None]:
    """A page of the list, the roles of each, and the next cursor."""
    statement = (
        in_county(caller(), Member)
        .add_columns(Unit.name.label("unit"))
        .join(Unit, (Unit.county_id == Member.county_id) & (Unit.id == Member.unit_id))
        .where(Member.removed_at.is_(None))
        .order_by(Member.name, Member.id)
    )
    if asked.q:
        statement = statement.where(Member.name.startswith(asked.q, autoescape=True))
    if asked.cursor:
        statement = statement.where(members.after(asked.cursor))
    rows = session.execute(statement.limit(most + 1)).all()
    cursor = members.mark(rows[most - 1].Member) if len(rows) > most else None
    return rows[:most], _roles(session, [row.Member.id for row in rows[:most]]), cursor


def _cells(row: Any, roles: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    held = "、".join(ROLE_NAMES[one["role"]] + (f"（{one['where']}）" if one["where"] else "") for one in roles)
    bound = row.Member.bound_at if row.Member.openid else None
    return (row.Member.name, row.unit, held, "已绑定" if row.Member.openid else "未绑定", bound)


@face.post("/register/people")
def register_add_person() -> Response:
    body = form(api.MemberBody)
    made, _ = cast(tuple[dict[str, Any], int], api.add_member(body))
    return done(f"已登记{body.name}。", url_for("desk.register_person", member_id=made["id"]))


@face.get("/register/people/<uuid:member_id>")
def register_person(member_id: uuid.UUID) -> Response:
    """One person: how they are reached, whether bound, roles, postings; and what may be done."""
    caller().require("admin")
    with reading() as session:
        member = session.scalar(in_county(caller(), Member).where(Member.id == member_id, Member.removed_at.is_(None)))
        if member is None:
            raise not_found()
        units, squads = _places(session)
        stations = session.execute(
            select(Station.id, Station.name)
            .where(
                Station.county_id == caller().county_id,
                or_(Station.valid_to.is_(None), Station.valid_to >= caller().today),
            )
            .order_by(Station.name)
        ).all()
        return page(
            "register_person.html",
            member=member,
            reach=reach.masked(member, services().sealer),
            unit=next(unit.name for unit in units if unit.id == member.unit_id),
            units=units,
            squads=squads,
            stations=stations,
            roles=_roles(session, [member.id]).get(member.id, []),
            role_names=ROLE_NAMES,
            postings=postings.history(session, caller().county_id, member.id),
            today=caller().today,
        )


@face.post("/register/people/<uuid:member_id>/reach")
def register_reach(member_id: uuid.UUID) -> Response:
    body = form(people_api.MemberChangeBody)
    people_api.change(api.MemberPath(member_id=member_id), body)
    return done("已修改联系方式。", _back(member_id))


@face.post("/register/people/<uuid:member_id>/invite")
def register_invite(member_id: uuid.UUID) -> Response:
    """The code is shown once, on this page, and stored nowhere."""
    made, _ = cast(tuple[dict[str, Any], int], api.issue_invite(api.MemberPath(member_id=member_id)))
    return page("_invite.html", made=made, lost=False)


@face.post("/register/people/<uuid:member_id>/lost-phone")
def register_lost_phone(member_id: uuid.UUID) -> Response:
    """Signed out everywhere, unbound, and an invite for the next phone."""
    made, _ = cast(tuple[dict[str, Any], int], people_api.lost_phone(api.MemberPath(member_id=member_id)))
    return say(page("_invite.html", made=made, lost=True), "已解绑微信，并退出所有设备。")


@face.post("/register/people/<uuid:member_id>/roles")
def register_grant(member_id: uuid.UUID) -> Response:
    structure_api.grant_role(api.MemberPath(member_id=member_id), form(structure_api.RoleBody))
    return done("已指定角色。", _back(member_id))


@face.post("/register/people/<uuid:member_id>/roles/<uuid:role_id>/end")
def register_end_role(member_id: uuid.UUID, role_id: uuid.UUID) -> Response:
    structure_api.end_role(structure_api.RolePath(role_id=role_id))
    return done("角色已结束。", _back(member_id))


@face.post("/register/people/<uuid:member_id>/postings")
def register_post(member_id: uuid.UUID) -> Response:
    """A new posting; one that is open ends the day before."""
    body = form(PostingForm)
    api.add_posting(api.PostingBody(member=member_id, **body.model_dump()))
    return done("已登记派驻，有关的天数已重新计算。", _back(member_id))


@face.post("/register/people/<uuid:member_id>/postings/<uuid:posting_id>/end")
def register_end_posting(member_id: uuid.UUID, posting_id: uuid.UUID) -> Response:
    structure_api.end_posting(structure_api.PostingPath(posting_id=posting_id), form(structure_api.PostingEnd))
    return done("派驻的结束日期已登记。", _back(member_id))


@face.post("/register/people/<uuid:member_id>/transfer")
def register_transfer(member_id: uuid.UUID) -> Response:
    people_api.transfer(api.MemberPath(member_id=member_id), form(people_api.TransferBody))
    return done("已调动；本人须重新登录。", _back(member_id))


@face.post("/register/people/<uuid:member_id>/remove")
def register_remove(member_id: uuid.UUID) -> Response:
    people_api.remove(api.MemberPath(member_id=member_id), form(people_api.RemovalBody))
    return done("已移除；做过的事都保留。", url_for("desk.register_people"))


def _back(member_id: uuid.UUID) -> str:
    return url_for("desk.register_person", member_id=member_id)


def _places(session: Session) -> tuple[list[Any], list[Any]]:
    """The county's units and squads, by name."""
    units = select(Unit.id, Unit.name).where(Unit.county_id == caller().county_id).order_by(Unit.name)
    squads = select(Squad.id, Squad.name, Squad.unit_id).where(Squad.county_id == caller().county_id)
    return list(session.execute(units)), list(session.execute(squads.order_by(Squad.name)))


def _roles(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    """The roles that hold today or later, by member, each with where it holds."""
    rows = session.execute(
        select(
            RoleGrant.id,
            RoleGrant.member_id,
            RoleGrant.role,
            RoleGrant.valid_from,
            Unit.name,
            Squad.name.label("squad"),
        )
        .outerjoin(Unit, (Unit.county_id == RoleGrant.county_id) & (Unit.id == RoleGrant.unit_id))
        .outerjoin(Squad, (Squad.county_id == RoleGrant.county_id) & (Squad.id == RoleGrant.squad_id))
        .where(
            RoleGrant.county_id == caller().county_id,
            RoleGrant.member_id.in_(ids),
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= caller().today),
        )
        .order_by(RoleGrant.role, RoleGrant.id)
    )
    found: dict[uuid.UUID, list[Any]] = {}
    for row in rows:
        place = row.squad or row.name or "全县"
        found.setdefault(row.member_id, []).append(
            {"id": row.id, "role": row.role, "where": place, "from": row.valid_from}
        )
    return found
