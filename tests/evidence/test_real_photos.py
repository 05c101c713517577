"""Third parties' photos, read as they come in, under the signals that look at them: at the place and time that the
camera wrote they fit, elsewhere and a day later they do not; where it wrote nonsense or nothing nobody is suspected.
(An editor's name and the camera's make: test_photo_edited.py, test_camera_model.py; copies of them: tests/photos.)
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from server.evidence.signals import exif_position, exif_time, photo_usable, station_distance
from server.evidence.types import Evidence, Fix, Place
from server.photos.read import PhotoFacts, read
from tests.evidence.cases import NORTH_1KM, RULES, at, evidence

Photo = Callable[[str], PhotoFacts]
DAY = timedelta(days=1)


@cache
def _read(path: Path) -> PhotoFacts:
    return read(path.read_bytes())


@pytest.fixture
def photo(shared_data: Path) -> Photo:
    return lambda name: _read(shared_data / "photos" / name)


def sent(of: PhotoFacts, when: datetime, lat: float = 31.2, lng: float = 121.5, tz: str = "Asia/Shanghai") -> Evidence:
    """A check-in with this photo, captured then and there, at a station of that very place."""
    made = evidence(
        exif=of.exif,
        tz=tz,
        captured_at=when,
        received_at=when + timedelta(seconds=20),
        clock_offset_ms=0,
        ticket_issued_at=when - timedelta(minutes=1),
        ticket_expires_at=when + timedelta(minutes=9),
        fix=Fix(lat, lng, 20.0, when),
        place=Place("s", "驻点", lat, lng, 200.0),
    )
    return replace(made, distance_m=0.0, photo_width=of.width, photo_height=of.height, photo_spread=of.spread)


@pytest.mark.parametrize(
    ("name", "written", "tz"),
    [
        ("2024-04-30_G012.JPG", "2024-04-30 16:36:42", "Europe/Paris"),
        ("HMD_Nokia_8.3_5G.jpg", "2022-08-14 11:12:31", "Europe/Helsinki"),
        ("IMG_5195.HEIC", "2021-04-11 20:47:53", "America/Chicago"),
        ("empty_icc.heic", "2021-07-06 13:08:14", "Europe/Kiev"),
        ("xiaomi.heic", "2023-04-27 16:44:18", "Europe/Moscow"),
        ("Apple_iPhone_4.jpg", "2011-01-13 13:33:39", "Europe/Rome"),  # no zone: the station's
        ("IMG_20180725_163423-tiny.jpg", "2018-07-25 14:34:23", "Europe/Berlin"),  # and a satellite's time
    ],
)
def test_the_cameras_own_time(photo: Photo, name: str, written: str, tz: str) -> None:
    of = photo(name)
    assert exif_time.check(sent(of, at(written), tz=tz), RULES).outcome == "clear"
    assert exif_time.check(sent(of, at(written) + DAY, tz=tz), RULES).outcome == "suspect", "a day later"


@pytest.mark.parametrize("name", ["thompson-springs.jpg", "HMD_Nokia_8.3_5G_hdr.heif"])
def test_a_satellites_time_alone_may_be_that_of_the_day_before(photo: Photo, name: str) -> None:
    of = photo(name)
    assert of.exif.gps_at is not None
    for days, outcome in ((0, "clear"), (1, "unknown"), (3, "suspect")):
        assert exif_time.check(sent(of, of.exif.gps_at + days * DAY), RULES).outcome == outcome


@pytest.mark.parametrize("name", ["piexif_01.jpg", "Issue_173_dotnet_.jpg"])  # the year 2099; none at all
def test_no_time_and_nonsense_suspect_nobody(photo: Photo, name: str) -> None:
    assert exif_time.check(sent(photo(name), at("2026-11-03 00:41")), RULES).outcome == "unknown"


@pytest.mark.parametrize(
    "name",
    [
        *("2024-04-30_G012.JPG", "Apple_iPhone_4.jpg", "FujiFilm_FinePixS1Pro_1_.jpg", "HMD_Nokia_8.3_5G.jpg"),
        *("IMG_5195.HEIC", "Issue_173_dotnet_.jpg", "Sony_DSC-HX5V_2_.jpg", "empty_icc.heic", "xiaomi.heic"),
        "IMG_20180725_163423-tiny.jpg",
    ],
)
def test_the_cameras_own_position(photo: Photo, name: str) -> None:
    of = photo(name)
    assert of.exif.lat is not None
    assert of.exif.lng is not None
    when = of.exif.gps_at or at("2026-11-03 00:41")
    here = sent(of, when, of.exif.lat, of.exif.lng)
    assert exif_position.check(here, RULES).outcome == "clear"
    assert station_distance.check(here, RULES).outcome == "clear"
    away = of.exif.lat + 3 * NORTH_1KM
    claimed = sent(of, when, away, of.exif.lng)  # the photo was taken three kilometres from where the phone says it is
    assert exif_position.check(claimed, RULES).outcome == "suspect"
    station = Place("s", "驻点", away, of.exif.lng, 200.0)
    elsewhere = evidence(fix=here.fix, place=station)
    assert station_distance.check(elsewhere, RULES).outcome == "suspect"


@pytest.mark.parametrize("name", ["Nikon_D5000.jpg", "empty_gps.jpg", "empty_gps_ifd.jpg", "Issue_308.jpg"])
def test_no_position_suspects_nobody(photo: Photo, name: str) -> None:
    assert exif_position.check(sent(photo(name), at("2026-11-03 00:41")), RULES).outcome == "unknown"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        *(("Apple_iPhone_4.jpg", "clear"), ("HMD_Nokia_8.3_5G_hdr.heif", "clear"), ("Issue_173_dotnet_.jpg", "clear")),
        *(("Issue_508.jpg", "unknown"), ("corrupt_exif.jpg", "unknown"), ("thompson-springs.jpg", "unknown")),
        *(("iphone14promax_mpf.jpg", "unknown"), ("datetimeoriginal-gps.jpg", "unknown")),
    ],
)
def test_whether_there_is_something_to_see(photo: Photo, name: str, outcome: str) -> None:
    assert photo_usable.check(sent(photo(name), at("2026-11-03 00:41")), RULES).outcome == outcome
