"""A county behind the real nginx: whole check-ins over TLS, the edges of what is taken, and what the logs keep."""

import json
from io import BytesIO
from random import Random
from threading import Thread

import requests
from itsdangerous import URLSafeTimedSerializer
from PIL import Image

from server.demo.photos import draw_selfie
from tests.deploy.county import SECRET_KEY, County, problem
from tests.deploy.site import NAME
from tests.deploy.waiting import until

MEGABYTE = 1_000_000


def noisy_photo(size: tuple[int, int]) -> bytes:
    """A JPEG of noise: about 1.1 bytes a pixel."""
    noise = Image.frombytes("RGB", size, Random(size[0]).randbytes(size[0] * size[1] * 3))
    out = BytesIO()
    noise.save(out, "JPEG", quality=94)
    return out.getvalue()


def padded(photo: bytes, size: int) -> bytes:
    """The same picture with comments before it, as an editor writes them, `size` bytes in all."""
    room, comments = size - len(photo), b""
    while len(comments) < room:
        length = min(room - len(comments), 65_000)
        comments += b"\xff\xfe" + (length - 2).to_bytes(2) + b" " * (length - 4)
    return photo[:2] + comments + photo[2:]


def test_a_whole_check_in(running: County):
    photo = draw_selfie(71, target_bytes=250_000)
    answer = running.check_in(photo)
    assert answer.status_code == 201, answer.text
    seen = running.call("GET", f"/api/v1/checkins/{answer.json()['id']}").json()
    assert seen["reason"] == answer.json()["reason"]
    month = running.call("GET", f"/api/v1/me/month?month={seen['on'][:7]}")
    assert month.status_code == 200, month.text
    picture = running.call("GET", seen["photo"]["url"], None)
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert Image.open(BytesIO(picture.content)).size == Image.open(BytesIO(photo)).size
    until(lambda: running.rows("SELECT 1 FROM audit_events WHERE seq > 0"), "the worker links the audit chain")


def test_a_photo_of_nearly_ten_megabytes(running: County):
    drawn = noisy_photo((3200, 2300))
    assert 5 * MEGABYTE < len(drawn) < 9.9 * MEGABYTE
    answer = running.check_in(padded(drawn, int(9.9 * MEGABYTE)))
    assert answer.status_code == 201, answer.text


def test_a_photo_that_is_too_large_is_refused_in_words(running: County):
    just_over = running.check_in(padded(noisy_photo((800, 600)), 10 * 1024 * 1024 + 1000))
    assert (just_over.status_code, problem(just_over)["code"]) == (413, "photo_too_large")  # the server's word
    far_over = running.check_in(bytes(12 * MEGABYTE))
    assert (far_over.status_code, problem(far_over)["code"]) == (413, "request_too_large")  # nginx's
    for response in (just_over, far_over):
        assert_said_once(response)


def test_nothing_is_said_twice(running: County):
    for path, status in (("/healthz", 200), ("/api/v1/me", 200), ("/nowhere", 404)):
        response = running.call("GET", path)
        assert response.status_code == status
        assert_said_once(response)
    assert "nginx/" not in response.headers["Server"]
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"  # so X-Forwarded-Proto is believed


def assert_said_once(response: requests.Response) -> None:
    names = [name.lower() for name in response.raw.headers]
    repeated = {name for name in names if len(response.raw.headers.getlist(name)) > 1}
    assert not repeated
    needed = ("x-request-id", "cache-control", "x-content-type-options", "strict-transport-security")
    assert not set(needed) - set(names)


def test_json_is_compressed(running: County):
    response = running.call("GET", "/openapi.json")
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.json()["paths"]) > 5


def test_plain_http_is_sent_to_the_configured_name(running: County):
    address = f"http://127.0.0.1:{running.site.http_port}/api/v1/me?a=b"
    response = requests.get(address, headers={"Host": "evil.example"}, allow_redirects=False, timeout=10)
    assert (response.status_code, response.headers["Location"]) == (308, f"https://{NAME}/api/v1/me?a=b")


def test_the_clients_address_is_believed_once(running: County):
    """What a client claims is replaced; what nginx sees is what the rate limit counts."""
    binding = URLSafeTimedSerializer(SECRET_KEY, salt="wechat-binding").dumps("o-stranger")
    phone = running.raw(source="127.0.0.5")
    forged = {"X-Forwarded-For": "6.6.6.6, 7.7.7.7", "Forwarded": "for=8.8.8.8", "Content-Type": "application/json"}
    phone.request("POST", "/api/v1/bind", json.dumps({"invite_code": "WRONG-1", "binding": binding}), forged)
    assert 400 <= phone.getresponse().status < 500
    phone.close()
    counted = {key for (key,) in running.rows("SELECT key FROM rate_counts WHERE key LIKE 'bind-from:%'")}
    assert counted == {"bind-from:127.0.0.5"}


def test_guessing_at_the_door_is_slowed_down(running: County):
    answers = [running.call("POST", "/api/v1/login", None, json={}) for _ in range(80)]
    assert answers[0].status_code == 422  # the server's
    slowed = [response for response in answers if response.status_code == 429]
    assert len(slowed) > 5
    assert problem(slowed[0])["code"] == "too_many_tries"
    assert slowed[0].headers["Retry-After"] == str(problem(slowed[0])["facts"]["retry_after_s"])
    assert_said_once(slowed[0])


def test_slow_phones_hold_no_web_thread(running: County):
    """Twelve uploads that have stopped half way, on eight threads: everybody else is served at once."""
    body, kind = running.form(draw_selfie(72, target_bytes=250_000))
    slow = [running.raw() for _ in range(12)]
    for phone in slow:
        phone.putrequest("POST", "/api/v1/checkins")
        for name, value in {
            "Authorization": f"Bearer {running.cast['chen'].token}",
            "Content-Type": kind,
            "Content-Length": str(len(body)),
        }.items():
            phone.putheader(name, value)
        phone.endheaders(body[: len(body) // 2])
    quick = [Thread(target=running.call, args=("GET", "/api/v1/me"), daemon=True) for _ in range(8)]
    for thread in quick:
        thread.start()
    for thread in quick:
        thread.join(30)
        assert not thread.is_alive()
    slow[0].send(body[len(body) // 2 :])
    assert slow[0].getresponse().status == 201
    for phone in slow:
        phone.close()


def test_logs_keep_no_secret(running: County):
    """Neither a photo link's token nor a bearer token, in the access log or beside an error."""
    checkin = running.check_in().json()["id"]
    link = running.call("GET", f"/api/v1/checkins/{checkin}").json()["photo"]["url"]
    assert running.call("GET", link, None).status_code == 200
    token = link.partition("token=")[2]
    until(lambda: link.partition("?")[0] in running.site.log("access"), "the look is in the access log")
    kept = running.site.log("access") + running.site.log("error") + running.site.log("default")
    for secret in (token, "token=", "Bearer", running.cast["chen"].token):
        assert secret not in kept
        assert secret not in running.log("web")
    line = json.loads(running.site.log("access").splitlines()[-1])
    assert {"time", "request_id", "client", "method", "path", "status", "seconds", "web_status"} <= set(line)
