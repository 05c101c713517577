"""人员: the members one watches, and the file of each: calendar, month, what happened, printed on paper too."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal, cast

from flask import Response, request, url_for
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from server.api import attestations
from server.api.counts import month_of
from server.api.fields import Day
from server.api.months import first_of
from server.api.services import now, reading, transaction
from server.api.session import caller
from server.audit.journal import record
from server.checkins import attest, second_opinion
from server.checkins.models import Attestation
from server.console.exports import PAGE, Rows, export
from server.console.face import done, face, form, page, query
from server.console.words import STATES, TONES
from server.console.workbook import Column
from server.leaves import training
from server.leaves.models import KIND_WORDS
from server.org import postings
from server.org.models import Unit
from server.org.scope import county as in_county
from server.tally import addenda, closed
from server.tally.models import SiteDay
from server.tally.types import FULL_DAY
from server.watch import member_leads, members, today
from server.watch.calendar import MonthMarks, calendar, months_back
from server.watch.member_leads import LeadCounts
from server.watch.members import Found, Wanted
from server.watch.timeline import KIND_NAMES, timeline
from server.watch.today import Present

MONTHS_SHOWN = 12
_COLUMNS = (
    *(Column("姓名", 12), Column("单位", 18), Column("小分队", 22), Column("驻点", 22), Column("城市", 10)),
    *(Column("今天", 12), Column("本月确认天数", 10, "days"), Column("本月待核天数", 10, "days")),
    *(Column("本月公出培训天数", 13, "days"), Column("本月目标天数", 10, "days"), Column("预警", 16)),
    *(Column("首报线索", 8, "count"), Column("在手线索", 8, "count")),
    *(Column("签约", 8, "count"), Column("跟进次数", 8, "count")),
)
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
    asked, who = query(PeopleQuery), caller()
    with reading() as session:
        found, day, cursor = _listed(session, asked, members.PAGE)
        units, squads = members.choices(session, who)
    return page(
        "people.html", asked=asked, found=found, day=day, cursor=cursor, units=units, squads=squads, month=who.today
    )


@face.get("/people/list.xlsx")
def people_sheet() -> Response:
    """What the page lists with these filters."""
    asked = query(PeopleQuery)
    with reading() as session:
        units, squads = members.choices(session, caller())
    filters = {
        "姓名": asked.q,
        "单位": next((name for id, name in units if id == asked.unit), str(asked.unit or "")),
        "小分队": next((squad.name for squad in squads if squad.id == asked.squad), str(asked.squad or "")),
        "范围": "派驻中" if asked.show == "posted" else "全部人员",
        "今天": "还没打卡" if asked.today else "",
    }

    def pages(cursor: str) -> tuple[Rows, str | None]:
        with reading() as session:
            found, day, following = _listed(session, asked.model_copy(update={"cursor": cursor}), PAGE)
            led = member_leads.counts(session, caller(), [one.member_id for one in found])
        return [_cells(one, day.get(one.member_id), led[one.member_id]) for one in found], following

    return export("人员", "people", _COLUMNS, filters, pages)


def _listed(
    session: Session, asked: PeopleQuery, most: int
) -> tuple[Sequence[Found], Mapping[uuid.UUID, Present], str | None]:
    """A page of the list, how each of them stands today, and the next cursor."""
    who, at = caller(), now()
    among = {p.member_id for p in today.today(session, who, at) if p.is_absent} if asked.today else None
    wanted = Wanted(asked.q, asked.unit, asked.squad, asked.show == "posted", among, asked.cursor)
    found, cursor = members.listed(session, who, wanted, most)
    return found, {p.member_id: p for p in today.today(session, who, at, {one.member_id for one in found})}, cursor


def _cells(one: Found, day: Present | None, led: LeadCounts) -> tuple[Any, ...]:
    count = one.month
    return (
        *(one.name, one.unit, one.squad or "", one.station or "", one.city or ""),
        NAMES[day.shown] if day else "",
        *((count.confirmed, count.pending, count.excused, count.target) if count else (None, None, None, None)),
        "、".join(NAMES[kind] for kind in one.flags),
        *(led.reported, led.owned, led.signed, led.updates),
    )


@face.get("/people/<uuid:member_id>")
def people_file(member_id: uuid.UUID) -> Response:
    """One member's file; a look into somebody else's is audited."""
    asked, who, at = query(FileQuery), caller(), now()
    first = asked.day.replace(day=1) if asked.day else first_of(asked.month)
    with transaction() as session:
        member = members.file_of(session, who, member_id, at)
        if member.id != who.member_id:
            facts = {"month": f"{first:%Y-%m}"}
            record(session, who.county_id, who.member_id, "member.viewed", member.id, facts, at)
    with reading() as session:
        months = calendar(session, who, member.id, months_back(max(first, who.today.replace(day=1)), MONTHS_SHOWN))
        shown = next((m for m in months if m.first == first), None) or calendar(session, who, member.id, [first])[0]
        on = asked.day or _latest(shown, who.today)
        blind = second_opinion.blinded(session, who, at)
        later = [one for one, _ in addenda.of_month(session, who.county_id, first, member.id)]
        return page(
            "file.html",
            member=member,
            unit=session.scalar(in_county(who, Unit).with_only_columns(Unit.name).where(Unit.id == member.unit_id)),
            postings=postings.history(session, who.county_id, member.id),
            trainings=training.attended(session, who.county_id, member.id),
            led=member_leads.counts(session, who, [member.id])[member.id],
            leads=member_leads.listed(session, who, member.id, member_leads.MOST),
            months=_since_posted(months, shown),
            most_months=MONTHS_SHOWN,
            shown=shown,
            count=month_of(session, who, member.id, first),
            is_closed=closed.is_closed(session, who.county_id, first),
            later={state: addenda.amends(later, state) for state in ("confirmed", "excused")} if later else {},
            events=timeline(session, who, member.id, first, who.tz, blind),
            on=on,
            is_asked=asked.day is not None,
            day=_day(session.get(SiteDay, (who.county_id, member.id, on)), _vouched(session, member.id, on), blind)
            if on
            else None,
            now=at,
            evidence=evidence_url,
            names=NAMES,
            tones=TONES,
            tally=Counter(mark.state for mark in shown.marks),
            may_vouch=on is not None
            and timedelta() <= who.today - on <= timedelta(days=attest.MOST_DAYS_BACK)
            and member.removed_at is None
            and member.id != who.member_id
            and who.has("squad_leader", "unit_supervisor", "bureau_supervisor"),
            may_invite=member.removed_at is None
            and member.id != who.member_id
            and who.has("unit_supervisor", "bureau_supervisor", "admin"),
        )


@face.post("/people/<uuid:member_id>/attestations")
def people_attest(member_id: uuid.UUID) -> Response:
    """Vouch for a day of theirs."""
    body = form(attestations.AttestationBody, request.form.to_dict() | {"member": str(member_id)})
    attestations.attest_presence(body)
    to = url_for("desk.people_file", member_id=member_id, day=body.on.isoformat())
    return done("已记下您的证明，队员会看到是谁证明的。当天已重新计算。", to)


@face.post("/people/<uuid:member_id>/attestations/<uuid:attestation_id>/withdrawal")
def people_attestation_end(member_id: uuid.UUID, attestation_id: uuid.UUID) -> Response:
    """Take back what one vouched for, or set somebody else's word aside."""
    path, body = attestations.AttestationPath(attestation_id=attestation_id), form(attestations.AttestationEndBody)
    made = cast(dict[str, Any], attestations.withdraw_attestation(path, body))
    said = "已记为不采信，队员和证明人会看到理由。" if made["withdrawn"]["set_aside"] else "已撤回，队员会看到理由。"
    to = url_for("desk.people_file", member_id=member_id, day=made["day"]["on"])
    return done(f"{said}当天已重新计算。", to)


def _vouched(session: Session, member_id: uuid.UUID, on: date) -> Mapping[str, Attestation]:
    """What was vouched for of that day, by id."""
    of_day = in_county(caller(), Attestation).where(Attestation.member_id == member_id, Attestation.on_date == on)
    return {str(one.id): one for one in session.scalars(of_day)}


def _latest(month: MonthMarks, today: date) -> date | None:
    """The last date of a month that there is something to say about; None: there is none yet."""
    said = (mark.on for mark in reversed(month.marks) if mark.on <= today and mark.state not in ("future", "idle"))
    return next(said, None)


def _since_posted(months: Sequence[MonthMarks], shown: MonthMarks) -> Sequence[MonthMarks]:
    """Without the months before the first of which there is anything; the one that is shown is always among them."""
    first = next((at for at, one in enumerate(months) if not one.is_empty or one.first >= shown.first), 0)
    return months[first:]


def _day(
    stored: SiteDay | None, vouched: Mapping[str, Attestation], blind: Collection[uuid.UUID]
) -> dict[str, Any] | None:
    """Why the day is worth what it is: the sentence, and each thing it was counted from."""
    if stored is None:
        return None
    if any(source.get("id") in {str(one) for one in blind} for source in stored.sources):
        return {
            "explanation": "有一次打卡正请您复核，您判断以后再显示。",
            "version": stored.policy_version,
            "is_whole": True,  # nothing is to be done about it here yet
            "sources": [],
        }
    return {
        "explanation": stored.explanation,
        "version": stored.policy_version,
        "is_whole": stored.confirmed_halves == FULL_DAY,
        "sources": [_source(source, vouched.get(source.get("id", ""))) for source in stored.sources],
    }


def _source(source: Mapping[str, Any], vouched: Attestation | None) -> dict[str, Any]:
    """One source in words: its state, what it was, and the check-in whose evidence stands behind it; of what somebody
    `vouched` for, the word by which the reader may end it."""
    if source["type"] == "checkin":
        minute = source["minute_of_day"]
        said = f"{minute // 60:02}:{minute % 60:02} {KIND_NAMES[source['kind']]}"
        by = "人工复核" if source["by"] == "person" else "自动核验"
        outside = "" if source["inside_window"] else "，不在规定时段"
        return {"state": source["holds"], "text": f"{said}，{by}{outside}", "checkin_id": source["id"]}
    if source["type"] == "attestation":
        worth = "一天" if source["halves"] == 2 else "半天"
        made = {"state": "accepted", "text": f"{source['by']} 证明在岗{worth}：{source['reason']}"}
        if vouched and vouched.withdrawn_at:  # of a closed month the day stands as it was published
            made["text"] += f"（后来{'未采信' if vouched.is_set_aside else '已撤回'}）"
        elif vouched and attest.may_withdraw(caller(), vouched):
            mine = vouched.attester_id == caller().member_id
            made |= {"attestation_id": source["id"], "end": "撤回" if mine else "不采信"}
        return made
    return {"state": "excused", "text": KIND_WORDS[source["kind"]]}


def evidence_url(checkin_id: object) -> str:
    """Where the evidence of a check-in stands."""
    return url_for("desk.review_one", checkin_id=checkin_id)
