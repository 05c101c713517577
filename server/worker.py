"""FACE 3: the scheduler's own process. APScheduler only ticks; what is due comes from the database and the clock."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import FrameType
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import leases, rate_limits
from server.audit import chain
from server.checkins import asked, claims, manned, retention, tickets
from server.clock import Clock, system_clock
from server.complaints import service as complaints
from server.config import Config
from server.db import Database
from server.flags import nightly, reminders
from server.leads import morning
from server.leads import retention as lead_retention
from server.leases import LeaseLost
from server.leaves import waiting
from server.notify import credits, outbox, templates
from server.notify.channel import Channel
from server.notify.channels.group_bot import GroupBot
from server.notify.channels.mail import Mail
from server.notify.channels.wechat import Employee, Subscribe
from server.notify.course import Night
from server.notify.deliver import Delivery
from server.notify.tokens import DatabaseTokens
from server.org import signin
from server.org.consent import KEPT_MONTHS
from server.org.models import County, Station
from server.org.recipients import Recipients
from server.periods import Period, daily, hourly
from server.photos.store import FolderStore
from server.photos.sweep import sweep
from server.pushes import handle, keep
from server.schedule import Periodic, Scheduler, Scope, Step
from server.sealing import Sealer
from server.spotchecks import course
from server.spotchecks import retention as spot_retention
from server.spotchecks.asking import by_schedule
from server.tally import announce, close, closed, policy, second_look, upgrade
from server.tally.lead_terms import lead_terms
from server.tally.spot_terms import spot_terms
from server.tally.workdays import is_workday
from server.wechat.client import WechatClient
from server.wechat.errors import WechatError
from server.wechat.group_bot import GroupBotClient

log = structlog.get_logger()
FEWEST_CONNECTIONS = 6
_BEAT_S = 20
_TONIGHT = timedelta(
    hours=1
)  # what cannot be undone, or makes others wait, is not made up at noon when a release starts


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table: what runs, and how often the worker looks whether there is something to do."""

    name: str
    every_s: float
    run: Callable[[], object]


class Worker:
    """The jobs of one process. Any number may run: each job either claims its period or claims its rows."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self.config = config
        self.clock = clock
        self.started_at = clock()
        self._beaten_s = -float(_BEAT_S)
        # Three jobs read in a snapshot while they write; with fewer connections they would wait for themselves.
        self.db = Database(config.database_url, max(config.database_pool_size, FEWEST_CONNECTIONS))
        self.store = FolderStore(config.photo_root)
        self.scheduler = Scheduler(self.db, clock)
        self.wechat = WechatClient(config, DatabaseTokens(self.db, clock))
        people = Recipients(Sealer(config.sealing_keys))
        self.delivery = Delivery(self.db, clock, self._channels(), people.find, Night.of(config.quiet_hours))

    def jobs(self) -> tuple[Job, ...]:
        """All that this process does: what claims its rows, and what has its times."""
        return (
            Job("deliver_notices", 2, self.deliver_notices),
            Job("link_audit", 2, self.link_audit),
            Job("handle_pushes", 2, self.handle_pushes),
            Job("second_look", 2, self.second_look),
            Job("spot_checks", 2, self.spot_checks),
            Job("beat", 2, self.beat),
            *(Job(job.name, 20, partial(self.scheduler.catch_up, job)) for job in self.periodic()),
        )

    def periodic(self) -> tuple[Periodic, ...]:
        """What has its times, in one table: the job, for whom, when, and what it does."""
        at = _daily
        morning = self.config.morning_summary_at
        return (
            *([] if morning == "off" else [self._mornings(morning)]),
            Periodic("remind", self._zones, self._before_windows_end, self._remind, each_zone=True),
            Periodic("nightly_flags", self._counties, at(self.config.nightly_at), self._nightly_flags),
            Periodic("count_anew", self._counties, at("00:10"), self._count_anew, since=_TONIGHT),
            Periodic("close_months", self._counties, at("00:30"), self._close_months),
            Periodic("monthly_results", self._counties, at("09:30"), self._monthly_results),
            Periodic("leave_reminders", self._counties, _on_its_day("09:00"), self._leave_reminders),
            Periodic("complaint_reminders", self._counties, _on_its_day("09:00"), self._complaint_reminders),
            Periodic("spot_schedule", self._counties, _on_its_day("08:30"), self._spot_schedule),
            Periodic("lead_clocks", self._counties, _on_its_day("08:40"), self._lead_clocks),
            Periodic("review_reminders", self._counties, _on_its_day("16:30"), self._review_reminders),
            Periodic("retention", _everybody, at("03:00"), self._retention, latest_only=True),
            Periodic("erase_evidence", self._counties, at("03:30"), self._erase_evidence, since=_TONIGHT),
            Periodic("erase_lead_evidence", self._counties, at("03:25"), self._erase_lead_evidence, since=_TONIGHT),
            Periodic("templates", _everybody, lambda _scope, after: hourly(after), self._templates, latest_only=True),
            Periodic("sweep", _everybody, lambda _scope, after: hourly(after), self._sweep, latest_only=True),
        )

    def _mornings(self, clock: str) -> Periodic:
        """Only where there is a group to tell."""

        def grouped() -> list[Scope]:
            return [scope for scope in self._counties() if self._bot_key(scope.county_id)]

        return Periodic("morning_summary", grouped, _on_its_day(clock), self._morning_summary)

    def flags_now(self) -> None:
        """The nightly comparison at once, for an operator who will not wait; safe beside a running worker."""
        for scope in self._counties():
            today = self.clock().astimezone(ZoneInfo(scope.tz)).date()
            for step in nightly.steps(self.db, scope.county_id, today, None, self.clock):
                with self.db.transaction() as session:
                    step.write(session)

    def beat(self) -> None:
        """By the machine's own time, however fast the clock of a simulated year goes: it is a write."""
        if time.monotonic() - self._beaten_s < _BEAT_S:
            return
        self._beaten_s = time.monotonic()
        with self.db.transaction() as session:
            leases.beat(session, f"{socket.gethostname()}:{os.getpid()}", self.started_at, self.clock())

    # What claims its rows

    def deliver_notices(self) -> None:
        self.delivery.run()

    def _channels(self) -> dict[str, Channel]:
        """Those that are configured, by name."""
        bots = GroupBot(GroupBotClient(self.config.wecom_url), self._bot_key)
        channels: list[Channel] = [Subscribe(self.wechat, self.config.wechat_templates), bots]
        if self.config.wechat_employee_templates:
            channels.append(Employee(self.wechat, self.config.wechat_employee_templates))
        if self.config.smtp_url:
            channels.append(Mail(self.config.smtp_url, self.config.smtp_from))
        return {channel.name: channel for channel in channels}

    def _bot_key(self, county_id: int) -> str | None:
        """The key of the county's bot in 企业微信; settings name the county as people do."""
        if not self.config.group_bots:
            return None
        with self.db.reading() as session:
            return self.config.group_bots.get(session.scalars(select(County.name).where(County.id == county_id)).one())

    def handle_pushes(self) -> None:
        while handle.run(self.db, self.clock, self.config.wechat_templates):
            pass

    def second_look(self) -> None:
        while second_look.look_again(self.db, self.store, self.clock()):
            pass

    def spot_checks(self) -> None:
        """Draws whose moment has come, checks to be sent out, and those that were not answered."""

        def of(scope: Scope) -> None:
            now = self.clock()
            with self.db.reading() as session:
                if not course.is_due(session, scope.county_id, now):
                    return
                rules = policy.in_force(session, scope.county_id, now.astimezone(ZoneInfo(scope.tz)).date()).rules
            with self.db.transaction() as session:
                course.look(session, scope.county_id, spot_terms(rules), is_workday, now)

        self.scheduler.each("spot_checks", self._counties(), of)

    def link_audit(self) -> None:
        def of(scope: Scope) -> None:
            with self.db.transaction() as session:
                chain.link(session, scope.county_id)

        self.scheduler.each("link_audit", self._counties(), of)

    # What has its times

    def _before_windows_end(self, scope: Scope, after: datetime) -> Period | None:
        with self.db.reading() as session:
            return reminders.next_moment(session, scope.county_id, scope.tz, after, self.clock())

    def _remind(self, scope: Scope, period: Period, mark: str | None) -> Iterator[Step]:
        return reminders.steps(self.db, scope.county_id, scope.tz, period, mark, self.clock)

    def _nightly_flags(self, scope: Scope, period: Period, mark: str | None) -> Iterator[Step]:
        return nightly.steps(self.db, scope.county_id, period.on, mark, self.clock)

    def _count_anew(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        """Only after a release that counts otherwise; at night, since check-ins wait meanwhile."""
        return upgrade.steps(self.db, scope.county_id, period.on, self.clock)

    def _close_months(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        """On the policy's day, or later once nothing is under review."""
        return close.steps(self.db, scope.county_id, period.on, self.clock)

    def _monthly_results(self, scope: Scope, period: Period, mark: str | None) -> Iterator[Step]:
        has_group = self._bot_key(scope.county_id) is not None
        return announce.steps(self.db, scope.county_id, period.at, mark, self.clock, has_group)

    def _morning_summary(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        yield Step("", lambda session: manned.tell_group(session, scope.county_id, period.on, self.clock()))

    def _leave_reminders(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        def remind(session: Session) -> None:
            rules = policy.in_force(session, scope.county_id, period.on).rules
            waiting.remind(session, scope.county_id, rules.approver_of, period.on, self.clock())

        yield Step("", remind)

    def _review_reminders(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        yield Step("", lambda session: asked.remind(session, scope.county_id, period.on, self.clock()))

    def _complaint_reminders(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        yield Step("", lambda session: complaints.remind(session, scope.county_id, period.on, self.clock()))

    def _lead_clocks(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        with self.db.reading() as session:
            rules = policy.in_force(session, scope.county_id, period.on).rules
        day = morning.Day(scope.county_id, scope.tz, period.on, lead_terms(rules), is_workday)
        yield Step("", lambda session: morning.look(session, day, self.clock()))

    def _spot_schedule(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        """The day's own draw, where the rules want one: each check somewhere in what is left of the working hours."""
        with self.db.reading() as session:
            rules = policy.in_force(session, scope.county_id, period.on).rules
        terms = spot_terms(rules)
        yield Step(
            "",
            lambda session: by_schedule(session, scope.county_id, scope.tz, period.on, terms, is_workday, self.clock()),
        )

    def _retention(self, _scope: Scope, _period: Period, _mark: str | None) -> Iterator[Step]:
        yield Step("", self._forget)

    def _forget(self, session: Session) -> None:
        now = self.clock()
        rate_limits.forget_old(session, now - timedelta(days=1))
        signin.forget_old(session, now - timedelta(days=60))
        claims.forget_old(session, now - timedelta(days=1))
        tickets.forget_old(session, now - timedelta(days=60))
        credits.forget_old(session, now - timedelta(days=60))
        complaints.forget_old(session, now - timedelta(days=31 * KEPT_MONTHS))
        outbox.forget_old(session, now - timedelta(days=31 * KEPT_MONTHS))
        keep.forget_strangers(session)
        keep.forget_old(session, stamps_before=now - timedelta(days=1), events_before=now - timedelta(days=60))

    def _erase_evidence(self, scope: Scope, period: Period, mark: str | None) -> Iterator[Step]:
        """By the rules of the day: a county that shortens the term means what it has stored, too."""
        with self.db.reading() as session:
            rules = policy.in_force(session, scope.county_id, period.on).rules
            terms = retention.Terms(
                tz=scope.tz,
                today=period.on,
                months=rules.evidence_months,
                appeal_within=timedelta(days=rules.appeal_within_days),
                open_from=closed.open_from(session, scope.county_id),
            )
        return retention.steps(self.db, scope.county_id, terms, mark, self.clock)

    def _erase_lead_evidence(self, scope: Scope, period: Period, _mark: str | None) -> Iterator[Step]:
        """Before the evidence, whose last erasure ends a member's request."""
        with self.db.reading() as session:
            months = policy.in_force(session, scope.county_id, period.on).rules.evidence_months

        def erase(session: Session) -> None:
            lead_retention.forget(session, scope.county_id, scope.tz, period.on, months, self.clock())
            spot_retention.forget(session, scope.county_id, scope.tz, period.on, months)

        yield Step("", erase)

    def _templates(self, _scope: Scope, _period: Period, _mark: str | None) -> Iterator[Step]:
        """What the account has; a WeChat that does not answer is asked again in an hour."""
        try:
            told = self.wechat.templates()  # before the step, as a network is slow
        except WechatError as error:
            log.warning("templates_not_told", error=str(error))
            return
        yield Step("", lambda session: templates.keep(session, told, self.clock()))

    def _sweep(self, _scope: Scope, _period: Period, _mark: str | None) -> Iterator[Step]:
        sweep(self.db, self.store, self.clock())  # before the step: files are slow, and SQLite has one writer
        yield Step("", lambda _session: None)

    # For whom

    def _counties(self) -> list[Scope]:
        with self.db.reading() as session:
            return [Scope(row.id, row.tz) for row in session.execute(select(County.id, County.tz).order_by(County.id))]

    def _zones(self) -> list[Scope]:
        """Each county's zones of stations: a window ends when it does where the member is."""
        zones = select(Station.county_id, Station.tz).distinct().order_by(Station.county_id, Station.tz)
        with self.db.reading() as session:
            return [Scope(row.county_id, row.tz) for row in session.execute(zones)]


def _everybody() -> list[Scope]:
    return [Scope(0, "Asia/Shanghai")]


def _daily(clock: str) -> Callable[[Scope, datetime], Period]:
    """Every day at this time of the scope's zone."""
    return lambda scope, after: daily(scope.tz, clock, after)


def _on_its_day(clock: str) -> Callable[[Scope, datetime], Period]:
    """The same, but not made up on a later date: what it says is about that day."""

    def next_after(scope: Scope, after: datetime) -> Period:
        period = daily(scope.tz, clock, after)
        return replace(period, ends_at=daily(scope.tz, "00:00", period.at).at)

    return next_after


def run(worker: Worker) -> None:
    """Tick until SIGTERM or SIGINT; a job under way is finished first."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        worker.delivery.stopping.set()
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    scheduler = BackgroundScheduler(timezone="UTC")
    for job in worker.jobs():
        scheduler.add_job(
            _logged(job),
            "interval",
            seconds=job.every_s,
            id=job.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(scheduler.timezone),
        )
    scheduler.start()
    log.info("worker_started", jobs=[job.name for job in worker.jobs()])
    stop.wait()
    scheduler.shutdown(wait=True)
    worker.db.dispose()


def _logged(job: Job) -> Callable[[], None]:
    """A job that fails is logged and tried again at the next tick; it must not take the others down."""

    def tick() -> None:
        try:
            job.run()
        except* LeaseLost as lost:
            log.warning("lease_lost", job=job.name, leases=[str(error) for error in lost.exceptions])
        except* Exception:
            log.exception("job_failed", job=job.name)

    return tick
