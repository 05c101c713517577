"""What the gatherer knows of the request and the history reaches the signals, over HTTP."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import update

from server.db import Database
from server.demo.photos import draw_selfie
from server.evidence.datum import gcj02_to_wgs84
from server.org.models import Member, SignIn
from server.tally.rules import PolicyRules
from tests.cast import SHANGHAI, add_policy
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
BESIDE = {"lat": str(SHANGHAI[0] + 0.000213), "lng": str(SHANGHAI[1] - 0.000127)}


def finding(body: dict, code: str) -> dict:
    return next(f for f in body["findings"] if f["code"] == code)


def with_exif(photo: bytes, make: str, model: str) -> bytes:
    """The photo as this camera would have written it."""
    out, image = io.BytesIO(), Image.open(io.BytesIO(photo))
    tags = Image.Exif()
    tags[0x010F], tags[0x0110] = make, model
    image.save(out, "JPEG", exif=tags)
    return out.getvalue()


def outcome(body: dict, code: str) -> str:
    return finding(body, code)["outcome"]


def test_the_registered_point_itself_is_looked_at_by_a_person(api: Api) -> None:
    body = api.check_in("chen", lat=str(SHANGHAI[0]), lng=str(SHANGHAI[1])).json
    assert (outcome(body, "POSITION_TYPED"), body["verdict"]) == ("suspect", "review")


def test_the_map_has_what_it_was_judged_by_in_the_datum_of_wechats(api: Api) -> None:
    made = api.check_in("chen", **BESIDE).json["id"]
    for who in ("chen", "bureau"):
        found = api.get(f"/checkins/{made}", who).json["places"]
        assert [(one["kind"], one["radius_m"]) for one in found] == [("station", 300), ("claimed", 20)]
        lat, lng = gcj02_to_wgs84(found[1]["lat"], found[1]["lng"])
        assert (round(lat, 6), round(lng, 6)) == (round(float(BESIDE["lat"]), 6), round(float(BESIDE["lng"]), 6))
        assert abs(found[1]["lng"] - float(BESIDE["lng"])) > 0.001


def test_a_point_that_was_recorded_on_site_may_come_again(api: Api, db: Database) -> None:
    made = {"name": "新驻点", "city": "上海", "lat": 31.234567, "lng": 121.456789, "datum": "wgs84", "radius_m": 300}
    made |= {"tz": "Asia/Shanghai", "recorded_on_site": True}
    assert api.post("/stations", "admin", made).status_code == 201
    posting = {"member": str(api.cast["chen"].id), "squad": "east-1", "station": "新驻点", "starts_on": "2026-11-24"}
    assert api.post("/postings", "admin", posting).status_code == 201
    body = api.check_in("chen", lat="31.234567", lng="121.456789").json
    assert (outcome(body, "POSITION_TYPED"), body["verdict"]) == ("clear", "accepted")


def test_typed_coordinates_have_few_decimals(api: Api) -> None:
    body = api.check_in("chen", lat=f"{SHANGHAI[0]:.3f}", lng=f"{SHANGHAI[1]:.3f}").json
    assert outcome(body, "POSITION_TYPED") == "suspect"


@pytest.mark.parametrize(("accuracy", "said"), [("12", "suspect"), ("65", "clear")])
def test_a_satellite_fix_does_not_repeat_to_the_last_bit_but_one_by_wifi_may(
    api: Api, clock: StoppedClock, accuracy: str, said: str
) -> None:
    api.check_in("chen", accuracy_m=accuracy, **BESIDE)
    clock.advance(days=1)
    body = api.check_in("chen", accuracy_m=accuracy, **BESIDE).json
    assert outcome(body, "POSITION_TYPED") == said


def test_a_wrong_datum_is_a_mistake_not_a_fraud(api: Api) -> None:
    body = api.check_in("chen", datum="gcj02", **BESIDE).json
    assert outcome(body, "COORDINATE_DATUM") == "unknown"
    assert outcome(body, "STATION_DISTANCE") == "unknown"
    assert body["verdict"] == "review"
    assert "坐标系" in finding(body, "COORDINATE_DATUM")["message"]


def test_one_wechat_for_two_members_is_looked_at(api: Api, db: Database, clock: StoppedClock) -> None:
    assert outcome(api.check_in("chen").json, "SESSION_MEMBERS") == "clear"
    two = [api.cast[name].id for name in ("chen", "colleague")]
    with db.transaction() as session:
        session.execute(update(SignIn).where(SignIn.member_id.in_(two)).values(wechat_sha256="f" * 64))
    assert outcome(api.check_in("chen").json, "SESSION_MEMBERS") == "clear"  # bound by mistake: only one checked in
    api.check_in("colleague")
    assert outcome(api.check_in("chen").json, "SESSION_MEMBERS") == "suspect"


def test_the_first_checkin_from_a_new_wechat_is_noted(api: Api, db: Database, clock: StoppedClock) -> None:
    assert outcome(api.check_in("chen").json, "REBOUND") == "clear"
    with db.transaction() as session:
        session.get(Member, (1, api.cast["chen"].id)).bound_at = clock() + timedelta(hours=1)
    clock.advance(hours=2)
    body = api.check_in("chen").json
    assert (outcome(body, "REBOUND"), body["verdict"]) == ("unknown", "accepted")
    assert outcome(api.check_in("chen").json, "REBOUND") == "clear"


def test_the_phone_named_by_the_app_is_compared_with_the_camera(api: Api) -> None:
    iphone = with_exif(draw_selfie(42, size=(480, 640)), make="Apple", model="iPhone 15")
    body = api.check_in("chen", photo=iphone, device={"model": "Redmi Note 9S", "platform": "android"}).json
    assert outcome(body, "CAMERA_MODEL") == "suspect"
    body = api.check_in("colleague", photo=iphone, device={"model": "iPhone 15", "platform": "ios"}).json
    assert outcome(body, "CAMERA_MODEL") == "clear"


def test_a_county_may_move_a_limit_within_bounds(api: Api, db: Database, clock: StoppedClock) -> None:
    rules = PolicyRules(burden_mode="daily", legal_basis="测试", evidence_limits={"repeat_accuracy_m": 0})
    with db.transaction() as session:
        add_policy(session, 1, rules, clock(), version=2)
    api.check_in("chen", accuracy_m="12", **BESIDE)
    clock.advance(days=1)
    body = api.check_in("chen", accuracy_m="12", **BESIDE).json
    assert outcome(body, "POSITION_TYPED") == "clear"


@pytest.mark.parametrize("limits", [{"nonsense": 1}, {"near_bits": 64}])
def test_limits_beyond_reason_are_no_policy(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        PolicyRules(evidence_limits=limits)


def test_the_machine_rejects_only_where_the_policy_lets_it(
    api: Api, db: Database, clock: StoppedClock, rows: Rows
) -> None:
    def doubly_contradicted() -> dict:
        clock.advance(minutes=30)
        return api.check_in("chen", photo=photo, lat="39.904211", lng="116.407395").json

    photo = draw_selfie(41, size=(480, 640))
    first = api.check_in("chen", photo=photo).json
    assert first["verdict"] == "accepted"
    assert doubly_contradicted()["verdict"] == "review"
    rules = PolicyRules(burden_mode="daily", legal_basis="测试", machine_may_reject=True)
    with db.transaction() as session:
        add_policy(session, 1, rules, clock(), version=2)
    rejected = doubly_contradicted()
    assert rejected["verdict"] == "rejected"
    assert "可以申诉" in rejected["reason"]
    assert rows("SELECT count(*) FROM notices WHERE kind = 'checkin_decided'") == [(1,)]
    assert api.post(f"/checkins/{rejected['id']}/appeals", "chen", {"statement": "当时确在驻点。"}).status_code == 201
