"""复核: one check-in at a time, claimed for whoever sees it, with the next ones loaded already."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, redirect, url_for
from pydantic import Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import comments_reply
from server.api.checkins import CheckInPath
from server.api.comments import CommentBody
from server.api.comments import comment as api_comment
from server.api.reviews import QueueFilters, waiting_rows, wanted
from server.api.services import now, reading, transaction
from server.api.session import caller
from server.checkins import claims, queue, second_opinion
from server.checkins import review as service
from server.checkins.models import CheckIn, Review
from server.checkins.queue import Item
from server.checkins.rejection import GROUNDS
from server.console.evidence import Shown, shown
from server.console.face import face, form, page, query
from server.console.finding_words import FINDINGS
from server.console.rail import BUREAU
from server.errors import AppError
from server.org.models import Squad, Unit
from server.org.scope import county as in_county

AHEAD = 2  # loaded beside the one that is seen: whoever decides at a glance does not wait either
_IN_STRIP = 12
AGES = ((1, "1 天以上"), (3, "3 天以上"), (7, "7 天以上"))
WEIGHTS = ((4, "较重（4 以上）"), (8, "很重（8 以上）"))


@dataclass(frozen=True, slots=True)
class Open:
    """One check-in on the desk. `decide`: "waiting" or "anew" (others decided on it before, `beside`), or why not."""

    seen: Shown
    decide: str
    refused: str
    beside: uuid.UUID | None
    differs: bool


class Next(QueueFilters):
    """What the page has already, what it gives back, what it keeps, and how many more it wants."""

    have: str = Field("", max_length=20_000)
    left: str = Field("", max_length=20_000)
    keep: str = Field("", max_length=2_000)
    many: int = Field(1, ge=0, le=1)

    @property
    def keeps(self) -> list[uuid.UUID]:
        """Those on the desk that are undecided."""
        return _ids(self.keep)[:20]


@face.get("/review")
def review() -> Response:
    """The queue, beginning with what has waited longest. Who does not review reads the list."""
    asked = query(QueueFilters)
    if not caller().has(BUREAU):
        return redirect(url_for("desk.review_list"))  # type: ignore[return-value]
    with transaction() as session:
        items = queue.take(session, caller(), wanted(asked), now(), 1 + AHEAD)
        desk = _desk(session, asked, [_taken(session, item) for item in items])
    return page("review.html", **desk)


@face.get("/review/<uuid:checkin_id>")
def review_one(checkin_id: uuid.UUID) -> Response:
    """One check-in by its address; what waits follows it."""
    asked = query(QueueFilters)
    with transaction() as session:
        service.visible(session, caller(), checkin_id)
        item = queue.waits_for(session, caller(), checkin_id, now())
        opened = [_open(session, checkin_id, item)]
        if caller().has(BUREAU):
            more = queue.take(session, caller(), wanted(asked), now(), AHEAD, besides=[checkin_id])
            opened += [_taken(session, one) for one in more]
        desk = _desk(session, asked, opened)
    return page("review.html", **desk)


@face.post("/review/next")
def review_next() -> Response:
    """The next one that the page does not have yet, claimed; what the page went past is given back."""
    asked = form(Next)
    caller().require(BUREAU)
    have, left = _ids(asked.have), _ids(asked.left)
    with transaction() as session:
        if left:
            claims.release(session, caller(), *left)
        for one in sorted(set(asked.keeps)):  # still before the reviewer: their five minutes begin anew
            claims.claim(session, caller(), one, now())
        items = queue.take(session, caller(), wanted(asked), now(), asked.many, besides=have)
        opened = [_taken(session, item) for item in items]
        around = _around(session, asked, [*have, *(item.id for item in items)])
    return page("_next.html", opened=opened, grounds=GROUNDS, **around)


@face.post("/review/<uuid:checkin_id>/comments")
def review_comment(checkin_id: uuid.UUID) -> Response:
    """Say something; the comments as they are then."""
    api_comment(CheckInPath(checkin_id=checkin_id), form(CommentBody))
    with reading() as session:
        comments = comments_reply(session, checkin_id)
    return page("_comments.html", comments=comments, checkin_id=checkin_id)


def _desk(session: Session, asked: QueueFilters, opened: Sequence[Open]) -> dict[str, Any]:
    return {
        "opened": opened,
        "grounds": GROUNDS,
        "filters": asked.model_dump(exclude_none=True, mode="json"),
        "choices": filter_choices(session),
        **_around(session, asked, [one.seen.checkin.id for one in opened]),
    }


def _taken(session: Session, item: Item) -> Open:
    """One that waits, and is the caller's."""
    checkin, seen = _seen(session, item.id)
    beside = session.scalar(service.decisions(checkin)) if item.differs else None
    return Open(seen, "waiting", "", beside.id if beside else None, item.differs)


def _open(session: Session, checkin_id: uuid.UUID, item: Item | None) -> Open:
    """One by its address: the caller's if it waits and nobody else has it."""
    if item is None:
        return _decided(session, *_seen(session, checkin_id))
    if claims.claim(session, caller(), checkin_id, now()):
        return _taken(session, item)
    holder = claims.holder(session, caller(), checkin_id, now())
    return Open(_seen(session, checkin_id)[1], "", f"{holder}正在看这一条，请先看下一条。", None, item.differs)


def _seen(session: Session, checkin_id: uuid.UUID) -> tuple[CheckIn, Shown]:
    """As the caller may see it."""
    checkin = session.scalars(in_county(caller(), CheckIn).where(CheckIn.id == checkin_id)).one()
    blind = second_opinion.is_blind_to(session, caller(), checkin, now())
    return checkin, shown(session, caller(), checkin, blind, now())


def _decided(session: Session, checkin: CheckIn, seen: Shown) -> Open:
    """What does not wait for the caller may be decided anew by whoever reviews and is not involved."""
    if not caller().has(BUREAU):
        return Open(seen, "", "复核由招商局的监督人员决定；您可以留言说明情况。", None, differs=False)
    before: Review | None = session.scalar(service.decisions(checkin))
    try:
        service.require_free(session, caller(), checkin, before, now())
    except AppError as error:
        return Open(seen, "", error.detail, None, differs=False)
    return Open(seen, "anew", "", before.id if before else None, differs=False)


def _around(session: Session, asked: QueueFilters, have: Sequence[uuid.UUID]) -> dict[str, Any]:
    """The strip of what comes then, and the sums."""
    at = now()
    midnight = datetime.combine(caller().today, time(), ZoneInfo(caller().tz))
    found = queue.waiting(session, caller(), wanted(asked), at, _IN_STRIP + len(have))
    coming = [item for item in found if item.id not in have][:_IN_STRIP]
    return {
        "coming": waiting_rows(session, coming),
        "left": queue.count(session, caller(), wanted(asked), at),
        "done_today": queue.decided_since(session, caller(), midnight),
        "at": at,
        "is_reviewer": caller().has(BUREAU),
    }


def filter_choices(session: Session) -> dict[str, Sequence[tuple[Any, str]]]:
    """What the queue can be narrowed by."""
    units = session.execute(in_county(caller(), Unit).with_only_columns(Unit.id, Unit.name).order_by(Unit.name))
    squads = session.execute(in_county(caller(), Squad).with_only_columns(Squad.id, Squad.name).order_by(Squad.name))
    return {
        "unit": [(str(row.id), row.name) for row in units],
        "squad": [(str(row.id), row.name) for row in squads],
        "finding": list(FINDINGS.items()),
        "days": AGES,
        "weight": WEIGHTS,
    }


def _ids(text: str) -> list[uuid.UUID]:
    """Ids by commas; what is none is left out."""
    found = []
    for part in text.split(","):
        try:
            found.append(uuid.UUID(part))
        except ValueError:
            continue
    return found[-200:]
