"""Text that databases or encoders trip over: cleaned or refused in words, never a 500."""

import json

import pytest

from tests.cast import SHANGHAI
from tests.client import Api

ODD = ["\x00", "前\x00后", "\ud800", "\u202e反", "🙂" * 20, "'; DROP TABLE members; --", "%_", "\x1b[31m", " \n "]


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_every_free_text_of_the_api(api: Api, text: str) -> None:
    member = {"member": str(api.cast["chen"].id), "on": "2026-11-24", "value": 1, "reason": text}
    doubtful = api.check_in("chen", lat=str(SHANGHAI[0] + 0.03), ticket=None).json["id"]
    answers = [
        api.post("/attestations", "colleague", member),
        api.post(f"/checkins/{doubtful}/reviews", "bureau", {"decision": "rejected", "reason": text, "code": "other"}),
        api.post(
            f"/checkins/{doubtful}/reviews", "bureau", {"decision": "rejected", "reason": "理由", "code": "other"}
        ),
        api.post(f"/checkins/{doubtful}/appeals", "chen", {"statement": text}),
        api.post("/stations", "admin", {"name": text, "city": "苏州", "lat": 31.3, "lng": 120.6, "datum": "wgs84"}),
        api.post("/members", "admin", {"name": text, "unit": str(api.cast.units["east"])}),
        api.post("/login", None, {"code": text or "x"}),
        api.post("/bind", None, {"invite_code": (text * 4)[:20], "binding": text}),
    ]
    sign_in = {"username": text, "password": text * 10, "totp": "000000"}
    here = {"Sec-Fetch-Site": "same-origin"}
    sent = {"data": json.dumps(sign_in), "content_type": "application/json", "headers": here}
    answers.append(api.app.test_client().post("/api/v1/console/sign-in", **sent))
    if text != "\ud800":  # no client can put that into a URL
        answers += [api.get("/checkins", "chen", cursor=text), api.get("/me/month", "chen", month=text)]
    for response in answers:
        assert response.status_code in {200, 201, 400, 401, 403, 409, 422, 503}, response.text


def test_a_device_with_odd_text_is_kept_or_refused(api: Api) -> None:
    for model in ODD:
        response = api.check_in("chen", ticket=None, device={"model": model})
        assert response.status_code in {201, 422}, response.text
