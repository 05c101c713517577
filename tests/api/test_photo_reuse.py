"""The same photo twice in a county is looked at by a person; who else it belongs to is not told to the member."""

import io
import uuid

from PIL import Image
from sqlalchemy import insert

from server.checkins.twins import month_key
from server.db import Database
from server.demo.photos import draw_selfie
from server.photos.match import bands
from server.photos.models import Photo, PhotoBand
from server.photos.read import read
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock


def finding(body: dict, code: str) -> dict:
    return next(f for f in body["findings"] if f["code"] == code)


def recompressed(data: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, "JPEG", quality=60)
    return out.getvalue()


def test_yesterdays_photo_again_is_suspect_and_says_which_day(api: Api, clock: StoppedClock) -> None:
    photo = draw_selfie(31, size=(480, 640))
    api.check_in("chen", photo=photo)
    clock.advance(days=1)
    body = api.check_in("chen", photo=photo).json
    assert body["verdict"] == "review"
    assert finding(body, "PHOTO_REUSE")["outcome"] == "suspect"
    assert "11月24日" in finding(body, "PHOTO_REUSE")["message"]


def test_one_selfie_of_two_colleagues_at_one_time_is_labelled_and_allowed(api: Api) -> None:
    photo = draw_selfie(37, size=(480, 640))
    api.check_in("colleague", photo=photo)
    body = api.check_in("chen", photo=photo).json
    said = finding(body, "PHOTO_REUSE")
    assert (said["outcome"], said["facts"]["shared"], body["verdict"]) == ("clear", True, "accepted")
    assert "合影" in said["message"]


def test_a_colleagues_photo_is_suspect_but_not_named_to_the_member(api: Api, clock: StoppedClock) -> None:
    photo = draw_selfie(32, size=(480, 640))
    other = api.check_in("colleague", photo=photo).json["id"]
    clock.advance(minutes=40)
    body = api.check_in("chen", photo=photo).json
    assert finding(body, "PHOTO_REUSE")["outcome"] == "suspect"
    assert other not in str(body)
    seen_by_bureau = api.get(f"/checkins/{body['id']}", "bureau").json
    assert finding(seen_by_bureau, "PHOTO_REUSE")["facts"]["checkin_id"] == other


def test_the_same_photo_in_another_county_is_not_known_here(api: Api) -> None:
    photo = draw_selfie(34, size=(480, 640))
    api.check_in("outsider", photo=photo)
    assert api.check_in("chen", photo=photo).json["verdict"] == "accepted"


def test_two_covered_lenses_do_not_accuse_each_other(api: Api, clock: StoppedClock) -> None:
    def black(level: int) -> bytes:
        out = io.BytesIO()
        Image.new("RGB", (480, 640), (level, level, level)).save(out, "JPEG")
        return out.getvalue()

    api.check_in("chen", photo=black(3))
    clock.advance(days=1)
    body = api.check_in("chen", photo=black(4), accuracy_m="23").json
    assert body["verdict"] == "review"  # nothing to see is nothing to accept by machine
    assert "suspect" not in {f["outcome"] for f in body["findings"]}


def test_a_crowded_band_hides_no_exact_copy(api: Api, db: Database, cast: Cast, clock: StoppedClock) -> None:
    photo = draw_selfie(35, size=(480, 640))
    phash = read(photo).phash
    with db.transaction() as session:
        for number in range(600):  # all equal in one band, far apart in the others
            row = {"id": uuid.uuid4(), "hash": phash ^ (0x5555_5555_5555 << 16) ^ ((number % 7) << 20)}
            session.execute(
                insert(Photo).values(
                    county_id=1,
                    id=row["id"],
                    member_id=cast["leader"].id,
                    storage_key=f"crowd/{number}",
                    sha256=f"{number:064}",
                    phash=row["hash"],
                    mime="image/jpeg",
                    size_bytes=1,
                    width=1,
                    height=1,
                    exif={},
                    received_at=clock(),
                )
            )
            session.execute(
                insert(PhotoBand).values(
                    county_id=1, month=month_key(clock()), band=bands(phash)[0], photo_id=row["id"], phash=row["hash"]
                )
            )
    api.check_in("colleague", photo=photo)
    clock.advance(minutes=40)
    body = api.check_in("chen", photo=photo).json
    assert finding(body, "PHOTO_REUSE")["outcome"] == "suspect"
    other = api.check_in("chen", photo=recompressed(draw_selfie(36, size=(480, 640)))).json
    assert finding(other, "PHOTO_NEAR")["outcome"] == "clear"
    alike = api.check_in("leader", photo=draw_selfie(35, size=(478, 640))).json
    assert finding(alike, "PHOTO_NEAR")["outcome"] in {"suspect", "unknown"}
