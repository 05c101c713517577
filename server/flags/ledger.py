"""Writes flags: raised with audit event, reminder and notice, closed with an audit event; many at a time."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, select, update
from sqlalchemy.orm import Session

from server.audit import journal
from server.db import lock
from server.flags.assess import Shortfall
from server.flags.models import Flag, FlagStep
from server.notify import outbox
from server.notify.outbox import Letter
from server.together import insert_many


@dataclass(frozen=True, slots=True)
class NewFlag:
    """A flag to be raised about a member, or about a unit whose leaders `tell` names. Its notice helps nobody from
    `stale_at` on."""

    month: date
    due: Shortfall
    member_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    tell: tuple[uuid.UUID, ...] = ()
    stale_at: datetime | None = None

    def letters(self) -> list[Letter]:
        """Once a kind and month, for a unit once a gap: what closes and comes back is shown, but nobody told again."""
        kind, facts = self.due.kind, self.due.facts | {"month": f"{self.month:%Y-%m}"}
        if self.member_id:
            key = f"flag:{self.member_id}:{self.month:%Y-%m}:{kind}"
            return [Letter(self.member_id, f"flag_{kind}", key, facts, self.stale_at)]
        key = f"flag:{self.unit_id}:{kind}:{facts['since']}"
        return [Letter(who, f"flag_{kind}", f"{key}:{who}", facts, self.stale_at) for who in self.tell]


def hold(session: Session, county_id: int) -> None:
    """Let nobody else raise or close flags of the county until the transaction ends."""
    lock(session, f"flags:{county_id}")


def open_of_members(
    session: Session, county_id: int, month: date, after: uuid.UUID | None, upto: uuid.UUID | None
) -> Sequence[Any]:
    """(id, member_id, kind, message, waits, told) of a month's open flags, of members after `after` up to `upto`."""
    told = exists().where(FlagStep.county_id == Flag.county_id, FlagStep.flag_id == Flag.id, FlagStep.step == "remind")
    statement = select(Flag.id, Flag.member_id, Flag.kind, Flag.message, Flag.waits, told.label("told")).where(
        Flag.county_id == county_id, Flag.month == month, Flag.closed_at.is_(None), Flag.member_id.is_not(None)
    )
    if after:
        statement = statement.where(Flag.member_id > after)
    if upto:
        statement = statement.where(Flag.member_id <= upto)
    return session.execute(statement.order_by(Flag.id)).all()


def close(
    session: Session, county_id: int, flags: Sequence[Any], now: datetime, mended: Sequence[uuid.UUID] = ()
) -> None:
    """The cause of these is gone. flags: rows with `id`, and `member_id` or `unit_id`; `mended`: the ids of those that
    no other takes the place of. Whoever was told that one of them was raised is told that it is over."""
    if not flags:
        return
    ids = [flag.id for flag in flags]
    session.execute(update(Flag).where(Flag.county_id == county_id, Flag.id.in_(ids)).values(closed_at=now))
    events = [(_about(flag), {"flag": str(flag.id)}) for flag in flags]
    journal.record_all(session, county_id, None, "flag.closed", events, now)
    outbox.enqueue_all(session, county_id, _all_clear(session, county_id, mended), now)


def _all_clear(session: Session, county_id: int, mended: Sequence[uuid.UUID]) -> list[Letter]:
    """One to each person who was reminded of one of these flags; as the reminder, once a kind and month, or a gap."""
    if not mended:
        return []
    reminded = session.execute(
        select(Flag.member_id, Flag.unit_id, Flag.kind, Flag.month, Flag.facts, FlagStep.told)
        .join(FlagStep, (FlagStep.county_id == Flag.county_id) & (FlagStep.flag_id == Flag.id))
        .where(Flag.county_id == county_id, Flag.id.in_(mended), FlagStep.step == "remind")
        .order_by(Flag.id)
    )
    letters = []
    for flag in reminded:
        month = f"{flag.month:%Y-%m}"
        key = f"flag_closed:{_about(flag)}:{flag.facts.get('since', month)}:{flag.kind}"
        facts = {"kind": flag.kind, "month": month}
        letters += [Letter(uuid.UUID(who), "flag_closed", f"{key}:{who}", facts) for who in flag.told]
    return letters


def reword(session: Session, county_id: int, words: Sequence[tuple[uuid.UUID, str, bool]]) -> None:
    """By id the sentence of this night, and whether it waits; `facts` stay those that raised it."""
    if words:
        table = cast(Table, Flag.__table__)
        of = (table.c.county_id == county_id) & (table.c.id == bindparam("flag"))
        values = [{"flag": id_, "said": message, "held": waits} for id_, message, waits in words]
        statement = update(table).where(of).values(message=bindparam("said"), waits=bindparam("held"))
        session.connection().execute(statement, values)


def raise_all(session: Session, county_id: int, new: Sequence[NewFlag], now: datetime) -> None:
    """Raise each, record it, and tell whoever was not told of it before; that is the ladder's first step."""
    if not new:
        return
    rows = [_row(county_id, flag, now) for flag in new]
    insert_many(session, Flag, rows)
    events = [
        (_about(flag), {"flag": str(row["id"]), "kind": row["kind"]}) for flag, row in zip(new, rows, strict=True)
    ]
    journal.record_all(session, county_id, None, "flag.raised", events, now)
    tell(session, county_id, [(row["id"], flag) for flag, row in zip(new, rows, strict=True)], now)


def tell(session: Session, county_id: int, raised: Sequence[tuple[uuid.UUID, NewFlag]], now: datetime) -> None:
    """Write the notices of these flags, each with its id, and that somebody was told. What is late is not written: it
    would help nobody, and keep the one out that is still in time."""
    letters = [[letter for letter in flag.letters() if not letter.is_late(now)] for _, flag in raised]
    written = outbox.enqueue_all(session, county_id, [letter for of_flag in letters for letter in of_flag], now)
    reminded = [
        _reminded(county_id, flag_id, told, now)
        for (flag_id, _), of_flag in zip(raised, letters, strict=True)
        if (told := [letter.member_id for letter in of_flag if letter.member_id and letter.key in written])
    ]
    insert_many(session, FlagStep, reminded)


def _row(county_id: int, flag: NewFlag, now: datetime) -> dict[str, Any]:
    return {
        "county_id": county_id,
        "id": uuid.uuid4(),
        "member_id": flag.member_id,
        "unit_id": flag.unit_id,
        "month": flag.month,
        "kind": flag.due.kind,
        "message": flag.due.message,
        "facts": flag.due.facts,
        "raised_at": now,
    }


def _reminded(county_id: int, flag_id: uuid.UUID, told: list[uuid.UUID], now: datetime) -> dict[str, Any]:
    return {
        "county_id": county_id,
        "flag_id": flag_id,
        "step": "remind",
        "decided_by": None,
        "heard": "",
        "reason": "",
        "told": [str(who) for who in told],
        "created_at": now,
    }


def _about(flag: Any) -> uuid.UUID:
    about: uuid.UUID = getattr(flag, "member_id", None) or flag.unit_id
    return about
