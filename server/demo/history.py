"""Plays two months through the real services in the order things happened: nothing here decides a verdict or a day."""

import heapq
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from server.checkins import appeals, attest, review
from server.checkins.models import CheckIn, Ticket
from server.checkins.review import Ruling
from server.demo.absences import Absence, Vouching, absences, days_away, vouchings
from server.demo.attempts import Attempt, honest_attempts, local, submission_of
from server.demo.county import TZ, CountyPlan, Person, known
from server.demo.drawing import Album
from server.demo.incidents import Incident, with_incidents
from server.demo.prospects import CHAINS, Prospect, Step, directory, prospects
from server.demo.register import RULES
from server.flags.nightly import run_nightly
from server.leads import chains, course, escorts, requests
from server.leads.models import Lead
from server.leads.report import Report, report
from server.leads.requests import Asked
from server.leaves import service
from server.leaves.limits import LeaveTerms, NewLeave
from server.leaves.models import Leave
from server.notify.models import Notice
from server.org.scope import Caller, Grant
from server.sealing import Sealer
from server.spotchecks import asking as spot_asking
from server.spotchecks import calls as spot_calls
from server.spotchecks import course as spot_course
from server.spotchecks.models import SpotCheck
from server.tally import policy
from server.tally.addenda import Cause
from server.tally.close import close_due
from server.tally.recompute import recompute, recompute_span
from server.tally.spot_terms import spot_terms
from server.tally.take import take
from server.tally.workdays import is_workday

NIGHT_MIN = 21 * 60 + 30
_VALID_H = 24
_UNREAD = timedelta(days=3)
_MISSES = 2  # of the called stations the second answers to nobody
# Why a reviewer let an honest check-in pass that the machine could not.
_ACCEPTED = {
    "no_ticket": "已与队长核实，当时没有信号，确在驻点。",
    "coarse_fix": "照片背景是驻点办公室，与同队队员当天的打卡相符。",
    "next_day_upload": "手机隔天才有信号，已电话核实。",
    "visit": "已与企业核实，当天确在走访。",
}
_LINGERS = 0.5  # the share of recent doubts that nobody has got round to


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that is going to happen in one county up to `now`."""

    plan: CountyPlan
    attempts: list[tuple[Attempt, Incident | None]]
    leaves: list[Absence]
    vouched: list[Vouching]
    prospects: list[Prospect]


def write_script(plan: CountyPlan, now: datetime) -> Script:
    """The county's two months up to `now`, on paper."""
    today = now.astimezone(ZoneInfo(TZ)).date()
    leaves, vouched = absences(plan, today), vouchings(plan, today)
    attempts = with_incidents(plan, honest_attempts(plan, today, days_away(leaves, vouched)), today)
    return Script(
        plan,
        sorted(((a, i) for a, i in attempts if a.received_at <= now), key=lambda row: row[0].received_at),
        [leave for leave in leaves if leave.asked_at <= now],
        [v for v in vouched if v.at <= now],
        prospects(plan, today),
    )


def _last_workday(now: datetime) -> date:
    """The latest before the local date of `now`."""
    on = now.astimezone(ZoneInfo(TZ)).date() - timedelta(days=1)
    while not (is_workday(on) if is_workday(on) is not None else on.weekday() < 5):
        on -= timedelta(days=1)
    return on


@dataclass
class Stage:
    """One county being played: a queue of (instant, what happens then), earliest first."""

    session: Session
    script: Script
    album: Album
    sealer: Sealer
    now: datetime
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _queue: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def play(self) -> None:
        """Everything up to now, and at the end what a nightly run would say at this moment."""
        self._hand_out_tickets()
        for attempt, incident in self.script.attempts:
            self._at(attempt.received_at, partial(self._submit, attempt, incident))
        for leave in self.script.leaves:
            self._at(leave.asked_at, partial(self._ask, leave))
        for vouching in self.script.vouched:
            self._at(vouching.at, partial(self._attest, vouching))
        if self.script.prospects:
            self._at(local(self.script.plan.starts_on, 8 * 60), self._enter_directory)
        for prospect in self.script.prospects:
            self._at(prospect.at, partial(self._report, prospect))
        if len(self.script.plan.squads) > 1:
            self._at(local(_last_workday(self.now), 10 * 60), self._draw_calls)
        for night in self._nights():
            self._at(night, self._compare)
        while self._queue:
            at, _, happen = heapq.heappop(self._queue)
            happen(at)
        self._forget_old_notices()
        self._compare(self.now)

    @property
    def county_id(self) -> int:
        return self.script.plan.id

    def _at(self, at: datetime, happen: Callable[[datetime], None]) -> None:
        if at <= self.now:
            heapq.heappush(self._queue, (at, next(self._numbers), happen))

    def _submit(self, a: Attempt, incident: Incident | None, at: datetime) -> None:
        who, submission = caller(self.script.plan, a.person, at), submission_of(a)
        stored, _, _ = take(self.session, who, submission, self.album.take(a.picture.id), self.album.store, at)
        self.verdicts[a.incident or a.mishap or "ordinary", stored.verdict] += 1
        if stored.verdict == "review" or stored.sampled:
            self._plan_review(stored, a, incident, at)

    def _plan_review(self, stored: CheckIn, a: Attempt, incident: Incident | None, at: datetime) -> None:
        """A person looks one to three days later; what the table leaves open, or what is recent, still waits."""
        rng = random.Random(f"review {a.id}")
        reviewer = rng.choice(self.script.plan.with_duty("bureau_supervisor")[:2])
        on = at.astimezone(ZoneInfo(TZ)).date()
        if incident:
            if incident.reason:
                when = local(on + timedelta(days=1), rng.randint(9 * 60, 17 * 60))
                self._at(when, partial(self._reject, stored, a.person, reviewer, incident))
            return
        recent = self.now - at < timedelta(days=7)
        if recent and rng.random() < _LINGERS:
            return
        when = local(on + timedelta(days=rng.randint(1, 3)), rng.randint(9 * 60, 17 * 60))
        reason = _ACCEPTED.get(a.mishap, "已核实，确在驻点。")
        self._at(when, partial(self._review, stored, reviewer, Ruling("accepted", reason)))

    def _review(self, stored: CheckIn, reviewer: Person, ruling: Ruling, at: datetime) -> None:
        who = caller(self.script.plan, reviewer, at)
        _, done, _ = review.review(self.session, who, stored.id, ruling, at)
        self._recount(stored, Cause("review", done.id, reviewer.id), at)

    def _reject(self, stored: CheckIn, member: Person, reviewer: Person, incident: Incident, at: datetime) -> None:
        self._review(stored, reviewer, Ruling("rejected", incident.reason, incident.code), at)
        if incident.appeal:
            self._at(at + timedelta(hours=19), partial(self._appeal, stored, member, incident))

    def _appeal(self, stored: CheckIn, member: Person, incident: Incident, at: datetime) -> None:
        who = caller(self.script.plan, member, at)
        within = timedelta(days=RULES.appeal_within_days)
        made = appeals.appeal(self.session, who, stored.id, incident.appeal, within, at)
        self._recount(stored, Cause("asked", made.id, member.id), at)
        if incident.answer:
            self._at(at + timedelta(hours=26), partial(self._answer, stored, made.id, incident.answer))

    def _answer(self, stored: CheckIn, appeal_id: uuid.UUID, answer: str, at: datetime) -> None:
        """By the supervisor who reviews nothing."""
        uninvolved = caller(self.script.plan, self.script.plan.with_duty("bureau_supervisor")[-1], at)
        appeals.decide(self.session, uninvolved, appeal_id, True, answer, at)
        self._recount(stored, Cause("appeal", appeal_id, uninvolved.member_id), at)

    def _recount(self, stored: CheckIn, cause: Cause, at: datetime) -> None:
        recompute(self.session, self.county_id, stored.member_id, stored.on_date, at, cause)

    def _attest(self, v: Vouching, at: datetime) -> None:
        who = caller(self.script.plan, v.attester, at)
        made = attest.attest(self.session, who, v.person.id, v.on, v.halves, v.reason, at)
        cause = Cause("attestation", made.id, who.member_id)
        recompute(self.session, self.county_id, v.person.id, v.on, at, cause)

    def _ask(self, a: Absence, at: datetime) -> None:
        """The member asks; whoever decides does so some hours later, or has not yet."""
        new = NewLeave(a.kind, a.starts_on, a.ends_on, a.halves, a.reason)
        who = caller(self.script.plan, a.person, at)
        leave = service.request(self.session, who, new, self._leave_terms, at)
        self._count_leave(leave, "asked", who.member_id, at)
        if a.state != "pending":
            self._at(a.decided_at, partial(self._decide, leave.id, a))

    def _decide(self, leave_id: uuid.UUID, a: Absence, at: datetime) -> None:
        who, approved = caller(self.script.plan, a.decided_by, at), a.state == "approved"
        leave, _ = service.decide(self.session, who, leave_id, approved, a.answer, self._leave_terms, at)
        self._count_leave(leave, "leave", who.member_id, at)

    def _count_leave(self, leave: Leave, what: Literal["asked", "leave"], by: uuid.UUID, at: datetime) -> None:
        span = (leave.starts_on, leave.ends_on)
        recompute_span(self.session, self.county_id, leave.member_id, *span, at, Cause(what, leave.id, by))

    def _enter_directory(self, at: datetime) -> None:
        """By the bureau, before the squads begin."""
        who = caller(self.script.plan, self.script.plan.with_duty("bureau_supervisor")[0], at)
        for industry, nodes in CHAINS.items():
            for side, name in nodes:
                chains.add_node(self.session, who, industry, side, name, at)
        chains.add_targets(self.session, who, self.sealer, directory(), at)

    def _report(self, p: Prospect, at: datetime) -> None:
        new = Report(
            id=p.id,
            company=p.company,
            squad=None,
            channel=p.channel,
            reported_at=at,
            intent=p.intent,
            investment_wan=p.investment_wan,
            next_action=p.next_action,
            next_on=p.next_on,
        )
        who = caller(self.script.plan, p.person, at)
        lead, _ = report(self.session, who, self.sealer, new, at)
        if p.facts:
            course.change(self.session, who, lead.id, p.facts, at)
        if node := chains.find(self.session, who, *p.node):
            chains.place(self.session, who, lead.company_id, node.id, at)
        for number, step in enumerate(p.steps):
            self._at(step.at, partial(self._follow_up, lead, known("step", p.id, number), step))

    def _follow_up(self, lead: Lead, step_id: uuid.UUID, step: Step, at: datetime) -> None:
        who = caller(self.script.plan, step.by, at)
        if step.what == "update":
            course.add_update(self.session, who, lead.id, course.Update(step_id, step.word, at), at)
        elif step.what == "stage":
            course.move(self.session, who, lead.id, step.word, "", at)
        elif step.what == "close":
            asked = Asked(
                step_id,
                "close",
                "电话三次、上门两次，对方已在邻县签约。",
                code="invested_elsewhere",
                evidence="当地媒体报道",
            )
            requests.ask_to_close(self.session, who, lead.id, asked, at)
        elif step.what == "escort" and step.on is not None:
            self._ask_along(lead, step_id, step, step.on, at)
        else:
            asked = Asked(step_id, "join", "我们与企业的供应商熟悉，可以一起谈。")
            requests.ask_about_company(self.session, who, lead.company_id, asked, at)

    def _draw_calls(self, at: datetime) -> None:
        """Some stations are called: most answer, one does so to nobody, and its squad says why. Whom it draws is as
        chance has it, also in a demo."""
        bureau = caller(self.script.plan, self.script.plan.with_duty("bureau_supervisor")[0], at)
        terms = spot_terms(RULES)
        wanted = spot_asking.Wanted(known("draw", self.county_id), "call", 4)
        drawn, _ = spot_asking.ask(self.session, bureau, wanted, terms, is_workday, at)
        spot_course.look(self.session, self.county_id, terms, is_workday, at + spot_asking.AHEAD)
        mine = select(SpotCheck).where(SpotCheck.county_id == self.county_id, SpotCheck.draw_id == drawn.id)
        for check in self.session.scalars(mine.order_by(SpotCheck.rank)).all():
            is_missed = check.rank == _MISSES
            for number, minutes in enumerate((8, 25) if is_missed else (5 * check.rank,)):
                when = at + timedelta(minutes=minutes)
                call = spot_calls.Attempt(
                    known("call", self.county_id, check.rank, number),
                    "no_answer" if is_missed else "answered",
                    when,
                    who="" if is_missed else "值班队员",
                )
                spot_calls.log(self.session, bureau, check.id, call, terms, is_workday, when)

    def _ask_along(self, lead: Lead, step_id: uuid.UUID, step: Step, on: date, at: datetime) -> None:
        """On that day or the next; the county's leader takes the first."""
        leader = self.script.plan.with_duty("county_leader")[0]
        slots = tuple(
            (local(on + timedelta(days=d), 9 * 60 + 30), local(on + timedelta(days=d), 11 * 60)) for d in (0, 1)
        )
        wish = escorts.Wish(step_id, leader.id, slots, "企业负责人希望当面谈用地和电价。", "企业总部会议室")
        escorts.ask(self.session, caller(self.script.plan, step.by, at), lead.id, wish, at)
        if step.answered:
            escorts.accept(self.session, caller(self.script.plan, leader, at), step_id, 0, "请提前准备好用地方案。", at)

    def _leave_terms(self, on: date) -> LeaveTerms:
        return policy.leave_terms(self.session, self.county_id, on)

    def _hand_out_tickets(self) -> None:
        """Beforehand and at once; each row says when it was issued."""
        rows: list[dict[str, Any]] = [
            {
                "county_id": self.county_id,
                "id": known("ticket", a.id),
                "member_id": a.person.id,
                "issued_at": a.ticket_at,
                "expires_at": a.ticket_at + timedelta(hours=_VALID_H),
            }
            for a, _ in self.script.attempts
            if a.ticket_at
        ]
        if rows:
            self.session.execute(insert(Ticket), rows)

    def _nights(self) -> list[datetime]:
        """Every Monday and Thursday night and the night a month closes, but for the last three days: what those
        would say is said now, so that the outbox has something to deliver."""
        today = self.now.astimezone(ZoneInfo(TZ)).date()
        days = (today - self.script.plan.starts_on).days - 3
        dates = [self.script.plan.starts_on + timedelta(days=i) for i in range(1, max(1, days))]
        return [local(on, NIGHT_MIN) for on in dates if on.weekday() in (0, 3) or on.day == 5]

    def _compare(self, at: datetime) -> None:
        while close_due(self.session, self.county_id, _on(at), at):
            pass
        run_nightly(self.session, self.county_id, _on(at), at)

    def _forget_old_notices(self) -> None:
        """What was said before today was delivered in its time; the worker must not send all of it now. What is a few
        days old was read as well."""
        today = local(_on(self.now), 0)
        at = Notice.created_at
        old = update(Notice).where(Notice.county_id == self.county_id)
        sent = {"state": "sent", "channel": "subscribe", "attempts": 1, "tried_at": at, "sent_at": at}
        self.session.execute(old.where(at < today).values(sent))
        self.session.execute(old.where(at < today - _UNREAD).values(read_at=at))


def caller(plan: CountyPlan, person: Person, at: datetime) -> Caller:
    """The person as a signed-in caller at an instant, with the roles of that day."""
    on = _on(at)
    stay = person.stay_on(on)
    grants = [Grant(stay.role, None, stay.squad.id)] if stay else []
    grants += [Grant(d, person.unit.id if d == "unit_supervisor" else None, None) for d in person.duties]
    return Caller(plan.id, person.id, person.name, person.unit.id, on, tuple(grants), person.id, person.consented)


def _on(at: datetime) -> date:
    return at.astimezone(ZoneInfo(TZ)).date()
