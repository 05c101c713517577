"""POST /checkins: what a submission becomes; nothing readable is refused, nothing acknowledged is lost."""

import io
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.config import Config
from server.demo.photos import draw_selfie
from server.evidence.datum import wgs84_to_gcj02
from tests.cast import FRANKFURT, SHANGHAI
from tests.client import Api, checkin_form
from tests.conftest import StoppedClock

Rows = Callable[..., list]


def outcomes(body: dict) -> dict[str, str]:
    return {f["code"]: f["outcome"] for f in body["findings"]}


def stored_files(config: Config) -> list[Path]:
    return [p for p in config.photo_root.rglob("*") if p.is_file()]


def post_form(api: Api, who: str, form: dict) -> object:
    return api.call("POST", "/checkins", who, data=form, content_type="multipart/form-data")


def test_an_honest_checkin_is_accepted_and_counts(api: Api) -> None:
    response = api.check_in("chen")
    assert response.status_code == 201, response.text
    body = response.json
    assert body["verdict"] == "accepted"
    assert body["reason"] == "在围栏内，时间正常，已通过。"
    assert body["day"] | {"explanation": ""} == {
        "on": "2026-11-24",
        "value": 1.0,
        "counted": True,
        "pending": 0.0,
        "excused": 0.0,
        "rejected": 0.0,
        "explanation": "",
    }
    assert (body["month"]["confirmed"], body["month"]["target"], body["month"]["remaining_days"]) == (1.0, 20.0, 6)
    assert all(set(f) == {"code", "outcome", "message", "facts"} for f in body["findings"])
    assert "suspect" not in outcomes(body).values()


def test_everything_it_was_judged_on_is_stored(api: Api, rows: Rows, config: Config) -> None:
    photo = draw_selfie(77, size=(480, 640))
    body = api.check_in("chen", photo=photo, note="在展会").json
    (row,) = rows("SELECT evidence, findings, ruleset, verdict, note, photo_id FROM checkins")
    assert body["verdict"] == row[3] == "accepted"
    assert row[4] == "在展会"
    (file,) = stored_files(config)
    assert file.read_bytes() == photo
    ((key, bands),) = rows(
        "SELECT storage_key, (SELECT count(*) FROM photo_bands b WHERE b.photo_id = p.id) FROM photos p"
    )
    assert config.photo_root / key == file
    assert bands == 4
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'checkin.submitted'") == [(1,)]


def test_a_point_far_from_the_station_is_stored_for_review_not_refused(api: Api) -> None:
    response = api.check_in("chen", lat=str(SHANGHAI[0] + 0.03))
    assert response.status_code == 201
    body = response.json
    assert body["verdict"] == "review"
    assert outcomes(body)["STATION_DISTANCE"] == "suspect"
    finding = next(f for f in body["findings"] if f["code"] == "STATION_DISTANCE")
    assert 3200 < finding["facts"]["distance_m"] < 3400
    assert (body["day"]["value"], body["day"]["pending"], body["day"]["counted"]) == (0.0, 1.0, False)


def test_without_a_ticket_it_is_pending_and_nobody_is_suspected(api: Api) -> None:
    body = api.check_in("chen", ticket=None).json
    assert body["verdict"] == "review"
    assert outcomes(body)["TICKET"] == "unknown"
    assert "suspect" not in outcomes(body).values()
    assert "待核" in body["reason"]


def test_a_ticket_serves_one_checkin(api: Api) -> None:
    ticket = api.ticket("chen")
    assert outcomes(api.check_in("chen", ticket=ticket).json)["TICKET"] == "clear"
    assert outcomes(api.check_in("chen", ticket=ticket).json)["TICKET"] == "unknown"


def test_anothers_ticket_is_no_ticket(api: Api) -> None:
    assert outcomes(api.check_in("chen", ticket=api.ticket("colleague")).json)["TICKET"] == "unknown"


def test_gcj02_is_converted_once_and_kept(api: Api, rows: Rows) -> None:
    beside = (SHANGHAI[0] + 0.00021, SHANGHAI[1] - 0.00013)
    lat, lng = wgs84_to_gcj02(*beside)
    body = api.check_in("chen", lat=str(lat), lng=str(lng), datum="gcj02").json
    assert body["verdict"] == "accepted"
    ((stored_lat, stored_lng),) = rows("SELECT lat, lng FROM checkins")
    assert (stored_lat, stored_lng) == pytest.approx(beside, abs=1e-7)


def test_the_same_submission_again_answers_200_with_the_original_verdict(api: Api, rows: Rows, config: Config) -> None:
    photo = draw_selfie(5, size=(480, 640))
    form = checkin_form(api.clock(), photo=photo, ticket=api.ticket("chen"))
    fields = {k: v for k, v in form.items() if k != "photo"}
    first = post_form(api, "chen", fields | {"photo": (io.BytesIO(photo), "a.jpg")})
    second = post_form(
        api, "chen", fields | {"photo": (io.BytesIO(photo), "b.jpg"), "device": '{"clock_offset_ms": 9}'}
    )
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json == first.json
    assert rows("SELECT count(*) FROM checkins") == [(1,)]
    assert len(stored_files(config)) == 1


def test_a_repeat_tells_the_day_as_it_is_now(api: Api) -> None:
    photo = draw_selfie(6, size=(480, 640))
    form = checkin_form(api.clock(), photo=photo, ticket=api.ticket("chen"))
    fields = {k: v for k, v in form.items() if k != "photo"}
    first = post_form(api, "chen", fields | {"photo": (io.BytesIO(photo), "a.jpg")}).json
    api.post(
        f"/checkins/{first['id']}/reviews", "bureau", {"decision": "rejected", "reason": "不是本人", "code": "other"}
    )
    again = post_form(api, "chen", fields | {"photo": (io.BytesIO(photo), "a.jpg")}).json
    assert again["verdict"] == "accepted"
    assert (first["day"]["value"], again["day"]["value"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    "change",
    [
        {"note": "改了"},
        {"lat": str(SHANGHAI[0])},
        {"accuracy_m": "21"},
        {"kind": "visit"},
        {"captured_at": "2026-11-24T01:59:00+00:00"},
        {"ticket": ""},
    ],
    ids=lambda c: next(iter(c)),
)
def test_the_same_id_with_other_content_is_409_and_the_first_stands(api: Api, rows: Rows, change: dict) -> None:
    photo = draw_selfie(7, size=(480, 640))
    form = checkin_form(api.clock(), photo=photo, ticket=api.ticket("chen"))
    fields = {k: v for k, v in form.items() if k != "photo"}
    post_form(api, "chen", fields | {"photo": (io.BytesIO(photo), "a.jpg")})
    other = post_form(api, "chen", fields | change | {"photo": (io.BytesIO(photo), "a.jpg")})
    assert (other.status_code, other.json["code"]) == (409, "checkin_id_taken")
    assert rows("SELECT count(*), min(note) FROM checkins") == [(1, "")]


def test_another_photo_under_the_same_id_is_409_and_leaves_no_file(api: Api, config: Config) -> None:
    checkin = str(uuid.uuid4())
    api.check_in("chen", id=checkin)
    other = api.check_in("chen", id=checkin)
    assert other.status_code == 409
    assert len(stored_files(config)) == 1


def test_an_id_of_another_member_is_409_without_content(api: Api) -> None:
    checkin = api.check_in("colleague", note="同事的备注").json["id"]
    response = api.check_in("chen", id=checkin)
    assert response.status_code == 409
    assert "同事" not in response.text
    assert response.json["facts"] == {}


def test_an_id_of_another_county_is_nobodys_business(api: Api) -> None:
    checkin = api.check_in("outsider").json["id"]
    assert api.check_in("chen", id=checkin).status_code == 201


def test_twins_in_the_same_instant_are_one_201_and_one_200(api: Api, rows: Rows, config: Config) -> None:
    for round_number in range(5):
        photo = draw_selfie(900 + round_number, size=(480, 640))
        form = checkin_form(api.clock(), photo=photo, ticket=api.ticket("chen"))
        fields = {k: v for k, v in form.items() if k != "photo"}
        answers: list = []
        barrier = threading.Barrier(4)

        def send(fields: dict = fields, photo: bytes = photo, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            answers.append(post_form(api, "chen", fields | {"photo": (io.BytesIO(photo), "a.jpg")}))

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
        assert len({a.json["verdict"] for a in answers}) == 1
    assert rows("SELECT count(*) FROM checkins") == [(5,)]
    assert rows("SELECT count(*) FROM photos") == [(5,)]
    assert len(stored_files(config)) == 5


def test_two_phones_at_once_give_the_same_day_as_one_after_the_other(api: Api, rows: Rows) -> None:
    answers: list = []
    threads = [threading.Thread(target=lambda: answers.append(api.check_in("chen").status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 6
    ((halves, sources),) = rows("SELECT confirmed_halves, sources FROM site_days")
    assert halves == 2
    assert str(sources).count("'checkin'") + str(sources).count('"checkin"') == 6


def test_without_consent_nothing_is_stored(api: Api, rows: Rows, config: Config) -> None:
    version = api.get("/consents", "chen").json["version"]
    api.post("/consents", "chen", {"version": version, "agreed": False})
    response = api.check_in("chen")
    assert (response.status_code, response.json["code"]) == (403, "consent_required")
    assert rows("SELECT count(*) FROM checkins") == [(0,)]
    assert rows("SELECT count(*) FROM photos") == [(0,)]
    assert stored_files(config) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "not-a-uuid"),
        ("id", None),
        ("lat", "NaN"),
        ("lat", "91"),
        ("lat", "Infinity"),
        ("lng", "1e400"),
        ("lng", "-180.5"),
        ("lat", "north"),
        ("lat", None),
        ("datum", "bd09"),
        ("datum", None),
        ("accuracy_m", "-1"),
        ("accuracy_m", "NaN"),
        ("captured_at", "yesterday"),
        ("captured_at", "2026-11-24T10:00:00"),
        ("captured_at", "0001-01-01T00:00:00+14:00"),
        ("captured_at", "9999-12-31T23:59:59-12:00"),
        ("captured_at", None),
        ("ticket", "not-a-ticket"),
        ("kind", "party"),
        ("device", "{broken"),
        ("device", '{"clock_offset_ms": "NaN"}'),
        ("device", "[" * 1900),
        ("lat", "[" * 30000),
        ("note", "长" * 501),
        ("photo", None),
        ("photo", "abc"),
    ],
    ids=lambda v: str(v)[:24],
)
def test_what_cannot_be_read_is_422_in_words_and_nothing_is_half_written(
    api: Api, rows: Rows, config: Config, field: str, value: str | None
) -> None:
    form = checkin_form(api.clock(), ticket=api.ticket("chen")) | {field: value}
    response = post_form(api, "chen", {k: v for k, v in form.items() if v is not None})
    assert response.status_code == 422, response.text
    assert response.mimetype == "application/problem+json"
    assert response.json["code"] in {"input_invalid", "captured_at_invalid", "ticket_invalid", "device_invalid"}
    assert any("\u4e00" <= letter <= "\u9fff" for letter in response.json["detail"])
    assert rows("SELECT count(*) FROM checkins") == [(0,)]
    assert rows("SELECT count(*) FROM checkins WHERE ticket_id IS NOT NULL") == [(0,)]
    assert stored_files(config) == []


@pytest.mark.parametrize(
    "data", [b"", b"not a photo", draw_selfie(1, size=(480, 640))[:9000]], ids=["empty", "text", "cut"]
)
def test_an_unreadable_photo_is_422_and_spends_no_ticket(api: Api, rows: Rows, config: Config, data: bytes) -> None:
    ticket = api.ticket("chen")
    response = api.check_in("chen", photo=data, ticket=ticket)
    assert response.status_code == 422
    assert response.json["code"].startswith("photo_")
    assert stored_files(config) == []
    assert outcomes(api.check_in("chen", ticket=ticket).json)["TICKET"] == "clear"


def test_more_than_ten_megabytes_is_413(api: Api, rows: Rows) -> None:
    response = api.check_in("chen", photo=draw_selfie(1, size=(480, 640)) + b"\0" * (10 * 1024 * 1024))
    assert response.status_code == 413
    assert rows("SELECT count(*) FROM checkins") == [(0,)]


def test_a_late_upload_counts_by_itself_within_a_day(api: Api, clock: StoppedClock) -> None:
    ticket = api.ticket("chen")
    taken = clock() + timedelta(minutes=5)
    clock.advance(hours=20)
    body = api.check_in("chen", ticket=ticket, at=taken).json
    assert (body["verdict"], body["day"]["on"]) == ("accepted", "2026-11-24")


def test_a_later_upload_is_pending_not_suspect(api: Api, clock: StoppedClock) -> None:
    ticket = api.ticket("chen")
    taken = clock() + timedelta(minutes=5)
    clock.advance(hours=30)
    body = api.check_in("chen", ticket=ticket, at=taken).json
    assert (body["verdict"], body["day"]["on"], body["day"]["pending"]) == ("review", "2026-11-24", 1.0)
    assert "suspect" not in outcomes(body).values()


def test_after_the_month_is_closed_it_becomes_an_addendum(api: Api, clock: StoppedClock, rows: Rows) -> None:
    clock.at = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    ticket, taken = api.ticket("chen"), clock() + timedelta(minutes=1)
    clock.at = datetime(2026, 12, 6, 2, 0, tzinfo=UTC)
    api.close_month()
    body = api.check_in("chen", ticket=ticket, at=taken).json
    assert (body["day"]["on"], body["day"]["value"], body["day"]["pending"]) == ("2026-11-30", 0.0, 0.0)
    assert "补充说明" in body["day"]["explanation"]
    assert rows("SELECT addendum FROM checkins") in ([(True,)], [(1,)])
    assert rows("SELECT count(*) FROM site_days") == [(0,)]
    (added,) = api.get("/me/month", "chen", month="2026-11").json["addenda"]
    assert (added["on"], added["cause"]) == ("2026-11-30", "checkin")


def test_the_phones_clock_corrected_by_its_offset_chooses_the_date(api: Api, clock: StoppedClock) -> None:
    clock.at = datetime(2026, 11, 24, 16, 10, tzinfo=UTC)  # 00:10 on the 25th in China
    ticket = api.ticket("chen")
    clock.advance(minutes=5)
    slow = clock() - timedelta(minutes=20)  # the phone believes it is 23:55 on the 24th
    body = api.check_in("chen", ticket=ticket, at=slow, device={"clock_offset_ms": 20 * 60 * 1000}).json
    assert body["day"]["on"] == "2026-11-25"


def test_the_date_is_the_stations(api: Api, clock: StoppedClock) -> None:
    clock.at = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 06:30 on the 25th in China, 23:30 on the 24th in Frankfurt
    abroad = api.check_in("neighbour", lat=str(FRANKFURT[0]), lng=str(FRANKFURT[1])).json
    at_home = api.check_in("chen").json
    assert (abroad["day"]["on"], at_home["day"]["on"]) == ("2026-11-24", "2026-11-25")


def test_where_a_visit_was_made_is_for_a_person_to_say(api: Api) -> None:
    body = api.check_in("chen", kind="visit", lat=str(SHANGHAI[0] + 0.1)).json
    assert (body["verdict"], body["day"]["pending"]) == ("review", 1.0)
    assert "suspect" not in outcomes(body).values()
    assert "走访打卡" in body["reason"]


@pytest.mark.parametrize("kind", ["station", "visit", "spot"])
def test_no_kind_is_a_way_around_the_window(api: Api, clock: StoppedClock, kind: str) -> None:
    clock.advance(hours=17)  # 03:00 in China
    body = api.check_in("chen", kind=kind).json
    assert (body["verdict"], body["day"]["value"]) == ("review", 0.0)


def test_a_spent_ticket_is_called_that(api: Api) -> None:
    ticket = api.ticket("chen")
    api.check_in("chen", ticket=ticket)
    assert "拍摄凭证已经用过" in api.check_in("chen", ticket=ticket).json["reason"]


def test_whoever_is_posted_nowhere_may_still_submit(api: Api) -> None:
    body = api.check_in("supervisor").json
    assert body["verdict"] == "review"
    assert outcomes(body)["STATION_DISTANCE"] == "unknown"
    assert body["month"]["target"] == 0.0


def test_two_cities_in_an_hour_are_looked_at(api: Api, clock: StoppedClock) -> None:
    api.check_in("chen")
    clock.advance(minutes=30)
    body = api.check_in("chen", lat="39.9075", lng="116.39723").json
    assert outcomes(body)["IMPOSSIBLE_TRAVEL"] == "suspect"


def test_a_rejected_place_does_not_make_the_next_day_impossible(api: Api, clock: StoppedClock) -> None:
    far = api.check_in("chen", lat="39.9075", lng="116.39723").json
    api.post(
        f"/checkins/{far['id']}/reviews", "bureau", {"decision": "rejected", "reason": "位置不符", "code": "other"}
    )
    clock.advance(minutes=30)
    assert api.check_in("chen").json["verdict"] == "accepted"


def test_a_note_with_a_nul_byte_is_kept_without_it(api: Api, rows: Rows) -> None:
    assert api.check_in("chen", note="前\x00后").status_code == 201
    assert rows("SELECT note FROM checkins") == [("前后",)]
