"""人员: the members one watches, and the file of each: calendar, month, what happened, printed on paper too."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from flask import Response, request, url_for
from pydantic import BaseModel, Field, StringConstraints

from server.api.counts import month_of
from server.api.fields import Day
from server.api.months import first_of
from server.api.services import now, reading, transaction
from server.api.session import caller
from server.audit.journal import record
from server.checkins import second_opinion
from server.console.face import face, page, query
from server.console.words import STATES, TONES
from server.leaves.models import KIND_WORDS
from server.org import postings
from server.org.models import Unit
from server.org.scope import county as in_county
from server.org.scope import watched_member
from server.tally import closed
from server.tally.models import SiteDay
from server.watch import members, today
from server.watch.calendar import calendar, months_back
from server.watch.members import Wanted
from server.watch.timeline import KIND_NAMES, timeline

MONTHS_SHOWN = 12
# What a date's or an entry's shape says, for those who do not see it.
NAMES = {code: known.word for code, known in STATES.items()} | {"future": "还没到"}


class PeopleQuery(BaseModel):
    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    unit: uuid.UUID | None = None
    squad: uuid.UUID | None = None
    show: Literal["posted", "all"] = "posted"
    today: Literal["", "missing"] = ""
    cursor: str = Field("", max_length=300)


class FileQuery(BaseModel):
    month: str = Field("", pattern=r"^(|20\d\d-(0[1-9]|1[0-2]))$")
    day: Day | None = None


@face.get("/people")
def people() -> Response:
    """The list, its filters in the address."""
    asked, who, at = query(PeopleQuery), caller(), now()
    with reading() as session:
        among = {p.member_id for p in today.today(session, who, at) if p.is_missing} if asked.today else None
        wanted = Wanted(asked.q, asked.unit, asked.squad, asked.show == "posted", among, asked.cursor)
        found, cursor = members.listed(session, who, wanted)
        day = {p.member_id: p for p in today.today(session, who, at, {one.member_id for one in found})}
        units, squads = members.choices(session, who)
    following: dict[str, Any] = request.args.to_dict() | {"cursor": cursor}
    more = f"{request.path}?{urlencode(following)}" if cursor else None
    return page(
        "people.html", asked=asked, found=found, day=day, more=more, units=units, squads=squads, month=who.today
    )


@face.get("/people/<uuid:member_id>")
def people_file(member_id: uuid.UUID) -> Response:
    """One member's file; a look into somebody else's is audited."""
    asked, who, at = query(FileQuery), caller(), now()
    first = asked.day.replace(day=1) if asked.day else first_of(asked.month)
    with transaction() as session:
        member = watched_member(session, who, member_id)
        if member.id != who.member_id:
            facts = {"month": f"{first:%Y-%m}"}
            record(session, who.county_id, who.member_id, "member.viewed", member.id, facts, at)
    with reading() as session:
        months = calendar(session, who, member.id, months_back(max(first, who.today.replace(day=1)), MONTHS_SHOWN))
        shown = next((m for m in months if m.first == first), None) or calendar(session, who, member.id, [first])[0]
        blind = second_opinion.blinded(session, who, at)
        return page(
            "file.html",
            member=member,
            unit=session.scalar(in_county(who, Unit).with_only_columns(Unit.name).where(Unit.id == member.unit_id)),
            postings=postings.history(session, who.county_id, member.id),
            months=months,
            shown=shown,
            count=month_of(session, who, member.id, first),
            is_closed=closed.is_closed(session, who.county_id, first),
            events=timeline(session, who, member.id, first, who.tz, blind),
            on=asked.day,
            day=_day(session.get(SiteDay, (who.county_id, member.id, asked.day)), blind) if asked.day else None,
            now=at,
            evidence=evidence_url,
            names=NAMES,
            tones=TONES,
            tally=Counter(mark.state for mark in shown.marks),
            may_invite=member.id != who.member_id and who.has("unit_supervisor", "bureau_supervisor", "admin"),
        )


def _day(stored: SiteDay | None, blind: Collection[uuid.UUID]) -> dict[str, Any] | None:
    """Why the day is worth what it is: the sentence, and each thing it was counted from."""
    if stored is None:
        return None
    if any(source.get("id") in {str(one) for one in blind} for source in stored.sources):
        return {
            "explanation": "有一次打卡正请您复核，您判断以后再显示。",
            "version": stored.policy_version,
            "sources": [],
        }
    return {
        "explanation": stored.explanation,
        "version": stored.policy_version,
        "sources": [_source(source) for source in stored.sources],
    }


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    """One source in words: its state, what it was, and the check-in whose evidence stands behind it."""
    if source["type"] == "checkin":
        minute = source["minute_of_day"]
        said = f"{minute // 60:02}:{minute % 60:02} {KIND_NAMES[source['kind']]}"
        by = "人工复核" if source["by"] == "person" else "自动核验"
        outside = "" if source["inside_window"] else "，不在规定时段"
        return {"state": source["holds"], "text": f"{said}，{by}{outside}", "checkin_id": source["id"]}
    if source["type"] == "attestation":
        worth = "一天" if source["halves"] == 2 else "半天"
        return {"state": "accepted", "text": f"{source['by']} 证明在岗{worth}：{source['reason']}"}
    return {"state": "excused", "text": KIND_WORDS[source["kind"]]}


def evidence_url(checkin_id: object) -> str:
    """Where the evidence of a check-in stands."""
    return url_for("desk.review_one", checkin_id=checkin_id)
