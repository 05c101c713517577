"""复核: one check-in at a time, claimed for whoever sees it, with the next ones loaded already."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify, redirect, url_for
from pydantic import Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import comments_reply
from server.api.checkins import CheckInPath
from server.api.comments import CommentBody
from server.api.comments import comment as api_comment
from server.api.reviews import QueueFilters, waiting_rows, wanted
from server.api.services import now, reading, services, transaction
from server.api.session import caller
from server.checkins import claims, queue, second_opinion
from server.checkins import review as service
from server.checkins.models import CheckIn, Review
from server.checkins.queue import Item
from server.checkins.rejection import GROUNDS
from server.console.evidence import Shown, looked, shown
from server.console.face import face, form, page, query
from server.console.finding_words import EXPLAINED, FINDINGS
from server.console.rail import BUREAU
from server.errors import AppError
from server.org.scope import county as in_county
from server.watch import members

AHEAD = 2  # loaded beside the one that is seen: whoever decides at a glance does not wait either
AGES = ((1, "1 天以上"), (3, "3 天以上"), (7, "7 天以上"))
_FIXED = {"grounds": GROUNDS, "explained": EXPLAINED}
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
    """What the page gives back, what it keeps, what it went past, and how many more it wants."""

    left: str = Field("", max_length=20_000)
    keep: str = Field("", max_length=2_000)
    past: str = Field("", max_length=20_000)
    many: int = Field(1, ge=0, le=AHEAD)

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
        at = now()
        taken = queue.take(session, caller(), wanted(asked), at, 1 + AHEAD)
        opened = [_taken(session, item, ahead=number > 0) for number, item in enumerate(taken.items)]
        desk = _desk(session, asked, opened) | _around(session, asked, taken, at)
    return page("review.html", **desk)


@face.get("/review/<uuid:checkin_id>")
def review_one(checkin_id: uuid.UUID) -> Response:
    """One check-in by its address; what waits follows it."""
    asked = query(QueueFilters)
    with transaction() as session:
        service.visible(session, caller(), checkin_id)
        item = queue.waits_for(session, caller(), checkin_id, now())
        if not caller().has(BUREAU):
            return page("review.html", **_desk(session, asked, [_decided(session, *_seen(session, checkin_id))]))
        kept, at = [checkin_id] if item else [], now()
        taken = queue.take(session, caller(), wanted(asked), at, AHEAD, besides=[checkin_id], kept=kept)
        opened = [_open(session, checkin_id, item, checkin_id in taken.mine)]
        opened += [_taken(session, one, ahead=True) for one in taken.items]
        desk = _desk(session, asked, opened) | _around(session, asked, taken, at)
    return page("review.html", **desk)


@face.post("/review/next")
def review_next() -> Response:
    """The next one that the page does not have yet, claimed; what the page went past is given back."""
    asked = form(Next)
    caller().require(BUREAU)
    keeps, left = asked.keeps, _ids(asked.left)
    if left:
        with transaction() as session:  # of its own: what one transaction claims and gives back has one order
            claims.release(session, caller(), *left)
    with transaction() as session:
        has, at = {*keeps, *_ids(asked.past)}, now()
        taken = queue.take(session, caller(), wanted(asked), at, asked.many, besides=has, kept=keeps)
        opened = [_taken(session, item, ahead=True) for item in taken.items]
        around = _around(session, asked, taken, at)
    return page("_next.html", opened=opened, filters=_filters(asked), skipped=bool(asked.past), **_FIXED, **around)


@face.post("/review/<uuid:checkin_id>/look")
def review_look(checkin_id: uuid.UUID) -> Response:
    """What was loaded ahead is on the screen now: that is written down, and answered with what a closer look needs:
    the links to the whole photo and to the one it equals, and for how many seconds they hold."""
    with transaction() as session:
        checkin = service.visible(session, caller(), checkin_id)
        blind = second_opinion.is_blind_to(session, caller(), checkin, now())
        links = looked(session, caller(), checkin, blind, now())
    return jsonify(**links, lasts_s=services().config.photo_link_s)


@face.post("/review/<uuid:checkin_id>/comments")
def review_comment(checkin_id: uuid.UUID) -> Response:
    """Say something; the comments as they are then."""
    api_comment(CheckInPath(checkin_id=checkin_id), form(CommentBody))
    with reading() as session:
        comments = comments_reply(session, checkin_id)
    return page("_comments.html", comments=comments, checkin_id=checkin_id)


def _desk(session: Session, asked: QueueFilters, opened: Sequence[Open]) -> dict[str, Any]:
    is_reviewer = caller().has(BUREAU)
    return {
        "opened": opened,
        **_FIXED,
        "filters": _filters(asked),
        "choices": filter_choices(session) if is_reviewer else {},
        "is_reviewer": is_reviewer,
    }


def _filters(asked: QueueFilters) -> dict[str, Any]:
    return asked.model_dump(include=set(QueueFilters.model_fields), exclude_none=True, mode="json")


def _taken(session: Session, item: Item, ahead: bool = False) -> Open:
    """One that waits, and is the caller's."""
    checkin, seen = _seen(session, item.id, ahead)
    beside = session.scalar(service.decisions(checkin)) if item.differs else None
    return Open(seen, "waiting", "", beside.id if beside else None, item.differs)


def _open(session: Session, checkin_id: uuid.UUID, item: Item | None, is_mine: bool) -> Open:
    """One by its address: the caller's if it waits and nobody else has it."""
    if item is None:
        return _decided(session, *_seen(session, checkin_id))
    if is_mine:
        return _taken(session, item)
    held = claims.held(session, caller(), [checkin_id], now()).get(checkin_id)
    who = held.name if held else "同事"
    return Open(_seen(session, checkin_id)[1], "", f"{who}正在看这一条，请先看下一条。", None, item.differs)


def _seen(session: Session, checkin_id: uuid.UUID, ahead: bool = False) -> tuple[CheckIn, Shown]:
    """As the caller may see it; `ahead`: before it is on the screen."""
    checkin = session.scalars(in_county(caller(), CheckIn).where(CheckIn.id == checkin_id)).one()
    blind = second_opinion.is_blind_to(session, caller(), checkin, now())
    return checkin, shown(session, caller(), checkin, blind, now(), ahead)


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


def _around(session: Session, asked: QueueFilters, taken: queue.Taken, at: datetime) -> dict[str, Any]:
    """The strip of what comes then, and the sums; where nothing was given, why."""
    what = wanted(asked)
    midnight = datetime.combine(caller().today, time(), ZoneInfo(caller().tz))
    left = queue.count(session, caller(), what, at)
    return {
        "coming": waiting_rows(session, taken.coming),
        "left": left,
        "elsewhere": queue.count_elsewhere(session, caller(), what, at) if left and not taken.items else 0,
        "done_today": queue.decided_since(session, caller(), midnight),
        "at": at,
    }


def filter_choices(session: Session) -> dict[str, Sequence[tuple[Any, str]]]:
    """What the queue can be narrowed by, of what the caller watches."""
    units, squads = members.choices(session, caller())
    return {
        "unit": [(str(one[0]), one[1]) for one in units],
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
