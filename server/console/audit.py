"""审计: who did what to whom; and whether anything of it was changed afterwards."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
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
from server.checkins import sample, second_opinion
from server.checkins.models import CheckIn
from server.console.audit_words import Words
from server.console.exports import PAGE, Rows, export
from server.console.face import face, page, query
from server.console.words import day
from server.console.workbook import Column
from server.errors import AppError
from server.org import people
from server.org.models import Member
from server.org.scope import county as in_county
from server.rate_limits import spend

_READERS = ("bureau_supervisor", "admin")
_SHOWN = 50
_COLUMNS = (
    *(Column("序号", 10, "count"), Column("时间", 18, "moment"), Column("谁", 12), Column("做了什么", 18)),
    *(Column("关于", 24), Column("内容", 60)),
)


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a mistyped filter would show, and export, everything

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
        lines, before = ([], None) if unknown else _lines(session, wanted, _SHOWN)
    if not unknown:
        _note_search(asked, about)
    return page("audit.html", lines=lines, asked=asked, before=before, actions=ACTIONS, unknown=unknown)


@face.get("/audit/list.xlsx")
def audit_sheet() -> Response:
    """What the page lists with these filters."""
    caller().require(*_READERS)
    asked = query(Query)
    with reading() as session:
        wanted, about, unknown = _wanted(session, asked, ZoneInfo(caller().tz))
    if not unknown:
        _note_search(asked, about)

    def pages(cursor: str) -> tuple[Rows, str | None]:
        if unknown:
            return [], None
        with reading() as session:
            lines, before = _lines(session, replace(wanted, before_seq=int(cursor) if cursor else asked.before), PAGE)
        return [_cells(line) for line in lines], str(before) if before else None

    filters = {
        "做了什么": ACTIONS.get(asked.action, asked.action) if asked.action else "",
        **{"关于谁": asked.about, "谁做的": asked.by},
        **{"从": str(asked.since or ""), "到": str(asked.until or "")},
    }
    return export("审计", "audit", _COLUMNS, filters, pages)


@face.post("/audit/verify")
def audit_verify() -> Response:
    """Walk the whole chain and say what holds."""
    caller().require(*_READERS)
    with transaction() as session:
        spend(session, f"audit-verify:{caller().county_id}", limit=20, window_s=3600, now=now())
    with services().db.snapshot() as session:
        report: Report = verify(session, caller().county_id)
    return page("_audit_report.html", report=report, at=now(), actions=ACTIONS)


def _note_search(asked: Query, about: uuid.UUID | None) -> None:
    """Looking for somebody is itself recorded."""
    if asked.about or asked.by:
        facts = {"about": asked.about, "by": asked.by}
        with transaction() as session:
            record(session, caller().county_id, caller().member_id, "audit.searched", about, facts, now())


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
        undecided=second_opinion.blinded(session, caller(), now()),
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


def _lines(session: Session, wanted: Wanted, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """A page of what is found, in words, and the number before which the next one begins; on the first page also what
    is too new to have a number."""
    fresh = [] if wanted.before_seq else search.fresh(session, caller().county_id, wanted, limit)
    linked = search.linked(session, caller().county_id, wanted, limit + 1)
    found = [*fresh, *linked[:limit]]
    checkins = _checkins(session, found)
    ids = search.people(found) | {one.member_id for one in checkins.values()}
    names = people.names(session, caller().county_id, ids)
    words = Words(session, caller().county_id, [one.facts for one in found])
    before = linked[limit - 1].seq if len(linked) > limit else None
    lines = []
    for one in found:
        checkin = checkins.get(one.subject_id) if one.subject_id else None
        # Of a blind sample nothing tells what the machine said.
        hidden = checkin is not None and sample.is_hidden(caller(), checkin, checkin.id in wanted.undecided)
        lines.append(_line(one, names, checkin, words, () if not hidden else ("verdict",)))
    return lines, before


def _checkins(session: Session, found: Sequence[Entry]) -> dict[uuid.UUID, CheckIn]:
    """Those check-ins that the entries are about, to say whose they are."""
    ids = {one.subject_id for one in found if one.subject_id and one.action.partition(".")[0] in ("checkin", "appeal")}
    return {one.id: one for one in session.scalars(in_county(caller(), CheckIn).where(CheckIn.id.in_(ids)))}


def _cells(line: dict[str, Any]) -> tuple[Any, ...]:
    said = "内容已依法删除" if line["erased"] else "；".join(f"{key}：{value}" for key, value in line["facts"].items())
    return (line["seq"], line["at"], line["actor"], line["word"], line["subject"], said)


def _line(
    one: Entry, names: dict[uuid.UUID, str], checkin: CheckIn | None, words: Words, without: Collection[str]
) -> dict[str, Any]:
    facts = {key: said for key, said in one.facts.items() if said not in (None, "", [], {}) and key not in without}
    subject = names.get(one.subject_id, "") if one.subject_id else ""
    if checkin is not None:
        subject = f"{names.get(checkin.member_id, '')} {day(checkin.on_date)}的打卡"
    return {
        "seq": one.seq,
        "at": one.at,
        "word": ACTIONS.get(one.action, one.action),
        "action": one.action,
        "actor": names.get(one.actor_id, "—") if one.actor_id else "系统",
        "subject": subject,
        "facts": words.said(one.action, facts, caller().tz),
        "erased": one.erased,
    }
