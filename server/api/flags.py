"""预警 over HTTP: one's own, and those of the members one watches."""

import uuid
from typing import Any, Literal

from flask_openapi import APIBlueprint, Tag
from pydantic import AwareDatetime, BaseModel, Field

from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, reading
from server.api.session import BEARER, caller
from server.flags.models import Flag
from server.org.models import Member
from server.org.scope import county as in_county
from server.org.scope import watched_members

bp = APIBlueprint("flags", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="预警")], abp_security=BEARER)


class FlagQuery(PageQuery):
    state: Literal["open", "closed", "all"] = "open"
    member: uuid.UUID | None = None


class FlagRow(BaseModel):
    id: uuid.UUID
    member_id: uuid.UUID
    member_name: str
    month: str
    kind: Literal["behind", "unreachable", "missed"]
    message: str
    facts: dict[str, Any] = Field(description="the numbers that raised it")
    raised_at: AwareDatetime
    closed_at: AwareDatetime | None


class FlagPage(BaseModel):
    items: list[FlagRow]
    next_cursor: str | None


@bp.get("/flags", responses={200: FlagPage})
def list_flags(query: FlagQuery) -> Reply:
    """Flags, newest first; open ones unless asked otherwise."""
    statement = (
        in_county(caller(), Flag, Member.name)
        .join(Member, (Member.county_id == Flag.county_id) & (Member.id == Flag.member_id))
        .where(watched_members(caller()))
    )
    if query.state != "all":
        statement = statement.where(Flag.closed_at.is_(None) if query.state == "open" else Flag.closed_at.is_not(None))
    if query.member:
        statement = statement.where(Flag.member_id == query.member)
    with reading() as session:
        rows = session.execute(newest_first(statement, Flag.raised_at, Flag.id, query)).all()
    names = {row.Flag.id: row.name for row in rows}
    page, cursor = cut([row.Flag for row in rows], query, "raised_at")
    items = [
        FlagRow(
            id=flag.id,
            member_id=flag.member_id,
            member_name=names[flag.id],
            month=f"{flag.month:%Y-%m}",
            kind=flag.kind,
            message=flag.message,
            facts=flag.facts,
            raised_at=flag.raised_at,
            closed_at=flag.closed_at,
        )
        for flag in page
    ]
    return FlagPage(items=items, next_cursor=cursor).model_dump(mode="json")
