"""The list of what waits, page by page; and several clean ones accepted together, once their photos were seen."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import Response, request
from sqlalchemy.orm import Session

from server.api.checkin_replies import CheckInRow
from server.api.checkins import ListQuery, list_checkins
from server.api.paging import cut, read_cursor
from server.api.photos import link_to
from server.api.reviews import WaitingQuery, reviewed, waiting_rows, wanted
from server.api.services import now, reading, transaction
from server.api.session import caller
from server.checkins import queue, second_opinion
from server.checkins.models import CheckIn
from server.checkins.review import Ruling, visible
from server.console.face import face, page, query
from server.console.rail import BUREAU
from server.console.review import filter_choices
from server.errors import AppError, conflict, invalid
from server.org import people
from server.org.scope import county as in_county

MOST_AT_ONCE = 50
_RATE_OVER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `is_clean`: nothing speaks against it, so that it may be chosen."""

    row: CheckInRow
    is_clean: bool
    photo: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one of those that were accepted together."""

    id: uuid.UUID
    name: str
    on: date
    said: str
    is_done: bool


@face.get("/review/list")
def review_list() -> Response:
    """What waits for whoever reviews; to others what is under review of those they watch, to read and comment on."""
    asked = query(WaitingQuery)
    if not caller().has(BUREAU):
        found = list_checkins(ListQuery(holds="review", limit=asked.limit, cursor=asked.cursor))
        return page("review_list.html", rows=found["items"], cursor=found["next_cursor"], is_reviewer=False, filters={})
    after = queue.Item(*read_cursor(asked.cursor)) if asked.cursor else None
    with reading() as session:
        items = queue.waiting(session, caller(), wanted(asked), now(), asked.limit + 1, after)
        shown, cursor = cut(items, asked, "received_at")
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
        )


@face.post("/review/confirm")
def review_confirm() -> Response:
    """The photos of those that were chosen, before anything is decided."""
    with reading() as session:
        items = [item for one in _chosen() if (item := queue.waits_for(session, caller(), one, now()))]
        if not items:
            raise conflict("nothing_waits", "所选的打卡都已经有人复核了。")
        return page("review_confirm.html", rows=_rows(session, items), is_reviewer=True)


@face.post("/review/bulk")
def review_bulk() -> Response:
    """Accept them, each in a transaction of its own; what became of each is told. One that the caller may not see
    refuses all of them, before any is decided."""
    with reading() as session:
        chosen = [visible(session, caller(), one) for one in _chosen()]
        names = people.names(session, caller().county_id, {one.member_id for one in chosen})
    results = [_accepted(one, names[one.member_id]) for one in chosen]
    return page("review_done.html", results=results, is_reviewer=True)


def _accepted(checkin: CheckIn, name: str) -> Result:
    result = Result(checkin.id, name, checkin.on_date, "", is_done=True)
    try:
        with transaction() as session:
            if queue.waits_for(session, caller(), checkin.id, now()) is None:
                raise conflict("nothing_waits", "已经有人复核过了，没有改动。")
            if not queue.is_clean(checkin):
                raise conflict("not_clean", "有需要核实的发现，请逐条复核。")
            reviewed(session, checkin.id, Ruling("accepted"))
    except AppError as error:
        return replace(result, said=error.detail, is_done=False)
    return result


def _chosen() -> list[uuid.UUID]:
    """The ids of the form. Raises 422 for none, and for more than may be seen at once."""
    caller().require(BUREAU)
    ids = list(dict.fromkeys(_id(text) for text in request.form.getlist("id")))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise invalid("choose_some", f"请选择 1 到 {MOST_AT_ONCE} 条。", most=MOST_AT_ONCE)
    return ids


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise invalid("input_invalid", "填写有误：编号格式不对。") from None


def _rows(session: Session, items: Sequence[queue.Item]) -> list[Row]:
    ids, differing = [item.id for item in items], {item.id for item in items if item.differs}
    stored = {c.id: c for c in session.scalars(in_county(caller(), CheckIn).where(CheckIn.id.in_(ids)))}
    return [
        Row(
            row,
            queue.is_clean(stored[row.id]) and row.id not in differing,
            link_to(stored[row.id].photo_id, caller(), "preview"),
        )
        for row in waiting_rows(session, items)
    ]
