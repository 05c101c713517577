"""The list of what waits, page by page, of which several clean ones may be chosen (review_together.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Response
from sqlalchemy.orm import Session

from server.api.checkin_replies import CheckInRow
from server.api.checkins import ListQuery, list_checkins
from server.api.paging import cut, read_cursor
from server.api.reviews import WaitingQuery, waiting_rows, wanted
from server.api.services import now, reading
from server.api.session import caller
from server.checkins import claims, queue, second_opinion
from server.checkins.claims import Held
from server.checkins.models import CheckIn
from server.console.face import face, page, query
from server.console.finding_words import EXPLAINED
from server.console.rail import BUREAU
from server.console.review import filter_choices
from server.org.scope import county as in_county

MOST_AT_ONCE = 50
_RATE_OVER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `held`: somebody else looks at it; `may_choose`: nobody does, and nothing speaks against it."""

    row: CheckInRow
    held: Held | None
    may_choose: bool


@face.get("/review/list")
def review_list() -> Response:
    """What waits for whoever reviews; to others what is under review of those they watch, to read and comment on."""
    asked = query(WaitingQuery)
    if not caller().has(BUREAU):
        found = list_checkins(ListQuery(holds="review", limit=asked.limit, cursor=asked.cursor))
        return page("review_list.html", rows=found["items"], cursor=found["next_cursor"], is_reviewer=False, filters={})
    with reading() as session:
        shown, cursor = listed(session, asked)
        disagreement = second_opinion.disagreement(session, caller().county_id, now() - _RATE_OVER)
        return page(
            "review_list.html",
            rows=_rows(session, shown),
            cursor=cursor,
            is_reviewer=True,
            filters=asked.model_dump(exclude_none=True, exclude={"limit", "cursor"}, mode="json"),
            choices=filter_choices(session),
            left=queue.count(session, caller(), wanted(asked), now()),
            at=now(),
            disagreement=disagreement,
            most=MOST_AT_ONCE,
            explained=EXPLAINED,
        )


def listed(session: Session, asked: WaitingQuery) -> tuple[Sequence[queue.Item], str | None]:
    """A page of what waits, also what others look at, and the next cursor."""
    after = queue.Item(*read_cursor(asked.cursor)) if asked.cursor else None
    items = queue.waiting(session, caller(), wanted(asked), now(), asked.limit + 1, after, held_too=True)
    return cut(items, asked, "received_at")


def _rows(session: Session, items: Sequence[queue.Item]) -> list[Row]:
    ids, differing = [item.id for item in items], {item.id for item in items if item.differs}
    stored = {c.id: c for c in session.scalars(in_county(caller(), CheckIn).where(CheckIn.id.in_(ids)))}
    held = claims.held(session, caller(), ids, now())
    return [
        Row(row, held.get(row.id), queue.is_clean(stored[row.id]) and row.id not in {*differing, *held})
        for row in waiting_rows(session, items)
    ]
