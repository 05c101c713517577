"""Two draws that want one person: they are asked once, no draw is lost by the other, and neither tells of it."""

import io
import json
import threading
import zipfile
from collections.abc import Callable

from server.config import Config
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock
from tests.spots import aimed, answer, draw, mine

Rows = Callable[..., list]
Go = Callable[..., None]


def test_two_supervisors_at_once_never_double_a_member(
    api: Api, rows: Rows, config: Config, clock: StoppedClock
) -> None:
    for who in ("supervisor", "bureau"):
        draw(api, who, count=50)
    clock.advance(seconds=4)
    workers = [Worker(config, clock) for _ in range(2)]
    threads = [threading.Thread(target=worker.spot_checks) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers[0].spot_checks()
    for worker in workers:
        worker.db.dispose()
    assert rows("SELECT count(*) FROM draws WHERE state = 'drawn'") == [(2,)]
    assert rows("SELECT member_id FROM spot_checks GROUP BY member_id HAVING count(*) > 1") == []


def test_no_list_and_no_copy_tells_of_one_that_is_still_to_come(api: Api, spot_course: Go) -> None:
    """chen is to be asked tomorrow. Another draw leaves her out, and would say so."""
    first = aimed(api, starts_at="2026-11-25T03:00:00Z", ends_at="2026-11-25T03:00:00Z").json["id"]
    spot_course(seconds=4)
    second = draw(api, "supervisor", count=50).json["id"]
    spot_course(seconds=4)
    seen = api.get(f"/draws/{second}", "supervisor").json
    assert {check["member"]["name"] for check in seen["checks"]} == {"chen", "colleague", "leader"}, "as if it were not"
    assert {row["name"] for row in seen["pool"]} >= {"chen"}
    copy = zipfile.ZipFile(io.BytesIO(api.get("/me/export", "chen").data))
    data = json.loads(copy.read("data.json"))
    assert [one["state"] for one in data["spot_checks"]] == ["open"]
    spot_course(days=1, hours=2)
    assert len(mine(api)) == 1, "nobody is asked twice"
    for draw_id in (second, first):
        assert api.get(f"/draws/{draw_id}/verification", "supervisor").json["holds"]


def test_a_units_draw_takes_nobody_out_of_the_countys_and_tells_nothing_of_it(
    api: Api, spot_course: Go, rows: Rows
) -> None:
    """The earlier of two moments stands for both: the later draw is not lost, nor is it the first to know."""
    window = {"starts_at": "2026-11-24T05:00:00Z", "ends_at": "2026-11-24T08:00:00Z"}
    first = draw(api, count=50, **window).json["id"]
    spot_course(seconds=4)
    later = {"starts_at": "2026-11-26T05:00:00Z", "ends_at": "2026-11-26T08:00:00Z"}
    second = draw(api, "supervisor", count=50, **later).json["id"]
    spot_course(seconds=4)
    for who, draw_id in (("bureau", first), ("supervisor", second)):
        shown = api.get(f"/draws/{draw_id}", who).json
        assert (shown["checks"], shown["pool"], shown["answered"]) == ([], [], 0)
        assert shown["waiting"] == shown["drawn"], "no figure tells of the other"
    for who in ("bureau", "supervisor"):
        assert api.get("/spot-checks?state=all", who).json["items"] == []
    spot_course(hours=6)
    assert [one["draw"] for one in mine(api)] == [first]
    shown = api.get(f"/draws/{second}", "supervisor").json
    assert {one["draw"] for one in shown["checks"]} == {first}, "asked once, for both"
    spot_course(days=2)
    assert len(mine(api)) == 1
    assert rows("SELECT count(*) FROM spot_checks WHERE joined_id IS NOT NULL") == [(3,)]
    for who, draw_id in (("bureau", first), ("supervisor", second)):
        assert api.get(f"/draws/{draw_id}/verification", who).json["holds"]


def test_whoever_is_asked_by_an_earlier_draw_answers_for_the_later_one_too(api: Api, spot_course: Go) -> None:
    later = {"starts_at": "2026-11-25T03:00:00Z", "ends_at": "2026-11-25T08:00:00Z"}
    first = draw(api, "supervisor", count=50, **later).json["id"]
    spot_course(seconds=4)
    aimed(api)
    spot_course(seconds=4)
    (check,) = mine(api)
    shown = api.get(f"/draws/{first}", "supervisor").json
    assert (shown["waiting"], shown["checks"]) == (3, []), "an aimed one is no question to ask a draw"
    answer(api, check["id"])
    spot_course(days=1, hours=7)
    assert len(mine(api)) == 1
    shown = api.get(f"/draws/{first}", "supervisor").json
    assert (shown["answered"], [one["id"] for one in shown["checks"] if one["member"]["name"] == "chen"]) == (
        1,
        [check["id"]],
    )


def test_what_could_not_be_sent_leaves_the_other_draw_its_moment(api: Api, spot_course: Go, rows: Rows) -> None:
    aimed(api, starts_at="2026-11-25T03:00:00Z", ends_at="2026-11-25T03:00:00Z")
    spot_course(seconds=4)
    aimed(api, starts_at="2026-11-26T03:00:00Z", ends_at="2026-11-26T03:00:00Z")
    spot_course(seconds=4)
    leave = api.post("/leaves", "chen", {"kind": "sick", "starts_on": "2026-11-25", "reason": "发热"}).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    spot_course(days=1, hours=1)
    assert mine(api) == []
    spot_course(days=1)
    assert len(mine(api)) == 1
