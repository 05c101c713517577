"""Delivers the outbox: claim by a conditional update, send, record. The worker alone calls it, any number of them."""

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.clock import Clock
from server.db import Database
from server.notify import credits, messages
from server.notify.models import Notice
from server.notify.subscriptions import template_id
from server.wechat import errors
from server.wechat.client import WechatClient

log = structlog.get_logger()
_CLAIM_S = 60  # longer than any call to WeChat may take, its one retry included
_MOST_ATTEMPTS = 12  # with the waits below about three hours: an outage of WeChat or of our line, not a lunch break
_FIRST_WAIT_S = 10
_LONGEST_WAIT_S = 3600
_WECHAT_DAY = ZoneInfo("Asia/Shanghai")  # daily quotas start again at midnight there
_BATCH = 50
_NO_CREDIT_LEFT = 43101
NO_CREDIT = "no acceptance is left by our own ledger; WeChat was not asked"

# Where a member's messages go: (session, county_id, member_id) → openid, or None when no WeChat is bound.
Recipient = Callable[[Session, int, uuid.UUID], str | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt, as it is recorded."""

    state: str
    error: str | None = None
    again_at: datetime | None = None  # when `state` is pending
    no_credit: bool = False  # WeChat says that the person takes no more of this template


class Delivery:
    """One worker's hand on the outbox."""

    def __init__(
        self, db: Database, clock: Clock, wechat: WechatClient, recipient: Recipient, templates: Mapping[str, str]
    ) -> None:
        self._db = db
        self._clock = clock
        self._wechat = wechat
        self._recipient = recipient
        self._templates = templates

    def run(self) -> int:
        """Send what is due, up to one batch; returns how many notices were attempted."""
        self._give_up_cut_off()
        with self._db.reading() as session:
            due = session.execute(
                select(Notice.county_id, Notice.id)
                .where(Notice.state == "pending", Notice.due_at <= self._clock())
                .order_by(Notice.due_at)
                .limit(_BATCH)
            ).all()
        attempted = 0
        for row in due:
            attempted += self._one(row.county_id, row.id)
        return attempted

    def _give_up_cut_off(self) -> None:
        """WeChat has no idempotency key: a send whose record is missing may have arrived. It is not sent again."""
        with self._db.transaction() as session:
            session.execute(
                update(Notice)
                .where(Notice.state == "sending", Notice.claimed_until < self._clock())
                .values(state="uncertain", last_error="cut off between request and record")
            )

    def _one(self, county_id: int, notice_id: uuid.UUID) -> int:
        claim = uuid.uuid4().hex
        now = self._clock()
        with self._db.transaction() as session:
            notice = session.scalar(
                update(Notice)
                .where(Notice.county_id == county_id, Notice.id == notice_id, Notice.state == "pending")
                .values(state="sending", claim=claim, claimed_until=now + timedelta(seconds=_CLAIM_S))
                .returning(Notice)
            )
            if notice is None:
                return 0  # another worker was first
            openid = self._recipient(session, county_id, notice.member_id)
            ledger = self._ledger_of(notice)
            spent = ledger is not None and credits.is_spent(session, ledger)
            session.expunge(notice)
        outcome = Outcome("refused", NO_CREDIT) if openid and spent else self._send(notice, openid, now)
        self._record(notice, claim, outcome)
        return 1

    def _send(self, notice: Notice, openid: str | None, now: datetime) -> Outcome:
        if notice.expires_at is not None and notice.expires_at <= now:
            return Outcome("expired")
        if openid is None:
            return Outcome("refused", "no WeChat is bound")
        try:
            kind = messages.KINDS[notice.kind]
            fields = messages.compose(notice.kind, notice.facts)
        except (KeyError, TypeError, ValueError) as error:
            return Outcome("failed", f"facts do not fit the kind: {error!r}"[:200])
        template = template_id(notice.kind, self._templates)
        try:
            self._wechat.send_subscribe(openid, template, fields, kind.page)
        except errors.UserMustAct as error:
            return Outcome("refused", str(error), no_credit=error.errcode == _NO_CREDIT_LEFT)
        except errors.Uncertain as error:
            return Outcome("uncertain", str(error))
        except (errors.RetryLater, errors.QuotaSpent) as error:
            return _try_again(notice, error, now)
        except errors.WechatError as error:
            return Outcome("failed", str(error))
        return Outcome("sent")

    def _ledger_of(self, notice: Notice) -> credits.Holder | None:
        if notice.kind not in messages.KINDS:
            return None
        return credits.Holder(notice.county_id, notice.member_id, template_id(notice.kind, self._templates))

    def _record(self, notice: Notice, claim: str, outcome: Outcome) -> None:
        now = self._clock()
        values: dict[str, Any] = {
            "state": outcome.state,
            "last_error": outcome.error,
            "attempts": notice.attempts + 1,
            "claim": None,
            "claimed_until": None,
        }
        if outcome.state == "sent":
            values["sent_at"] = now
        if outcome.again_at is not None:
            values["due_at"] = outcome.again_at
        with self._db.transaction() as session:
            session.execute(
                update(Notice)
                .where(
                    Notice.county_id == notice.county_id,
                    Notice.id == notice.id,
                    # A claim that lapsed meanwhile was marked uncertain but stands; now the truth is known and told.
                    Notice.claim == claim,
                )
                .values(values)
            )
            if ledger := self._ledger_of(notice):
                _enter(session, ledger, outcome, now)
        log.info("notice", kind=notice.kind, state=outcome.state, error=outcome.error)


def _enter(session: Session, ledger: credits.Holder, outcome: Outcome, now: datetime) -> None:
    """What an attempt says about the person's acceptances."""
    if outcome.state == "sent":
        credits.take_one(session, ledger, now)
    elif outcome.no_credit:
        credits.empty(session, ledger, now, now)


def _try_again(notice: Notice, error: errors.WechatError, now: datetime) -> Outcome:
    """Later: after a growing wait with jitter, or when the quota's new day begins; `failed` after too many attempts."""
    if notice.attempts + 1 >= _MOST_ATTEMPTS:
        return Outcome("failed", str(error))
    if isinstance(error, errors.QuotaSpent):
        tomorrow = now.astimezone(_WECHAT_DAY).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return Outcome("pending", str(error), tomorrow + timedelta(seconds=random.uniform(60, 600)))
    wait_s = min(_FIRST_WAIT_S * 2**notice.attempts, _LONGEST_WAIT_S) * random.uniform(0.8, 1.2)
    return Outcome("pending", str(error), now + timedelta(seconds=wait_s))
