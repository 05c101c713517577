"""POST /checkins/tickets: of too many unused ones the oldest ends; a photo that was taken under it keeps its bound."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import update
from werkzeug.test import TestResponse

from server.db import Database
from server.org.models import Member
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def many(api: Api, clock: StoppedClock, count: int, who: str = "chen") -> list[str]:
    """So many tickets, a second apart, the oldest first."""
    made = []
    for _ in range(count):
        made.append(api.ticket(who))
        clock.advance(seconds=1)
    return made


def good(api: Api, rows: Rows, who: str = "chen") -> int:
    """How many are still good."""
    query = "SELECT expires_at FROM tickets t JOIN members m ON m.id = t.member_id WHERE m.name = :who"
    return sum(_at(end) > api.clock() for (end,) in rows(query, who=who))


def _at(said: datetime | str) -> datetime:
    at = datetime.fromisoformat(said) if isinstance(said, str) else said
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def time_of(checkin: TestResponse) -> tuple[str, str]:
    (finding,) = [one for one in json.loads(checkin.text)["findings"] if one["code"] == "TICKET"]
    return finding["outcome"], finding["message"]


def test_of_too_many_the_oldest_ends(api: Api, rows: Rows, clock: StoppedClock) -> None:
    many(api, clock, 10, "colleague")
    many(api, clock, 13)
    assert (good(api, rows), good(api, rows, "colleague")) == (10, 10)


def test_a_photo_from_the_basement_is_bounded_by_the_ticket_that_ended_since(api: Api, clock: StoppedClock) -> None:
    oldest, *_ = many(api, clock, 1)
    taken = clock.advance(minutes=5)
    clock.advance(hours=1)
    many(api, clock, 10)  # with signal again, before the photo is sent
    made = api.check_in("chen", ticket=oldest, at=taken)
    assert (made.status_code, json.loads(made.text)["verdict"], time_of(made)[0]) == (201, "accepted", "clear")


def test_what_is_taken_after_it_ended_is_looked_at_by_a_person(api: Api, clock: StoppedClock) -> None:
    oldest, *_ = many(api, clock, 11)
    clock.advance(hours=1)
    made = api.check_in("chen", ticket=oldest)
    assert json.loads(made.text)["verdict"] == "review"
    assert time_of(made) == ("unknown", "拍摄时凭证已过有效期。由人工核对时间。")


def test_those_of_the_phone_before_end_when_the_new_one_asks(
    api: Api, db: Database, rows: Rows, clock: StoppedClock
) -> None:
    kept, *_ = many(api, clock, 10)
    taken = clock.advance(minutes=5)
    with db.transaction() as session:  # the phone is lost, and another bound
        chen = update(Member).where(Member.id == api.cast["chen"].id)
        session.execute(chen.values(bound_at=clock.advance(hours=1)))
    clock.advance(seconds=1)
    fresh = api.ticket("chen")
    assert good(api, rows) == 1
    assert time_of(api.check_in("chen", ticket=fresh))[0] == "clear"
    assert time_of(api.check_in("chen", ticket=kept, at=taken))[0] == "clear"  # found again, and nothing is lost


def test_a_spot_checks_ticket_is_no_part_of_it(api: Api, asked: str, rows: Rows, clock: StoppedClock) -> None:
    camera = api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"]
    many(api, clock, 12)
    assert good(api, rows) == 11
    assert api.post(f"/me/spot-checks/{asked}/camera", "chen").json["ticket"] == camera


def test_who_asks_without_end_is_told_to_wait(api: Api) -> None:
    answers = [api.post("/checkins/tickets", "chen").status_code for _ in range(72)]
    assert (answers[:70], answers[-1]) == ([201] * 70, 429)
