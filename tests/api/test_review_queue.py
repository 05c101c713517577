"""GET /reviews/waiting and the claims behind it: what waits for whom, in which order, and that two never collide."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from sqlalchemy import event

from server.checkins import claims, queue, sample
from server.checkins.queue import EVERYTHING, Wanted
from server.db import Database
from server.org.scope import Caller, Grant
from tests.api.test_review import doubtful, review
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock


def far(api: Api, who: str = "chen", **more: object) -> str:
    return str(api.check_in(who, lat="31.26", **more).json["id"])


def coarse(api: Api, who: str = "chen") -> str:
    """Nothing speaks against it: the circle is only too wide to be sure."""
    return str(api.check_in(who, accuracy_m="2500").json["id"])


def waiting(api: Api, who: str = "bureau", **wanted: object) -> list[str]:
    return [row["id"] for row in api.get("/reviews/waiting", who, **wanted).json["items"]]


def as_caller(cast: Cast, who: str, clock: StoppedClock) -> Caller:
    one = cast[who]
    grants = (Grant("bureau_supervisor", None, None),)
    return Caller(one.county_id, one.id, one.name, one.unit_id, clock().date(), grants, one.id, True)


def test_the_longest_waiting_comes_first_page_by_page(api: Api, clock: StoppedClock) -> None:
    made = []
    for who in ("chen", "colleague", "neighbour"):
        made.append(far(api, who))
        clock.advance(minutes=1)
    first = api.get("/reviews/waiting", "bureau", limit=2).json
    assert [row["id"] for row in first["items"]] == made[:2]
    rest = api.get("/reviews/waiting", "bureau", limit=2, cursor=first["next_cursor"]).json
    assert ([row["id"] for row in rest["items"]], rest["next_cursor"]) == (made[2:], None)


def test_what_is_decided_or_was_accepted_or_is_ones_own_does_not_wait(api: Api) -> None:
    review(api, far(api), "bureau2", "accepted")
    api.check_in("colleague")
    own = far(api, "bureau")
    assert waiting(api) == []
    assert waiting(api, "bureau2") == [own]


def test_nor_for_whom_one_vouched_that_day(api: Api) -> None:
    checkin = far(api)
    vouched = {"member": str(api.cast["chen"].id), "on": "2026-11-24", "reason": "视频里看见"}
    assert api.post("/attestations", "bureau", vouched).status_code == 201
    assert waiting(api) == []
    assert waiting(api, "bureau2") == [checkin]


@pytest.mark.parametrize("who", ["chen", "leader", "supervisor", "county_leader", "admin"])
def test_it_waits_for_those_who_review(api: Api, who: str) -> None:
    far(api)
    assert waiting(api, who) == []


def test_filters_narrow_it(api: Api, clock: StoppedClock) -> None:
    east, west = far(api), far(api, "neighbour")
    clock.advance(days=2)
    young = coarse(api, "colleague")
    cast = api.cast
    assert waiting(api, unit=str(cast.units["west"])) == [west]
    assert set(waiting(api, squad=str(cast.squads["east-1"]))) == {east, young}
    assert set(waiting(api, days=2)) == {east, west}
    assert waiting(api, finding="LOCATION_ACCURACY") == [young]
    assert waiting(api, weight=4, unit=str(cast.units["east"])) == [east]


def test_a_blind_sample_is_in_it_and_no_filter_says_what_the_machine_said(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "ONE_IN", 1)
    accepted, doubted = api.check_in("chen").json["id"], far(api, "colleague")
    assert set(waiting(api)) == {accepted, doubted}
    assert waiting(api, finding="STATION_DISTANCE") == waiting(api, weight=1) == []


def test_what_one_has_before_them_nobody_else_is_given(api: Api, db: Database, cast: Cast, clock: StoppedClock) -> None:
    made = [far(api, who) for who in ("chen", "colleague", "neighbour")]
    one, other = as_caller(cast, "bureau", clock), as_caller(cast, "bureau2", clock)
    with db.transaction() as session:
        mine = queue.take(session, one, EVERYTHING, clock(), 2).items
    with db.transaction() as session:
        theirs = queue.take(session, other, EVERYTHING, clock(), 2).items
        assert claims.held(session, other, [mine[0].id], clock())[mine[0].id].name == "bureau"
    assert (len(mine), len(theirs)) == (2, 1)
    assert {str(item.id) for item in (*mine, *theirs)} == set(made)
    assert len(waiting(api, "bureau2")) == 1
    clock.advance(minutes=5)
    assert len(waiting(api, "bureau2")) == 3, "a claim is over by itself"


def test_a_claim_is_kept_by_whoever_has_it_and_given_back(api: Api, db: Database, cast: Cast, clock: StoppedClock):
    far(api)
    one, other = as_caller(cast, "bureau", clock), as_caller(cast, "bureau2", clock)
    with db.transaction() as session:
        (item,) = queue.take(session, one, EVERYTHING, clock(), 1).items
        assert claims.claim(session, one, [item.id], clock() + timedelta(minutes=4)) == {item.id}
        assert claims.claim(session, other, [item.id], clock() + timedelta(minutes=6)) == set()
        claims.release(session, other, item.id)  # what is another's stays theirs
        assert queue.take(session, other, EVERYTHING, clock(), 1).items == []
        claims.release(session, one, item.id)
        assert queue.take(session, other, EVERYTHING, clock(), 1).items == [item]


def test_of_many_who_ask_at_once_no_two_get_the_same(api: Api, db: Database, cast: Cast, clock: StoppedClock) -> None:
    for who in ("chen", "colleague", "neighbour", "leader"):
        far(api, who)
    given: list[str] = []

    def ask(who: str) -> None:
        with db.transaction() as session:
            taken = queue.take(session, as_caller(cast, who, clock), EVERYTHING, clock(), 2)
        given.extend(str(item.id) for item in taken.items)

    threads = [Thread(target=ask, args=(who,)) for who in ("bureau", "bureau2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == len(set(given)) == 4


def test_who_opens_what_the_other_is_given_next_waits_for_nobody_in_a_circle(api: Api, db: Database) -> None:
    """Each has claimed one and asks for the other's: PostgreSQL ended one of them, and its page was a 503."""
    made = [far(api), far(api, "colleague")]
    both = Barrier(2)

    def claimed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO review_claims"):
            with suppress(BrokenBarrierError):
                both.wait(1)  # who comes second may have to wait for the first to be done: then this ends it

    answers: dict[str, int] = {}

    def open_it(who: str, checkin: str) -> None:
        header = {"Authorization": f"Bearer {api.cast[who].token}"}
        answers[who] = api.app.test_client().get(f"/console/review/{checkin}", headers=header).status_code

    event.listen(db.engine, "after_cursor_execute", claimed)
    threads = [Thread(target=open_it, args=pair) for pair in zip(("bureau", "bureau2"), made, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    event.remove(db.engine, "after_cursor_execute", claimed)
    assert answers == {"bureau": 200, "bureau2": 200}


def test_it_is_counted_with_what_others_have(api: Api, db: Database, cast: Cast, clock: StoppedClock) -> None:
    far(api)
    coarse(api, "colleague")
    one, other = as_caller(cast, "bureau", clock), as_caller(cast, "bureau2", clock)
    with db.transaction() as session:
        queue.take(session, one, EVERYTHING, clock(), 1)
        assert queue.count(session, other, EVERYTHING, clock()) == 2
        assert [queue.count_elsewhere(session, who, EVERYTHING, clock()) for who in (one, other)] == [0, 1]
        assert queue.count(session, other, Wanted(finding="LOCATION_ACCURACY"), clock()) == 1
        assert queue.decided_since(session, one, clock() - timedelta(days=1)) == 0
    review(api, doubtful(api), "bureau", "accepted")
    with db.reading() as session:
        assert queue.decided_since(session, one, clock() - timedelta(days=1)) == 1
