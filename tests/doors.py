"""Speaks to the console's doors as a browser and an authenticator do."""

import base64
import hashlib
import hmac
import struct
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.client import Api
from tests.conftest import StoppedClock

PASSWORD = "长江 河湾 2026 招商"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


def totp(secret: str, clock: StoppedClock, steps: int = 0) -> str:
    """RFC 6238 by hand, as an authenticator has it."""
    counter = struct.pack(">Q", int(clock().timestamp()) // 30 + steps)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


def enrol(api: Api, who: str = "supervisor", name: str = "li.si", **more: Any) -> TestResponse:
    return api.call("PUT", "/me/console", who, json={"username": name, "password": PASSWORD} | more)


def sign_in(browser: FlaskClient, code: str, name: str = "li.si", password: str = PASSWORD) -> TestResponse:
    body = {"username": name, "password": password, "totp": code}
    headers = FROM_HERE | {"User-Agent": WINDOWS}
    return browser.post("/api/v1/console/sign-in", json=body, headers=headers)


def begin(browser: FlaskClient) -> str:
    made = browser.post("/api/v1/console/scans", headers=FROM_HERE | {"User-Agent": WINDOWS})
    assert made.status_code == 201, made.text
    assert made.json["qr_svg"].startswith("<svg")
    return str(made.json["code"])


def claim(browser: FlaskClient, code: str) -> TestResponse:
    return browser.post(f"/api/v1/console/scans/{code}/claim", headers=FROM_HERE)
