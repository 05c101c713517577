"""The same photo twice in a county is looked at by a person; who else it belongs to is not told to the member."""

import io

from PIL import Image

from server.demo.photos import draw_selfie
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


def test_a_colleagues_photo_is_suspect_but_not_named_to_the_member(api: Api) -> None:
    photo = draw_selfie(32, size=(480, 640))
    other = api.check_in("colleague", photo=photo).json["id"]
    body = api.check_in("chen", photo=photo).json
    assert finding(body, "PHOTO_REUSE")["outcome"] == "suspect"
    assert other not in str(body)
    seen_by_bureau = api.get(f"/checkins/{body['id']}", "bureau").json
    assert finding(seen_by_bureau, "PHOTO_REUSE")["facts"]["checkin_id"] == other


def test_a_recompressed_copy_is_nominated(api: Api, clock: StoppedClock) -> None:
    photo = draw_selfie(33, size=(480, 640))
    api.check_in("chen", photo=photo)
    clock.advance(days=1)
    body = api.check_in("chen", photo=recompressed(photo)).json
    assert finding(body, "PHOTO_REUSE")["outcome"] == "clear"
    assert finding(body, "PHOTO_NEAR")["outcome"] == "suspect"


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
    body = api.check_in("chen", photo=black(4)).json
    assert body["verdict"] == "review"  # nothing to see is nothing to accept by machine
    assert "suspect" not in {f["outcome"] for f in body["findings"]}
