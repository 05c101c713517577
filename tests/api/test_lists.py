"""GET /checkins, /flags, /squads/{id}/today: keyset pages, filters, and the squad's board."""

import pytest

from tests.cast import SHANGHAI
from tests.client import Api
from tests.conftest import StoppedClock


def walk(api: Api, who: str, **query: object) -> list[list[str]]:
    pages, cursor = [], ""
    while cursor is not None:
        body = api.get("/checkins", who, cursor=cursor, **query).json
        pages.append([item["id"] for item in body["items"]])
        cursor = body["next_cursor"]
    return pages


def test_pages_are_newest_first_and_neither_skip_nor_repeat(api: Api, clock: StoppedClock) -> None:
    made = []
    for number in range(7):
        made.append(api.check_in("chen" if number % 2 else "colleague").json["id"])
        if number % 3 == 0:  # some share an instant
            clock.advance(seconds=1)
    pages = walk(api, "leader", limit=3)
    assert [len(p) for p in pages] == [3, 3, 1]
    assert sorted(sum(pages, [])) == sorted(made)
    assert set(pages[0]) == set(made[4:])


def test_filters(api: Api, clock: StoppedClock) -> None:
    first = api.check_in("chen").json["id"]
    clock.advance(days=1)
    second = api.check_in("chen", lat=str(SHANGHAI[0] + 0.03)).json["id"]
    assert walk(api, "bureau", **{"from": "2026-11-25"}) == [[second]]
    assert walk(api, "bureau", to="2026-11-24") == [[first]]
    assert walk(api, "bureau", holds="review") == [[second]]
    assert walk(api, "bureau", member=str(api.cast["colleague"].id)) == [[]]
    api.post(f"/checkins/{second}/reviews", "bureau", {"decision": "accepted"})
    assert walk(api, "bureau", holds="accepted") == [[second, first]]


@pytest.mark.parametrize("cursor", ["x", "bnVsbA==", "W10=", "WyIyMDI2LTAxLTAxIiwgIngiXQ==", "[" * 190])
def test_a_made_up_cursor_is_422(api: Api, cursor: str) -> None:
    response = api.get("/checkins", "chen", cursor=cursor)
    assert (response.status_code, response.json["code"]) == (422, "cursor_invalid")


def test_a_member_filter_does_not_open_another_unit(api: Api) -> None:
    api.check_in("chen")
    assert walk(api, "other_supervisor", member=str(api.cast["chen"].id)) == [[]]


def test_the_squads_board_says_how_everyone_stands(api: Api) -> None:
    api.check_in("chen")
    api.check_in("colleague", lat=str(SHANGHAI[0] + 0.03))
    body = api.get(f"/squads/{api.cast.squads['east-1']}/today", "leader").json
    assert [(m["name"], m["word"]) for m in body["members"]] == [
        ("chen", "通过"),
        ("colleague", "待核"),
        ("leader", "未打卡"),
    ]


def test_the_board_leads_to_the_days_latest_check_in_who_may_look_at_it(api: Api, clock: StoppedClock) -> None:
    api.check_in("chen")
    clock.advance(hours=2)
    last = api.check_in("chen").json["id"]
    board = f"/squads/{api.cast.squads['east-1']}/today"
    for who, expected in (("leader", last), ("supervisor", last), ("colleague", None)):
        assert api.get(board, who).json["members"][0]["checkin"] == expected


def test_the_board_uses_the_stations_date(api: Api, clock: StoppedClock) -> None:
    clock.advance(hours=14)  # 00:00 on the 25th in China, 17:00 on the 24th in Frankfurt
    body = api.get(f"/squads/{api.cast.squads['west-1']}/today", "bureau").json
    assert {m["on"] for m in body["members"]} == {"2026-11-24"}


def test_flags_are_listed_with_their_numbers(api: Api, flag_chen: None) -> None:
    (flag,) = api.get("/flags", "supervisor").json["items"]
    assert (flag["kind"], flag["month"], flag["member_name"], flag["facts"]) == (
        "behind",
        "2026-11",
        "chen",
        {"missing": 5},
    )
    assert api.get("/flags", "supervisor", state="closed").json["items"] == []
