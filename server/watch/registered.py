"""登记情况: how much of the county is entered, and what waits for whoever keeps the register."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.complaints.models import Complaint
from server.notify import dead
from server.notify.models import Notice
from server.org.models import Member, Squad, Station, Unit
from server.org.scope import Caller


@dataclass(frozen=True, slots=True)
class Registered:
    """Numbers of the caller's county: what is entered (people who were removed left out, `unbound` of them without
    WeChat), complaints without an answer, notices that reached nobody."""

    units: int
    squads: int
    stations: int
    people: int
    unbound: int
    complaints: int
    undelivered: int


def registered(session: Session, caller: Caller) -> Registered:
    """In one statement."""

    def number(table: Any, *narrowing: Any) -> Any:
        statement = select(func.count()).select_from(table)
        return statement.where(table.county_id == caller.county_id, *narrowing).scalar_subquery()

    here = Member.removed_at.is_(None)
    row = session.execute(
        select(
            *(number(Unit), number(Squad), number(Station), number(Member, here)),
            number(Member, here, Member.openid.is_(None)),
            number(Complaint, Complaint.answered_at.is_(None)),
            number(Notice, Notice.state.in_(dead.DEAD)),
        )
    ).one()
    return Registered(*row)
