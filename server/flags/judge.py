"""What members deserve as things stand: a flag, nothing, or to be left alone until somebody has decided."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from server.flags import census
from server.flags.assess import Shortfall, assess, while_it_waits
from server.flags.census import Asked, Standing
from server.flags.models import Flag
from server.tally import policy
from server.tally.closed import counted_as as counted_as_then
from server.tally.closed import is_closed


def judge(
    members: Iterable[Standing], today: date, closed: bool
) -> tuple[dict[uuid.UUID, Shortfall], dict[uuid.UUID, Standing]]:
    """By member what is due; and those of the others of whom something waits for a decision (`waits`)."""
    due, unsure = dict[uuid.UUID, Shortfall](), dict[uuid.UUID, Standing]()
    for m in members:
        if found := assess(m.count, today, closed, m.usual_left):
            due[m.member_id] = found
        elif m.if_refused:
            unsure[m.member_id] = m
    return due, unsure


def waits(member: Standing | None, today: date, closed: bool) -> str:
    """Of somebody who is short only if what waits for a decision is refused, what is said meanwhile where a flag
    stands, which is neither over nor to be raised again; else nothing."""
    if member is None or member.if_refused is None:
        return ""
    refused = member.if_refused()
    return while_it_waits(member.count, today) if assess(refused.month, today, closed, refused.usual_left) else ""


def about(session: Session, county_id: int, tz: str, month: date, today: date) -> Asked:
    """What a pass asks about a month on this date: of a closed one as it was counted when it was closed."""
    counted_as, calendar_known = counted_as_then(session, county_id, month)
    book = policy.rulebook(session, county_id)
    book = book if calendar_known else book.without_calendar()
    return Asked(county_id, tz, month, today, book, is_closed(session, county_id, month), counted_as)


def judge_one(session: Session, flag: Flag, tz: str, today: date) -> tuple[Shortfall | None, str]:
    """The same of the member and the month of a flag, at this instant: what is due, and what is said while it waits."""
    among = "SELECT member_id FROM flags WHERE county_id = :county AND id = :flag"
    month = about(session, flag.county_id, tz, flag.month, today)
    asked = replace(month, among=among, values=(("flag", flag.id),))
    members = [member for _upto, part in census.standings(session, asked, None, 1) for member in part]
    due, unsure = judge(members, today, asked.closed)
    who = flag.member_id or uuid.UUID(int=0)
    return due.get(who), waits(unsure.get(who), today, asked.closed)
