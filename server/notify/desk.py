"""The one transaction of delivery: what came back is recorded, and what goes next is taken; one worker at a time.

A member has one notice on its way at most (`sending`), so two workers never write to one phone at once (43108). The
order of locks: "notices", then rows of notices, then of credits.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Text,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from server.clock import Clock
from server.db import dialect_of, lock, upsert
from server.notify import course, credits, messages
from server.notify.channel import Channel, Find, Member, Outcome, Parcel
from server.notify.channels.group_bot import A_MINUTE
from server.notify.models import ChannelPause, Notice, NoticeMute, SubscriptionCredit

log = structlog.get_logger()
CLAIM_S = 60  # longer than any call to WeChat may take, its one retry included
_MINUTE = timedelta(seconds=61)  # the bot's clock is not ours
_N = Notice.__table__.c
_ON_THEIR_WAY = Notice.__table__.alias("o")
_IS_SENDING: ColumnElement[bool] = literal_column("o.state = 'sending'")  # not a parameter: it names the index
_WAITING = Notice.__table__.alias("w")
_IS_WAITING: ColumnElement[bool] = literal_column("w.state = 'pending'")  # the same
PATIENCE = timedelta(minutes=10)  # the jitter after a spent day is less, and so are the first six waits of a retry


def _channel_of(notice: FromClause) -> ColumnElement[str]:
    """The channel that a notice is at; one that was not begun is before its kind's first."""
    by_mail = [name for name, kind in messages.KINDS.items() if kind.channels[0] == "email"]
    return func.coalesce(notice.c.channel, case((notice.c.kind.in_(by_mail), "email"), else_="subscribe"))


def _may_have_arrived(notice: FromClause) -> ColumnElement[bool]:
    """`course.in_doubt` for the database: a try ended without an answer (also one before it was sent anew by hand)."""
    return cast(notice.c.tries, Text).contains('"uncertain"')


_DUE = (
    select(Notice.__table__)
    .where(_N.state == "pending", _N.due_at <= bindparam("now"))
    # Who is being written to comes later, and must not stand in the way of everybody behind.
    .where(
        ~exists(literal_column("1"))
        .select_from(_ON_THEIR_WAY)
        .where(_ON_THEIR_WAY.c.county_id == _N.county_id, _ON_THEIR_WAY.c.member_id == _N.member_id, _IS_SENDING)
    )
    # Of one reader's by one channel the older goes first; not one that waits long, or may have arrived already and
    # still waits, nor before what cannot wait.
    .where(
        or_(
            _N.expires_at <= bindparam("soon"),
            ~exists(literal_column("1"))
            .select_from(_WAITING)
            .where(
                _WAITING.c.county_id == _N.county_id,
                _WAITING.c.member_id == _N.member_id,
                _WAITING.c.created_at < _N.created_at,
                _WAITING.c.due_at <= bindparam("soon"),
                _channel_of(_WAITING) == _channel_of(Notice.__table__),
                or_(~_may_have_arrived(_WAITING), _WAITING.c.due_at <= bindparam("now")),
                _IS_WAITING,
            ),
        )
    )
    .order_by(_N.due_at)
    .limit(bindparam("most"))
    # Nor who is just marking theirs as read: waiting for several rows of somebody's, in another order than they do,
    # both would wait for ever. They come with the next turn.
    .with_for_update(of=Notice.__table__, skip_locked=True)
)
_RECORD = (
    update(Notice.__table__)  # type: ignore[arg-type]
    # A claim that lapsed meanwhile was taken for cut off but stands; now the truth is known and told.
    .where(_N.county_id == bindparam("of_county"), _N.id == bindparam("of_id"), _N.claim == bindparam("of_claim"))
    .values({name: bindparam(name) for name in ("state", "channel", "attempts", "tries", "last_error", "due_at")})
    .values(sent_at=bindparam("sent_at"), claim=None, claimed_until=None)
)
_SETTLE = (
    update(Notice.__table__)  # type: ignore[arg-type]
    .where(_N.county_id == bindparam("of_county"), _N.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in ("state", "tries", "last_error", "due_at")})
)
_TAKE = (
    update(Notice.__table__)  # type: ignore[arg-type]
    .where(_N.county_id == bindparam("of_county"), _N.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in ("channel", "attempts", "tries", "claim", "claimed_until", "tried_at")})
    .values(state="sending")
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A notice as it was taken, with the channel it goes by."""

    parcel: Parcel
    row: course.Waiting
    template: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of it."""

    taken: Taken
    outcome: Outcome


@dataclass
class _Seen:
    """A row's columns, with those changed that were decided since."""

    kind: str
    county_id: int
    channel: str | None
    attempts: int
    tries: list[Any]
    created_at: datetime
    expires_at: datetime | None
    last_error: str | None


class Desk:
    """What a delivery needs to know of its surroundings. `channels`: those that are configured, by name."""

    def __init__(self, clock: Clock, channels: Mapping[str, Channel], find: Find, night: course.Night | None) -> None:
        self._clock = clock
        self._channels = channels
        self._find = find
        self._night = night

    def turn(self, session: Session, returned: Sequence[Returned], hands: int) -> tuple[list[Taken], int]:
        """Record, then take up to `hands` notices; and how many others were looked at and decided upon."""
        lock(session, "notices")
        now = self._clock()
        self._record(session, returned, now)
        self._give_up_cut_off(session, now)
        return self._take(session, hands, now)

    def _record(self, session: Session, returned: Sequence[Returned], now: datetime) -> None:
        rows = [self._row_of(one, now) for one in returned]
        if rows:
            session.execute(_RECORD, rows)
        for one in sorted(returned, key=lambda one: str(one.taken.parcel.member_id)):
            self._enter(session, one, now)
            log.info("notice", kind=one.taken.parcel.kind, state=one.outcome.word, error=one.outcome.error)

    def _row_of(self, one: Returned, now: datetime) -> dict[str, Any]:
        parcel = one.taken.parcel
        key = {"of_county": parcel.county_id, "of_id": parcel.id, "of_claim": parcel.claim}
        return key | course.after(one.taken.row, one.outcome, now)

    def _enter(self, session: Session, one: Returned, now: datetime) -> None:
        """What an attempt says about the person's acceptances, and about what everybody should leave alone."""
        taken, outcome = one.taken, one.outcome
        if taken.parcel.channel == "subscribe" and taken.parcel.member_id:
            ledger = credits.Holder(taken.parcel.county_id, taken.parcel.member_id, taken.template)
            if outcome.word == "sent":
                credits.take_one(session, ledger, now)
            elif outcome.no_credit:
                credits.empty(session, ledger, taken.at, now)  # an acceptance since then was not asked for
        if paused := course.pause(taken.row, taken.template, outcome, now):
            name, until = paused
            values = {"until": until, "why": str(outcome.error)[:200]}
            session.execute(
                upsert(dialect_of(session), ChannelPause)
                .values(name=name, **values)
                .on_conflict_do_update(index_elements=[ChannelPause.name], set_=values)
            )

    def _give_up_cut_off(self, session: Session, now: datetime) -> None:
        """WeChat has no idempotency key: a send whose record is missing may have arrived."""
        lapsed = session.execute(
            select(Notice.__table__).where(_N.state == "sending", _N.claimed_until < now).limit(1000)
        ).all()
        for row in lapsed:
            values = course.after(_seen(row), Outcome("uncertain", course.CUT_OFF), now)
            statement = update(Notice.__table__).values(values)  # type: ignore[arg-type]
            session.execute(statement.where(_N.county_id == row.county_id, _N.id == row.id))

    def _take(self, session: Session, hands: int, now: datetime) -> tuple[list[Taken], int]:
        due = session.execute(_DUE, {"now": now, "soon": now + PATIENCE, "most": 4 * hands}).all()
        if not due:
            return [], 0
        setting_of = self._settings(session, due, now)
        groups = select(_N.county_id, _N.member_id).where(_N.state == "sending", _N.member_id.is_(None))
        busy = {(row.county_id, row.member_id) for row in session.execute(groups)}
        taken: list[Taken] = []
        settled: list[dict[str, Any]] = []
        for row in due:
            if len(taken) == hands:
                break
            reader = (row.county_id, row.member_id)
            step = course.next_step(_seen(row), setting_of(row), self._channels)
            if not isinstance(step, course.Go):
                settled.append(_settled(row, step))
            elif reader not in busy:
                busy.add(reader)
                taken.append(_taken(row, step, now))
        if settled:
            session.execute(_SETTLE, settled)
        if taken:
            session.execute(_TAKE, [_claim_of(one, now) for one in taken])
        return taken, len(settled)

    def _settings(
        self, session: Session, due: Sequence[Row[Any]], now: datetime
    ) -> Callable[[Row[Any]], course.Setting]:
        """Everything that bears on these notices, asked together."""
        readers: list[Member] = sorted({(row.county_id, row.member_id) for row in due if row.member_id})
        people = self._find(session, readers, now) if readers else {}
        muted = _by_reader(session, readers, NoticeMute, NoticeMute.kind, NoticeMute.place)
        template = SubscriptionCredit.template_id
        spent = _by_reader(session, readers, SubscriptionCredit, template, where=credits.none_left(now))
        pauses = {row.name: row.until for row in session.scalars(select(ChannelPause).where(ChannelPause.until > now))}
        free_at = _bots(session, now) if any(row.member_id is None for row in due) else {}

        def setting(row: Row[Any]) -> course.Setting:
            reader = (row.county_id, row.member_id)
            return course.Setting(
                now=now,
                to=people.get(reader),
                muted={place for kind, place in muted.get(reader, ()) if kind == row.kind},
                spent={template for (template,) in spent.get(reader, ())},
                pauses=pauses,
                night=self._night,
                bot_free_at=free_at.get(row.county_id),
            )

        return setting


def _seen(row: Any) -> _Seen:
    return _Seen(**{name: getattr(row, name) for name in _Seen.__dataclass_fields__})


def _by_reader(
    session: Session, readers: Sequence[Member], table: Any, *columns: Any, where: ColumnElement[bool] | None = None
) -> dict[Member, list[tuple[Any, ...]]]:
    """These columns of the rows of these members, by member; only those `where`, if it is given."""
    found: dict[Member, list[tuple[Any, ...]]] = {}
    if not readers:
        return found
    statement = select(table.county_id, table.member_id, *columns).where(
        tuple_(table.county_id, table.member_id).in_(readers)
    )
    if where is not None:
        statement = statement.where(where)
    for row in session.execute(statement):
        found.setdefault((row[0], row[1]), []).append(tuple(row[2:]))
    return found


def _bots(session: Session, now: datetime) -> dict[int, datetime]:
    """When the bot of a county that has spoken its fill in the last minute may speak again."""
    spoken = session.execute(
        select(_N.county_id, func.min(_N.tried_at).label("first"), func.count().label("times"))
        .where(_N.member_id.is_(None), _N.tried_at > now - _MINUTE)
        .group_by(_N.county_id)
    )
    return {row.county_id: row.first + _MINUTE for row in spoken if row.times >= A_MINUTE}


def _settled(row: Row[Any], step: course.Rest | course.End) -> dict[str, Any]:
    key = {"of_county": row.county_id, "of_id": row.id}
    if isinstance(step, course.Rest):
        return key | {"state": "pending", "tries": row.tries, "last_error": row.last_error, "due_at": step.until}
    return key | {"state": step.state, "tries": step.tries, "last_error": step.error, "due_at": row.due_at}


def _taken(row: Row[Any], step: course.Go, now: datetime) -> Taken:
    name = step.channel.name
    seen = _seen(row)
    seen.attempts = row.attempts if row.channel == name else 0
    seen.channel, seen.tries = name, step.tries
    parcel = Parcel(row.county_id, row.id, row.member_id, row.kind, row.facts, name, step.address, uuid.uuid4().hex)
    return Taken(parcel, seen, step.channel.template(row.kind), now)


def _claim_of(one: Taken, now: datetime) -> dict[str, Any]:
    return {
        "of_county": one.parcel.county_id,
        "of_id": one.parcel.id,
        "channel": one.parcel.channel,
        "attempts": one.row.attempts,
        "tries": one.row.tries,
        "claim": one.parcel.claim,
        "claimed_until": now + timedelta(seconds=CLAIM_S),
        "tried_at": now,
    }
