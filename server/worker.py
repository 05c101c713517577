"""FACE 3: the scheduler's own process. APScheduler only ticks; what is due comes from the database and the clock."""

import signal
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import FrameType
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import leases, rate_limits
from server.audit import chain
from server.checkins import tickets
from server.clock import Clock, system_clock
from server.config import Config
from server.db import Database
from server.flags import reminders, service
from server.notify.deliver import Delivery
from server.notify.tokens import DatabaseTokens
from server.org import signin
from server.org.models import County, Member
from server.photos.store import FolderStore
from server.photos.sweep import sweep
from server.tally import second_look
from server.wechat.client import WechatClient

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table: what runs, and how often the worker looks whether it is due."""

    name: str
    every_s: int
    run: Callable[[], None]


class Worker:
    """The jobs of one process. Any number may run: each job either claims its period or claims its rows."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self.config = config
        self.clock = clock
        self.db = Database(config.database_url, config.database_pool_size)
        self.store = FolderStore(config.photo_root)
        wechat = WechatClient(config, DatabaseTokens(self.db, clock))
        self.delivery = Delivery(self.db, clock, wechat, openid_of, config.wechat_templates)

    def jobs(self) -> tuple[Job, ...]:
        """All that this process does, in one table."""
        return (
            Job("deliver_notices", 2, self.deliver_notices),
            Job("link_audit", 2, self.link_audit),
            Job("nightly_flags", 60, self.nightly_flags),
            Job("remind", 60, self.remind),
            Job("second_look", 2, self.second_look),
            Job("sweep", 3600, self.sweep),
        )

    def deliver_notices(self) -> None:
        while self.delivery.run():
            pass

    def second_look(self) -> None:
        while second_look.look_again(self.db, self.store, self.clock()):
            pass

    def link_audit(self) -> None:
        for county_id, _tz in self._counties():
            with self.db.transaction() as session:
                chain.link(session, county_id)

    def nightly_flags(self) -> None:
        """Once a county and local night, after NIGHTLY_AT. After an outage the latest missed night is made up."""
        for county_id, tz in self._counties():
            night = self._latest_night(tz)
            self._once(
                county_id,
                f"nightly_flags:{night}",
                lambda session, county_id=county_id, tz=tz: service.run_nightly(  # type: ignore[misc]
                    session, county_id, self.clock().astimezone(ZoneInfo(tz)).date(), self.clock()
                ),
            )

    def flags_now(self) -> None:
        """The nightly comparison at once, for an operator who will not wait; safe beside a running worker."""
        for county_id, tz in self._counties():
            with self.db.transaction() as session:
                service.run_nightly(session, county_id, self.clock().astimezone(ZoneInfo(tz)).date(), self.clock())

    def remind(self) -> None:
        for county_id, _tz in self._counties():
            with self.db.transaction() as session:
                reminders.remind(session, county_id, self.clock())

    def sweep(self) -> None:
        hour = self.clock().replace(minute=0, second=0, microsecond=0)

        def work(session: Session) -> None:
            sweep(self.db, self.store, self.clock())
            leases.forget_old(session, self.clock() - timedelta(days=60))
            rate_limits.forget_old(session, self.clock() - timedelta(days=1))
            signin.forget_old(session, self.clock() - timedelta(days=60))
            tickets.forget_old(session, self.clock() - timedelta(days=60))

        self._once(0, f"sweep:{hour:%Y-%m-%dT%H}", work)

    def _once(self, county_id: int, name: str, work: Callable[[Session], object]) -> None:
        """Do `work` for this job-and-period unless somebody did or is at it; its done mark commits with the work."""
        now = self.clock()
        with self.db.reading() as session:
            if leases.is_done(session, county_id, name):
                return
        with self.db.transaction() as session:
            token = leases.claim(session, county_id, name, now, ttl_s=300)
        if token is None:
            return
        with self.db.transaction() as session:
            result = work(session)
            leases.finish(session, county_id, name, token, self.clock())
        log.info("job_done", job=name, county=county_id, result=str(result))

    def _latest_night(self, tz: str) -> date:
        """The last local date whose NIGHTLY_AT has passed."""
        local = self.clock().astimezone(ZoneInfo(tz))
        passed = f"{local:%H:%M}" >= self.config.nightly_at
        return local.date() if passed else local.date() - timedelta(days=1)

    def _counties(self) -> list[tuple[int, str]]:
        with self.db.reading() as session:
            return [(row.id, row.tz) for row in session.execute(select(County.id, County.tz).order_by(County.id))]


def openid_of(session: Session, county_id: int, member_id: uuid.UUID) -> str | None:
    """The WeChat a member is bound to; None when there is none or the member was removed."""
    return session.scalar(
        select(Member.openid).where(Member.county_id == county_id, Member.id == member_id, Member.removed_at.is_(None))
    )


def run(config: Config) -> None:
    """Tick until SIGTERM or SIGINT; a job under way is finished first."""
    worker = Worker(config)
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
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
        except leases.LeaseLost as lost:
            log.warning("lease_lost", job=job.name, lease=str(lost))
        except Exception:
            log.exception("job_failed", job=job.name)

    return tick
