"""Several clean ones accepted together once their photos were seen, and for a minute taken back together."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Response, request
from sqlalchemy.orm import Session

from server.api.photos import link_to
from server.api.reviews import reviewed, undone, waiting_rows
from server.api.services import now, reading, transaction
from server.api.session import caller
from server.checkins import queue
from server.checkins.models import CheckIn
from server.checkins.review import UNDO_TOGETHER_WITHIN, Ruling, visible
from server.console.face import face, page
from server.console.rail import BUREAU
from server.console.review_list import MOST_AT_ONCE
from server.errors import AppError, conflict, invalid
from server.org import people


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one of them: the review that was made or taken back, or why not."""

    id: uuid.UUID
    name: str
    on: date
    review: uuid.UUID | None
    refused: str = ""


@face.post("/review/confirm")
def review_confirm() -> Response:
    """The photos of those that were chosen, before anything is decided."""
    with reading() as session:
        chosen = _visible(session, _ids("id"))
        items = [item for one in chosen if (item := queue.waits_for(session, caller(), one.id, now()))]
        if not items:
            raise conflict("nothing_waits", "所选的打卡都已经有人复核了。")
        photos = {one.id: link_to(one.photo_id, caller(), "preview") for one in chosen}
        return page("review_confirm.html", rows=waiting_rows(session, items), photos=photos, is_reviewer=True)


@face.post("/review/bulk")
def review_bulk() -> Response:
    """Accept them, each in a transaction of its own; what became of each is told. One that the caller may not see
    refuses all of them, before any is decided. All can be taken back until the same moment."""
    with reading() as session:
        chosen = _visible(session, _ids("id"))
    ruling = Ruling("accepted", settles_at=now() + UNDO_TOGETHER_WITHIN)
    results = _each(chosen, lambda session, checkin: _accepted(session, checkin, ruling))
    left_s = max(0, int((ruling.settles_at - now()).total_seconds())) if ruling.settles_at else 0
    return page("review_done.html", results=results, is_reviewer=True, is_undone=False, left_s=left_s)


@face.post("/review/bulk/undo")
def review_bulk_undo() -> Response:
    """Take back what was accepted together, each in a transaction of its own; what became of each is told."""
    made = dict(zip(_ids("id"), _ids("review"), strict=False))
    with reading() as session:
        chosen = _visible(session, list(made))

    def take_back(session: Session, checkin: CheckIn) -> uuid.UUID:
        undone(session, checkin.id, made[checkin.id])
        return made[checkin.id]

    return page("review_done.html", results=_each(chosen, take_back), is_reviewer=True, is_undone=True, left_s=0)


def _accepted(session: Session, checkin: CheckIn, ruling: Ruling) -> uuid.UUID:
    if queue.waits_for(session, caller(), checkin.id, now()) is None:
        raise conflict("nothing_waits", "已经有人复核过了，没有改动。")
    if not queue.is_clean(checkin):
        raise conflict("not_clean", "有需要核实的发现，请逐条复核。")
    return reviewed(session, checkin.id, ruling).review.id


def _each(chosen: Sequence[CheckIn], act: Callable[[Session, CheckIn], uuid.UUID]) -> list[Result]:
    with reading() as session:
        names = people.names(session, caller().county_id, {one.member_id for one in chosen})
    results = []
    for checkin in chosen:
        review, refused = None, ""
        try:
            with transaction() as session:
                review = act(session, checkin)
        except AppError as error:
            refused = error.detail
        results.append(Result(checkin.id, names[checkin.member_id], checkin.on_date, review, refused))
    return results


def _visible(session: Session, ids: Sequence[uuid.UUID]) -> list[CheckIn]:
    """Those check-ins. Raises 403 for who does not review, 404 for one that is not theirs to see, 422 for none, and
    for more than may be seen at once."""
    caller().require(BUREAU)
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise invalid("choose_some", f"请选择 1 到 {MOST_AT_ONCE} 条。", most=MOST_AT_ONCE)
    return [visible(session, caller(), one) for one in ids]


def _ids(field: str) -> list[uuid.UUID]:
    try:
        return list(dict.fromkeys(uuid.UUID(text) for text in request.form.getlist(field)))
    except ValueError:
        raise invalid("input_invalid", "填写有误：编号格式不对。") from None
