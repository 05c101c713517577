"""What happened to a member in a month, in one line of time: postings, check-ins, leave, flags, decisions, what others
vouched for, what they did about leads, spot checks."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from server.checkins import sample
from server.checkins.models import Appeal, Attestation, CheckIn, Review
from server.evidence.decide import as_decided
from server.flags.models import Flag, FlagStep
from server.flags.steps import STEP_WORDS
from server.leads import see
from server.leads.dossier import DEEDS, OF_EVENT
from server.leads.models import STAGES, Company, Lead, LeadEvent, LeadUpdate
from server.leaves.models import KIND_WORDS, Leave
from server.org.models import Member, Posting, Squad, Station
from server.org.scope import Caller
from server.spotchecks.models import DECISIONS, EXCUSES, STATES, SpotCheck
from server.tally import addenda
from server.tally.month_fold import month_end
from server.tally.types import FULL_DAY

KIND_NAMES = {"station": "驻点打卡", "visit": "走访打卡", "spot": "抽查打卡"}
_LEAVE_STATES = {
    **{"pending": "待审批", "approved": "已同意", "rejected": "未同意", "withdrawn": "已撤回"},
    "revoked": "已撤销",
}
_FLAG_WORDS = {"behind": "落后", "at_risk": "有风险", "unreachable": "已无法达标", "missed": "未达标"}
_APPEAL_WORDS = {"open": "处理中", "upheld": "成立", "denied": "不成立"}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: its local date and, where it has one, its moment; `state` gives colour and shape (`""`: none);
    `checkin_id` where evidence stands behind it, `lead_id` where it is about a lead."""

    on: date
    at: datetime | None
    kind: str
    title: str
    text: str = ""
    state: str = ""
    by: str = ""
    checkin_id: uuid.UUID | None = None
    lead_id: uuid.UUID | None = None

    @property
    def clock(self) -> float:
        """What the entries of one date are ordered by; those without a moment come first."""
        return self.at.timestamp() if self.at else 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    session: Session
    caller: Caller
    member_id: uuid.UUID
    first: date
    last: date
    zone: ZoneInfo
    blind: Collection[uuid.UUID]

    def of(self, table: Any, *columns: Any) -> Any:
        """Rows about this member."""
        mine = (table.county_id == self.caller.county_id, table.member_id == self.member_id)
        return select(*columns).select_from(table).where(*mine)

    def on(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)


def timeline(
    session: Session, caller: Caller, member_id: uuid.UUID, month: date, tz: str, blind: Collection[uuid.UUID] = ()
) -> list[Event]:
    """The events of a month (its first day) of a member whom the caller watches, the newest first. A fixed number of
    statements. tz: the county's zone, by whose clock decisions are told; `blind`: check-ins of which the caller may not
    know what was decided (second_opinion.blinded)."""
    asked = _Asked(session, caller, member_id, month, month_end(month), ZoneInfo(tz), blind)
    sources = (
        _postings,
        _checkins,
        _decisions,
        _appeals,
        _vouched,
        _leaves,
        _flags,
        _steps,
        _added,
        _leads,
        _updates,
        _spots,
        _calls,
    )
    events = [event for source in sources for event in source(asked)]
    return sorted(events, key=lambda e: (e.on, e.clock), reverse=True)


def _postings(asked: _Asked) -> Iterator[Event]:
    statement = (
        asked.of(Posting, Posting.starts_on, Posting.ends_on, Squad.name.label("squad"), Station.name, Station.city)
        .join(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .join(Station, (Station.county_id == Posting.county_id) & (Station.id == Posting.station_id))
        .where(
            or_(
                Posting.starts_on.between(asked.first, asked.last),
                Posting.ends_on.between(asked.first, asked.last),
            )
        )
    )
    for row in asked.session.execute(statement):
        where = f"{row.squad}，{row.name}（{row.city}）"
        if asked.first <= row.starts_on <= asked.last:
            yield Event(row.starts_on, None, "posting", "开始派驻", where)
        if row.ends_on and asked.first <= row.ends_on <= asked.last:
            yield Event(row.ends_on, None, "posting", "派驻结束", where)


def _checkins(asked: _Asked) -> Iterator[Event]:
    columns = (CheckIn.id, CheckIn.member_id, CheckIn.kind, CheckIn.on_date, CheckIn.minute_of_day, CheckIn.happened_at)
    more = (CheckIn.verdict, CheckIn.decision, CheckIn.reason, CheckIn.sampled, CheckIn.erased_at, Station.name)
    statement = (
        asked.of(CheckIn, *columns, *more)
        .outerjoin(Station, (Station.county_id == CheckIn.county_id) & (Station.id == CheckIn.station_id))
        .where(CheckIn.on_date.between(asked.first, asked.last))
    )
    for row in asked.session.execute(statement):
        hidden = row.id in asked.blind or sample.is_hidden(asked.caller, cast(CheckIn, row))
        clock = f"{row.minute_of_day // 60:02}:{row.minute_of_day % 60:02}"
        yield Event(
            on=row.on_date,
            at=row.happened_at,
            kind="checkin",
            title=f"{clock} {KIND_NAMES[row.kind]}" + (f" · {row.name}" if row.name else ""),
            text=sample.HIDDEN_REASON if hidden else as_decided(row.reason, row.decision),
            state="review" if hidden else row.decision or row.verdict,
            checkin_id=row.id,
        )


def _decisions(asked: _Asked) -> Iterator[Event]:
    """Reviews of this member's check-ins, on the day they were spoken."""
    reviewer = aliased(Member)
    statement = (
        asked.of(CheckIn, Review.decision, Review.reason, Review.created_at, CheckIn.on_date, CheckIn.id, reviewer.name)
        .join(Review, (Review.county_id == CheckIn.county_id) & (Review.checkin_id == CheckIn.id))
        .join(reviewer, (reviewer.county_id == Review.county_id) & (reviewer.id == Review.reviewer_id))
        .where(CheckIn.on_date.between(asked.first, asked.last), Review.withdrawn_at.is_(None), ~Review.is_second)
    )
    for row in asked.session.execute(statement):
        if row.id in asked.blind:
            continue
        title = f"复核 {row.on_date.month}月{row.on_date.day}日的打卡"
        yield Event(
            asked.on(row.created_at), row.created_at, "review", title, row.reason, row.decision, row.name, row.id
        )


def _appeals(asked: _Asked) -> Iterator[Event]:
    decider = aliased(Member)
    columns = (Appeal.statement, Appeal.state, Appeal.created_at, Appeal.decided_at, Appeal.answer, Appeal.checkin_id)
    statement = (
        asked.of(Appeal, *columns, CheckIn.on_date, decider.name)
        .join(CheckIn, (CheckIn.county_id == Appeal.county_id) & (CheckIn.id == Appeal.checkin_id))
        .outerjoin(decider, (decider.county_id == Appeal.county_id) & (decider.id == Appeal.decided_by))
        .where(CheckIn.on_date.between(asked.first, asked.last))
    )
    for row in asked.session.execute(statement):
        of = f"{row.on_date.month}月{row.on_date.day}日的打卡"
        made, about = row.created_at, row.checkin_id
        yield Event(asked.on(made), made, "appeal", f"申诉 {of}", row.statement, "", "", about)
        if row.decided_at:
            state = "accepted" if row.state == "upheld" else "rejected"
            said = f"申诉{_APPEAL_WORDS[row.state]}：{of}"
            at = row.decided_at
            yield Event(asked.on(at), at, "appeal", said, row.answer or "", state, row.name or "", about)


def _vouched(asked: _Asked) -> Iterator[Event]:
    attester, ender = aliased(Member), aliased(Member)
    statement = (
        asked.of(Attestation, Attestation, attester.name, ender.name.label("ender"))
        .join(attester, (attester.county_id == Attestation.county_id) & (attester.id == Attestation.attester_id))
        .outerjoin(ender, (ender.county_id == Attestation.county_id) & (ender.id == Attestation.withdrawn_by))
        .where(Attestation.on_date.between(asked.first, asked.last))
        .order_by(Attestation.created_at)
    )
    for made, name, ended_by in asked.session.execute(statement):
        title, said = f"证明在岗{'一天' if made.halves == FULL_DAY else '半天'}", made.reason
        if ended_by:
            title += "，未采信" if made.is_set_aside else "，已撤回"
            said += f"；{ended_by}：{made.withdrawal_reason}"
        yield Event(made.on_date, None, "attestation", title, said, "" if ended_by else "accepted", name)


def _leaves(asked: _Asked) -> Iterator[Event]:
    decider = aliased(Member)
    columns = (Leave.kind, Leave.starts_on, Leave.ends_on, Leave.halves, Leave.reason, Leave.state, Leave.answer)
    statement = (
        asked.of(Leave, *columns, decider.name)
        .outerjoin(decider, (decider.county_id == Leave.county_id) & (decider.id == Leave.decided_by))
        .where(Leave.starts_on <= asked.last, Leave.ends_on >= asked.first)
    )
    shapes = {"pending": "review", "approved": "excused", "rejected": "rejected", "withdrawn": "", "revoked": ""}
    for row in asked.session.execute(statement):
        span = _span(row.starts_on, row.ends_on) + ("（半天）" if row.halves == 1 else "")
        said = "；".join(part for part in (row.reason, row.answer) if part)
        title = f"{KIND_WORDS[row.kind]} {span}，{_LEAVE_STATES[row.state]}"
        yield Event(max(row.starts_on, asked.first), None, "leave", title, said, shapes[row.state], row.name or "")


def _span(first: date, last: date) -> str:
    begins = f"{first.month}月{first.day}日"
    return begins if first == last else f"{begins}至{last.month}月{last.day}日"


def _flags(asked: _Asked) -> Iterator[Event]:
    """Raised in the month, or about it."""
    raised = Flag.raised_at.between(asked.since, asked.until)
    statement = asked.of(Flag, Flag).where(or_(Flag.month == asked.first, raised))
    for flag in asked.session.scalars(statement):
        word, month = _FLAG_WORDS[flag.kind], f"{flag.month.month}月"
        at = flag.raised_at
        yield Event(asked.on(at), at, "flag", f"{month}预警：{word}", flag.said, flag.kind)
        if flag.closed_at:
            yield Event(asked.on(flag.closed_at), flag.closed_at, "flag", f"{month}预警“{word}”已解除")


def _steps(asked: _Asked) -> Iterator[Event]:
    """What people did about these flags; that the machine reminded says the flag itself."""
    decider = aliased(Member)
    raised = Flag.raised_at.between(asked.since, asked.until)
    statement = (
        asked.of(Flag, FlagStep.step, FlagStep.heard, FlagStep.reason, FlagStep.created_at, decider.name)
        .join(FlagStep, (FlagStep.county_id == Flag.county_id) & (FlagStep.flag_id == Flag.id))
        .join(decider, (decider.county_id == FlagStep.county_id) & (decider.id == FlagStep.decided_by))
        .where(or_(Flag.month == asked.first, raised))
    )
    for row in asked.session.execute(statement):
        said = f"本人说明：{row.heard} 决定：{row.reason}"
        at = row.created_at
        yield Event(asked.on(at), at, "step", f"处置：{STEP_WORDS[row.step]}", said, "", row.name)


def _added(asked: _Asked) -> Iterator[Event]:
    """What became known of the month's days after it was published."""
    for one, _ in addenda.of_month(asked.session, asked.caller.county_id, asked.first, asked.member_id):
        title = f"补充说明 {one.on_date.month}月{one.on_date.day}日"
        yield Event(asked.on(one.made_at), one.made_at, "addendum", title, one.explanation)


def _leads(asked: _Asked) -> Iterator[Event]:
    """What they did about leads that the caller may see."""
    statement = (
        _of_leads(asked, LeadEvent.what, LeadEvent.at, LeadEvent.reason, LeadEvent.facts)
        .join(LeadEvent, (LeadEvent.county_id == Lead.county_id) & (LeadEvent.lead_id == Lead.id))
        .where(LeadEvent.by_id == asked.member_id, LeadEvent.at.between(asked.since, asked.until))
    )
    for row in asked.session.execute(statement):
        moved = f"{STAGES[row.facts['from']]} → {STAGES[row.facts['to']]}" if row.what == "stage" else ""
        said = "；".join(part for part in (moved, row.reason) if part)
        title = f"{DEEDS[OF_EVENT[row.what]]}：{row.name}"
        yield Event(asked.on(row.at), row.at, "lead", title, said, lead_id=row.id)


def _updates(asked: _Asked) -> Iterator[Event]:
    statement = (
        _of_leads(asked, LeadUpdate.text, LeadUpdate.happened_at)
        .join(LeadUpdate, (LeadUpdate.county_id == Lead.county_id) & (LeadUpdate.lead_id == Lead.id))
        .where(LeadUpdate.member_id == asked.member_id, LeadUpdate.happened_at.between(asked.since, asked.until))
    )
    for row in asked.session.execute(statement):
        at = row.happened_at
        yield Event(asked.on(at), at, "lead", f"{DEEDS['updated']}：{row.name}", row.text, lead_id=row.id)


def _of_leads(asked: _Asked, *columns: Any) -> Any:
    """Columns beside id and company of the leads that the caller may see."""
    return (
        select(Lead.id, Company.name, *columns)
        .select_from(Lead)
        .join(Company, (Company.county_id == Lead.county_id) & (Company.id == Lead.company_id))
        .where(Lead.county_id == asked.caller.county_id, see.seen(asked.caller))
    )


def _spots(asked: _Asked) -> Iterator[Event]:
    """Spot checks that were sent out; what was answered has its check-in, which says the rest."""
    statement = asked.of(SpotCheck, SpotCheck).where(
        SpotCheck.issues_at.between(asked.since, asked.until), SpotCheck.state.not_in(("planned", "void"))
    )
    shapes = {"answered": "accepted", "late": "review", "open": "review", "unanswered": "review"}
    for one in asked.session.scalars(statement):
        said = [EXCUSES[one.excuse]] if one.excuse else []
        said += [one.explanation] if one.explanation else []
        said += [f"{DECISIONS[one.decision]}：{one.reason}"] if one.decision else []
        state = "excused" if one.decision == "excused" else shapes.get(one.state, "")
        state = "rejected" if one.decision == "failed" else state
        on = asked.on(one.issues_at)
        yield Event(on, one.issues_at, "spot", f"抽查{STATES[one.state]}", "；".join(said), state, "", one.checkin_id)


def _calls(asked: _Asked) -> Iterator[Event]:
    """Calls to the station of a squad while they were posted with it, once something came of them."""
    statement = (
        asked.of(Posting, Posting.starts_on, Posting.ends_on, SpotCheck)
        .join(SpotCheck, (SpotCheck.county_id == Posting.county_id) & (SpotCheck.squad_id == Posting.squad_id))
        .where(
            SpotCheck.kind == "call",
            SpotCheck.state.in_(("answered", "unanswered")),
            SpotCheck.issues_at.between(asked.since, asked.until),
        )
    )
    for row in asked.session.execute(statement):
        one, on = row.SpotCheck, asked.on(row.SpotCheck.issues_at)
        if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on):
            came = "有人接听" if one.state == "answered" else "无人接听"
            said = f"{DECISIONS[one.decision]}：{one.reason}" if one.decision else one.explanation
            yield Event(on, one.issues_at, "spot", f"驻点电话{came}", said, "")
