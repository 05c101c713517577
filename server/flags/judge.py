"""What members deserve as things stand: a flag, nothing, or to be left alone until somebody has decided."""

import uuid
from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from server.flags import census
from server.flags.assess import Shortfall, assess, while_it_waits
from server.flags.census import Asked, Standing
from server.flags.models import Flag
from server.tally import policy
from server.tally.closed import is_closed


def judge(
    members: Iterable[Standing], today: date, closed: bool
) -> tuple[dict[uuid.UUID, Shortfall], dict[uuid.UUID, str]]:
    """By member what is due; and of those who only fall short if what waits for a decision is refused, what is said
    meanwhile where a flag stands: it is neither over nor to be raised again."""
    due, waiting = dict[uuid.UUID, Shortfall](), dict[uuid.UUID, str]()
    for m in members:
        if found := assess(m.count, today, closed, m.usual_left):
            due[m.member_id] = found
        elif m.if_refused and assess(m.if_refused.month, today, closed, m.if_refused.usual_left):
            waiting[m.member_id] = while_it_waits(m.count)
    return due, waiting


def judge_one(session: Session, flag: Flag, tz: str, today: date) -> tuple[Shortfall | None, str]:
    """The same of the member and the month of a flag, at this instant: what is due, and what is said while it waits."""
    closed, book = is_closed(session, flag.county_id, flag.month), policy.rulebook(session, flag.county_id)
    among = "SELECT member_id FROM flags WHERE county_id = :county AND id = :flag"
    asked = Asked(flag.county_id, tz, flag.month, today, book, closed, among, (("flag", flag.id),))
    members = [member for _upto, part in census.standings(session, asked, None, 1) for member in part]
    due, waiting = judge(members, today, closed)
    about = flag.member_id or uuid.UUID(int=0)
    return due.get(about), waiting.get(about, "")
