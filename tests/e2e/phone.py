"""Somebody's phone over real HTTP: wx.login at the sandbox, everything else at the API."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import requests

from tests.processes import System

_TIMEOUT_S = 30


class Phone:
    """One WeChat user. `sign_in` or `bind` comes first; then `get` and `post` speak in this person's name."""

    def __init__(self, system: System, openid: str) -> None:
        self.system = system
        self.openid = openid
        self.token = ""
        self.member: dict[str, Any] = {}

    def wx_login(self) -> str:
        """What wx.login returns on this phone."""
        made = requests.post(f"{self.system.sandbox}/_sandbox/codes", json={"openid": self.openid}, timeout=_TIMEOUT_S)
        assert made.status_code == 200, made.text
        return str(made.json()["code"])

    def messages(self) -> list[dict[str, Any]]:
        """What arrived on this phone, oldest first."""
        url = f"{self.system.sandbox}/_sandbox/messages"
        return list(requests.get(url, {"openid": self.openid}, timeout=_TIMEOUT_S).json())

    def sign_in(self) -> "Phone":
        answer = self.post("/login", {"code": self.wx_login()}, expect=200)
        self.token, self.member = answer["token"], answer["member"]
        return self

    def bind(self, invite_code: str) -> "Phone":
        """The flow of a person who is new: refused with a binding token, then bound by the code on a slip of paper."""
        refusal = self.post("/login", {"code": self.wx_login()}, expect=403)
        assert refusal["code"] == "binding_required"
        body = {"invite_code": invite_code, "binding": refusal["facts"]["binding"]}
        answer = self.post("/bind", body, expect=200)
        self.token, self.member = answer["token"], answer["member"]
        return self

    def get(self, path: str, expect: int = 200, **query: str) -> Any:
        return self._call("GET", path, expect, params=query)

    def post(self, path: str, body: Any = None, expect: int = 201) -> Any:
        return self._call("POST", path, expect, json={} if body is None else body)

    def check_in(self, photo: bytes, lat: float, lng: float, *, expect: int = 201, **changes: Any) -> Any:
        """A ticket and, with it, a check-in with a good fix at this position (WGS-84)."""
        ticket = self.post("/checkins/tickets")["ticket"]
        form = checkin_form(lat, lng, ticket) | changes
        return self._call("POST", "/checkins", expect, data=form, files={"photo": ("photo", photo)})

    def _call(self, method: str, path: str, expect: int, **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.system.web}/api/v1{path}"
        answer = requests.request(method, url, headers=headers, timeout=_TIMEOUT_S, **arguments)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


def checkin_form(lat: float, lng: float, ticket: str) -> dict[str, Any]:
    """The fields of an honest check-in made this moment."""
    return {
        "id": str(uuid.uuid4()),
        "lat": str(lat),
        "lng": str(lng),
        "datum": "wgs84",
        "accuracy_m": "20",
        "captured_at": datetime.now(UTC).isoformat(),
        "kind": "station",
        "device": json.dumps({"model": "Redmi Note 9S", "platform": "android", "clock_offset_ms": 0}),
        "ticket": ticket,
    }


def outcomes(checkin: dict[str, Any]) -> dict[str, str]:
    """{code: outcome} of a check-in's findings."""
    return {finding["code"]: finding["outcome"] for finding in checkin["findings"]}
