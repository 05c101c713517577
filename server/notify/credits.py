"""The ledger of acceptances: fed by what members answer, by what WeChat pushes and by what is sent; 43101 is the truth.

WeChat has no way to ask how many messages a person still takes, so this is an estimate that 43101 corrects. Of a 一次性
template each acceptance is good for one message; of a 长期 one (AccountTemplate.lasting) sending uses nothing up, and
the acceptance holds until the member turns it off or WeChat says 43101.

A ledger of none may be wrong, too: there may be an acceptance that neither the phone nor WeChat's push told us of. So
none is believed for a week (`ASK_AGAIN`) after the row last changed; then the next message is tried. If WeChat takes
it, the row stays as it was, and the one after it is tried as well; if not, its 43101 makes the row new and another week
passes. At worst that is one useless call a week for a member and template.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from server.db import dialect_of, lock, upsert
from server.notify.models import AccountTemplate, SubscriptionAnswer, SubscriptionCredit

# A phone tells us at the tap and so does WeChat, whose CreateTime is the tap's; clocks may differ by this much.
_SAME_TAP = timedelta(minutes=2)
ASK_AGAIN = timedelta(days=7)
_C = SubscriptionCredit
_A = SubscriptionAnswer


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose credits of which template."""

    county_id: int
    member_id: uuid.UUID
    template_id: str


def hear(session: Session, of: Holder, answer: str, source: str, key: str, at: datetime, now: datetime) -> bool:
    """Take in one answer (accept, reject, ban, filter); True when a credit was added. `key`: a repeat is not heard.

    An acceptance reaches us twice, from the phone (`phone`) and as a push (`wechat`), and nothing that both carry names
    it. It is told to be the same by the tap's time: an acceptance from one side goes with the nearest one of the other
    side that has no partner yet and lies within two minutes of it, and the two count once. What cannot be told:
    a phone whose report comes more than two minutes after the tap counts twice (43101 then sets the ledger right);
    and of two real acceptances within two minutes, of which only one reached us from each side, one is lost (the member
    gets a message fewer). Both err within one credit an answer.
    """
    lock(session, f"credits:{of.county_id}:{of.member_id}")
    partner = _partner(session, of, source, at) if answer == "accept" else None
    heard = (
        upsert(dialect_of(session), _A)
        .values(
            county_id=of.county_id,
            id=uuid.uuid4(),
            member_id=of.member_id,
            template_id=of.template_id,
            answer=answer,
            source=source,
            dedupe_key=key,
            at=at,
            paired=partner is not None,
        )
        .on_conflict_do_nothing(index_elements=[_A.county_id, _A.dedupe_key])
        .returning(_A.id)
    )
    if session.execute(heard).first() is None:
        return False
    if answer in ("reject", "ban"):
        _write(session, of, now, rejected_at=at)
    if answer != "accept":
        return False
    if partner is not None:
        session.execute(update(_A).where(_A.county_id == of.county_id, _A.id == partner).values(paired=True))
        return False
    return _add_one(session, of, at, now)


def empty(session: Session, of: Holder, at: datetime, now: datetime, rejected: bool = False) -> None:
    """There is none left, as of `at`: WeChat said 43101, or the member turned the template off (`rejected`). What was
    accepted after `at` stays: events come in no order."""
    later = select(_A.id).where(*_of(_A, of), _A.answer == "accept", _A.at > at)
    if session.scalar(later.limit(1)) is None:
        _write(session, of, now, credits=0, zeroed_at=at, **({"rejected_at": at} if rejected else {}))


def take_one(session: Session, of: Holder, now: datetime) -> None:
    """A message was delivered. Where nothing is known, nothing becomes known by it."""
    lasts = exists().where(AccountTemplate.template_id == of.template_id, AccountTemplate.lasting)
    taken = update(_C).where(*_of(_C, of), _C.credits > 0, ~lasts).values(credits=_C.credits - 1, updated_at=now)
    session.execute(taken)


def none_left(now: datetime) -> ColumnElement[bool]:
    """Whether a row of the ledger says that no message would be taken, and is young enough to be believed."""
    return and_(_C.credits == 0, _C.updated_at > now - ASK_AGAIN)


def of_member(session: Session, county_id: int, member_id: uuid.UUID) -> dict[str, SubscriptionCredit]:
    """The ledger of one member, by template id."""
    rows = session.scalars(select(_C).where(_C.county_id == county_id, _C.member_id == member_id))
    return {row.template_id: row for row in rows}


def forget_member(session: Session, county_id: int, member_id: uuid.UUID) -> None:
    """Another WeChat has other credits, and none has none."""
    for table in (_C, _A):
        session.execute(delete(table).where(table.county_id == county_id, table.member_id == member_id))


def forget_old(session: Session, before: datetime) -> None:
    """Delete the single answers of before; the count stays."""
    session.execute(delete(_A).where(_A.at < before))


def _of(table: type[SubscriptionCredit] | type[SubscriptionAnswer], of: Holder) -> tuple[ColumnElement[bool], ...]:
    return table.county_id == of.county_id, table.member_id == of.member_id, table.template_id == of.template_id


def _partner(session: Session, of: Holder, source: str, at: datetime) -> uuid.UUID | None:
    """The other side's acceptance of this tap, if it was told already."""
    near = session.execute(
        select(_A.id, _A.at).where(
            *_of(_A, of),
            _A.answer == "accept",
            _A.source != source,
            _A.paired.is_(False),
            _A.at.between(at - _SAME_TAP, at + _SAME_TAP),
        )
    ).all()
    return min(near, key=lambda one: abs(one.at - at)).id if near else None


def _add_one(session: Session, of: Holder, at: datetime, now: datetime) -> bool:
    """One more, unless there is known to have been none since."""
    counts = or_(_C.zeroed_at.is_(None), _C.zeroed_at <= at)
    statement = (
        upsert(dialect_of(session), _C)
        .values(
            county_id=of.county_id,
            member_id=of.member_id,
            template_id=of.template_id,
            credits=1,
            updated_at=now,
        )
        .on_conflict_do_update(
            index_elements=[_C.county_id, _C.member_id, _C.template_id],
            set_={
                "credits": case((counts, _C.credits + 1), else_=_C.credits),
                "rejected_at": case((_C.rejected_at > at, _C.rejected_at)),  # a refusal before it is over
                "updated_at": now,
            },
        )
        .returning(case((counts, 1), else_=0))
    )
    return session.scalar(statement) == 1


def _write(session: Session, of: Holder, now: datetime, **values: object) -> None:
    """Set these columns of the row, which is founded without a credit."""
    values["updated_at"] = now
    session.execute(
        upsert(dialect_of(session), _C)
        .values(
            county_id=of.county_id,
            member_id=of.member_id,
            template_id=of.template_id,
            **{"credits": 0, **values},
        )
        .on_conflict_do_update(index_elements=[_C.county_id, _C.member_id, _C.template_id], set_=values)
    )
