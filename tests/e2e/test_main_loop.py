"""The main loop over real HTTP: sign in, be posted, check in, be counted, be warned, be reviewed, be told."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.demo.photos import draw_selfie
from server.evidence.types import ExifFacts
from server.org import consent
from tests.e2e.office import Office, agree, persona
from tests.e2e.phone import Phone, outcomes
from tests.photos.made import DRAWN_HEIC, HUZHOU
from tests.processes import System, until

# Photos whose camera wrote a position; what is said of each beside the position is what its EXIF really holds.
NO_DATE = {"photos/Issue_173_dotnet_.jpg"}  # GPS date 0000:00:00 and no other: nothing to compare, nobody to accuse
TRUNCATED = {"photos/cn_pixel6_ultrahdr_truncated.jpg"}  # its authors cut the pixels off
THREE_KM = 3_000 / 111_195  # degrees of latitude

PARIS = ExifFacts(
    taken_local=datetime(2019, 5, 6, 10, 30),  # noqa: DTZ001  (a camera writes no zone)
    lat=48.8584,
    lng=2.2945,
    make="Xiaomi",
    model="Redmi Note 9S",
)


@pytest.fixture(scope="module")
def office(demo: System) -> Office:
    return Office(demo)


def settled(office: Office, name: str, lat: float, lng: float, tz: str | None = None) -> Phone:
    """A newcomer who agreed and is posted to a station at this point."""
    phone = office.newcomer(name)
    agree(phone)
    office.post_to(phone, office.station(lat, lng, tz))
    return phone


def day_zone() -> tuple[str, float, float]:
    """A zone, and a point in it, where it is daytime now: a policy with windows would count there too."""
    daytime = 7 <= datetime.now(ZoneInfo("Asia/Shanghai")).hour < 19
    return ("Asia/Shanghai", 31.2304, 121.4737) if daytime else ("America/New_York", 40.7128, -74.006)


def with_positions(shared_data: Path) -> list[tuple[str, bytes, float, float]]:
    """(name, bytes, lat, lng) of each photo that says where it was taken, by the collection's own list of facts."""
    found = []
    for facts in json.loads((shared_data / "facts.json").read_text(encoding="utf-8")):
        lat, lng = (facts.get("gps") or {}).get("lat"), (facts.get("gps") or {}).get("lng")
        real = isinstance(lat, float) and isinstance(lng, float) and (lat, lng) != (0.0, 0.0)
        if facts["file"].startswith("photos/") and real:
            found.append((facts["file"], (shared_data / facts["file"]).read_bytes(), lat, lng))
    return found


def test_nothing_of_a_person_is_taken_before_posting_and_consent(office: Office) -> None:
    phone = office.newcomer("新来")
    photo = draw_selfie(1, size=(240, 320))
    refusal = phone.check_in(photo, 31.2, 121.4, expect=403)
    assert (refusal["code"], refusal["facts"]["version"]) == ("consent_required", consent.CURRENT_VERSION)
    agree(phone)
    unposted = phone.check_in(photo, 31.2, 121.4)
    assert unposted["verdict"] == "review"
    assert outcomes(unposted)["STATION_DISTANCE"] == "unknown"


def test_real_photos_at_their_own_places(office: Office, shared_data: Path) -> None:
    """Each at a station where it was taken: the places agree, the years do not."""
    photos = with_positions(shared_data)
    assert len(photos) == 20
    for name, data, lat, lng in photos:
        phone = settled(office, "甲", lat, lng)
        if name in TRUNCATED:
            assert phone.check_in(data, lat, lng, expect=422)["code"] == "photo_truncated", name
            continue
        found = phone.check_in(data, lat, lng)
        said = outcomes(found)
        assert (said["EXIF_POSITION"], said["STATION_DISTANCE"]) == ("clear", "clear"), name
        assert said["EXIF_TIME"] == ("unknown" if name in NO_DATE else "suspect"), name
        assert found["verdict"] == ("accepted" if name in NO_DATE else "review"), (name, found["reason"])


def test_real_photos_three_kilometres_away(office: Office, shared_data: Path) -> None:
    for name, data, lat, lng in with_positions(shared_data):
        if name in TRUNCATED:
            continue
        found = settled(office, "乙", lat + THREE_KM, lng).check_in(data, lat, lng)
        (station,) = (f for f in found["findings"] if f["code"] == "STATION_DISTANCE")
        assert station["outcome"] == "suspect", name
        assert station["facts"]["distance_m"] == pytest.approx(3_000, rel=0.01)
        assert outcomes(found)["EXIF_POSITION"] == "clear", name
        assert (found["verdict"], found["day"]["counted"], found["day"]["pending"]) == ("review", False, 1.0), name


@pytest.mark.parametrize("kind", ["JPEG", "HEIC"])
def test_our_own_photos_with_a_place_and_an_old_date(office: Office, kind: str) -> None:
    """The same two stories with photos that we draw ourselves: they need nobody's collection."""
    drawn = DRAWN_HEIC.read_bytes() if kind == "HEIC" else draw_selfie(2, size=(480, 640), exif=PARIS)
    place = HUZHOU if kind == "HEIC" else PARIS
    assert place.lat is not None
    assert place.lng is not None
    here = settled(office, "丙", place.lat, place.lng).check_in(drawn, place.lat, place.lng)
    said = outcomes(here)
    assert (said["EXIF_POSITION"], said["STATION_DISTANCE"], said["EXIF_TIME"]) == ("clear", "clear", "suspect")
    assert here["verdict"] == "review"
    away = settled(office, "丁", place.lat + THREE_KM, place.lng).check_in(drawn, place.lat, place.lng)
    assert outcomes(away)["STATION_DISTANCE"] == "suspect"
    (reuse,) = (f for f in away["findings"] if f["code"] == "PHOTO_REUSE")
    assert (reuse["outcome"], reuse["facts"]["shared"]) == ("clear", True)  # two colleagues, one place, one moment


def test_a_day_is_counted_and_explained(office: Office) -> None:
    tz, lat, lng = day_zone()
    phone = settled(office, "戊", lat, lng, tz)
    done = phone.check_in(draw_selfie(3, size=(480, 640)), lat + 0.00021, lng)
    assert done["verdict"] == "accepted", done["reason"]
    today = datetime.now(ZoneInfo(tz)).date().isoformat()
    assert (done["day"]["on"], done["day"]["value"], done["day"]["counted"]) == (today, 1.0, True)
    month = phone.get("/me/month", month=today[:7])
    assert (month["confirmed"], month["pending"], month["excused"]) == (1.0, 0.0, 0.0)
    (day,) = month["days"]
    assert day["on"] == today
    assert [source["id"] for source in day["sources"]] == [done["id"]]


def test_who_cannot_make_it_is_told_once_by_two_workers(demo: System, office: Office) -> None:
    """Posted for a part of the month that is over, with no day in it: nothing is left to make up for it."""
    ((tz,),) = demo.rows("SELECT tz FROM counties WHERE id = 1")
    yesterday = datetime.now(ZoneInfo(tz)).date() - timedelta(days=1)
    phone = office.newcomer("己")
    agree(phone)
    # Days before somebody agreed are held against nobody, and a test cannot wait for weeks: the one thing done by hand.
    demo.execute(
        "UPDATE consents SET given_at = :at WHERE member_id = (SELECT id FROM members WHERE openid = :openid)",
        at=f"{yesterday:%Y-%m}-01 00:00:00.000000",
        openid=phone.openid,
    )
    station = office.station(31.2304, 121.4737, "Asia/Shanghai")
    office.post_to(phone, station, starts_on=f"{yesterday:%Y-%m}-01", ends_on=yesterday.isoformat())
    assert phone.get("/flags")["items"] == []
    both = [_flags_command(demo), _flags_command(demo)]
    assert [command.wait(60) for command in both] == [0, 0]

    (flag,) = phone.get("/flags")["items"]
    assert (flag["kind"], flag["month"], flag["closed_at"]) == ("unreachable", f"{yesterday:%Y-%m}", None)
    assert flag["facts"]["remaining_days"] == 0
    assert flag["facts"]["missing"] == flag["facts"]["target"] > 0
    until(lambda: _states(demo, phone, "flag_unreachable") == ["sent"], "the notice is sent")
    until(lambda: not _waiting(demo), "the outbox is empty")
    (message,) = phone.messages()
    assert (message["title"], message["fields"]["phrase2"]) == ("驻点进度通知", "无法达标")
    assert message["fields"]["thing1"] == f"{yesterday.month}月驻点进度"


def test_a_review_counts_the_day_and_tells_the_member(demo: System, office: Office) -> None:
    phone = settled(office, "庚", 31.2304, 121.4737, "Asia/Shanghai")
    far = phone.check_in(draw_selfie(4, size=(480, 640)), 31.2304 + THREE_KM, 121.4737)
    assert (far["verdict"], far["day"]["value"], far["month"]["pending"]) == ("review", 0.0, 1.0)
    bureau = persona(demo, "bureau_supervisor")
    done = bureau.post(f"/checkins/{far['id']}/reviews", {"decision": "accepted", "reason": "已电话核实"})
    assert (done["checkin"]["verdict"], done["checkin"]["decision"]) == ("review", "accepted")
    assert (done["day"]["value"], done["month"]["confirmed"]) == (1.0, 1.0)
    mine = phone.get("/me/month", month=far["day"]["on"][:7])
    assert (mine["confirmed"], mine["pending"]) == (1.0, 0.0)
    until(lambda: _states(demo, phone, "checkin_decided") == ["sent"], "the notice is sent", seconds=45)
    (message,) = (m for m in phone.messages() if m["title"] == "复核结果通知" and m["fields"]["phrase2"] == "通过")
    on = date.fromisoformat(far["day"]["on"])
    assert message["fields"]["thing1"].startswith(f"{on.month}月{on.day}日")
    assert message["fields"]["thing3"] == "已电话核实"


def test_the_audit_chain_holds_everything_within_seconds(demo: System, office: Office) -> None:
    """Whatever the tests above have done and the weeks before it: linked by two workers, and intact."""
    office.station(31.0, 121.0)
    unlinked = "SELECT count(*) FROM audit_events WHERE seq IS NULL"
    until(lambda: demo.rows(unlinked) == [(0,)], "every event is linked", 10)
    ((events,),) = demo.rows("SELECT count(*) FROM audit_events WHERE county_id = 1")
    said = demo.run("audit", "verify").stdout
    assert f"云岭县: {events} intact, 0 erased, 0 tampered, 0 not linked yet" in said
    assert events > 200


def _flags_command(demo: System) -> "subprocess.Popen[bytes]":
    """`python -m server flags`: what the worker does at night, now."""
    command = (sys.executable, "-m", "server", "flags")
    return subprocess.Popen(command, env=demo.environment, cwd=demo.folder, stderr=subprocess.DEVNULL)


def _states(demo: System, phone: Phone, kind: str) -> list[Any]:
    """The states of this person's notices of one kind."""
    statement = (
        "SELECT notices.state FROM notices JOIN members ON members.county_id = notices.county_id"
        " AND members.id = member_id WHERE openid = :openid AND notices.kind = :kind"
    )
    return [state for (state,) in demo.rows(statement, openid=phone.openid, kind=kind)]


def _waiting(demo: System) -> list[Any]:
    now = datetime.now(UTC).replace(tzinfo=None if demo.database_url.startswith("sqlite") else UTC)
    return demo.rows("SELECT id FROM notices WHERE state IN ('pending', 'sending') AND due_at <= :now", now=now)
