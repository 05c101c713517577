"""审计: who did what to whom; and whether anything of it was changed afterwards."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.fields import Day, Name
from server.api.services import now, reading, services, transaction
from server.api.session import caller
from server.audit import search
from server.audit.journal import record
from server.audit.search import Entry, Wanted
from server.audit.verify import Report, verify
from server.audit.words import ACTIONS
from server.checkins.models import CheckIn
from server.console.face import face, page, query
from server.errors import AppError
from server.org import people
from server.org.models import Member
from server.rate_limits import spend

_READERS = ("bureau_supervisor", "admin")
_SHOWN = 50


class Query(BaseModel):
    action: str | None = Field(None, max_length=40)
    about: Name | None = Field(None, max_length=40)
    by: Name | None = Field(None, max_length=40)
    since: Day | None = None
    until: Day | None = None
    before: int | None = Field(None, ge=1, le=2**31 - 1)


@face.get("/audit")
def audit() -> Response:
    """Newest first; a look into somebody's part of it is itself recorded."""
    caller().require(*_READERS)
    asked = query(Query)
    with reading() as session:
        wanted, about, unknown = _wanted(session, asked, ZoneInfo(caller().tz))
        found: list[Entry] = []
        if not unknown:
            first = [] if asked.before else search.fresh(session, caller().county_id, wanted, _SHOWN)
            found = [*first, *search.linked(session, caller().county_id, wanted, _SHOWN + 1)]
        names = people.names(session, caller().county_id, search.people(found))
    if (asked.about or asked.by) and not unknown:
        facts = {"about": asked.about, "by": asked.by}
        with transaction() as session:
            record(session, caller().county_id, caller().member_id, "audit.searched", about, facts, now())
    linked = [one for one in found if one.seq is not None]
    more = linked[_SHOWN - 1].seq if len(linked) > _SHOWN else None
    shown = found[: len(found) - 1] if more else found
    return page(
        "audit.html",
        lines=[_line(one, names) for one in shown],
        asked=asked,
        more=more,
        actions=ACTIONS,
        unknown=unknown,
    )


@face.post("/audit/verify")
def audit_verify() -> Response:
    """Walk the whole chain and say what holds."""
    caller().require(*_READERS)
    with transaction() as session:
        spend(session, f"audit-verify:{caller().county_id}", limit=20, window_s=3600, now=now())
    with services().db.snapshot() as session:
        report: Report = verify(session, caller().county_id)
    return page("_audit_report.html", report=report, at=now(), actions=ACTIONS)


def _wanted(session: Session, asked: Query, tz: ZoneInfo) -> tuple[Wanted, uuid.UUID | None, str]:
    """The typed search, whom it is about, and the name that nobody has."""
    ids: dict[str, uuid.UUID | None] = {}
    for field, name in (("about", asked.about), ("by", asked.by)):
        ids[field] = _member(session, name) if name else None
        if name and ids[field] is None:
            return Wanted(), None, name
    wanted = Wanted(
        action=asked.action,
        about=_about(ids["about"]) if ids["about"] else None,
        by=ids["by"],
        since=datetime.combine(asked.since, datetime.min.time(), tz) if asked.since else None,
        until=datetime.combine(asked.until + timedelta(days=1), datetime.min.time(), tz) if asked.until else None,
        before_seq=asked.before,
    )
    return wanted, ids["about"], ""


def _about(member_id: uuid.UUID) -> Any:
    """The ids that an event about this person may have for its subject: their own, and their check-ins'."""
    theirs = select(CheckIn.id).where(CheckIn.county_id == caller().county_id, CheckIn.member_id == member_id)
    return select(Member.id).where(Member.county_id == caller().county_id, Member.id == member_id).union_all(theirs)


def _member(session: Session, name: str) -> uuid.UUID | None:
    """Of this very name, also one who was removed since. 409 when there are several."""
    found = session.scalars(
        select(Member.id).where(Member.county_id == caller().county_id, Member.name == name).limit(2)
    ).all()
    if len(found) > 1:
        raise AppError(409, "name_shared", f"有多人叫{name}，请从人员档案里查看。")
    return found[0] if found else None


def _line(one: Entry, names: dict[uuid.UUID, str]) -> dict[str, Any]:
    facts = {key: value for key, value in one.facts.items() if value not in (None, "", [], {})}
    return {
        "seq": one.seq,
        "at": one.at,
        "word": ACTIONS.get(one.action, one.action),
        "action": one.action,
        "actor": names.get(one.actor_id, "—") if one.actor_id else "系统",
        "subject": names.get(one.subject_id, "") if one.subject_id else "",
        "facts": facts,
        "erased": one.erased,
    }
