"""Speaks HTTP to the app in the name of one of the cast, as a phone would."""

import io
import itertools
import json
import uuid
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from server.clock import Clock
from server.demo.photos import draw_selfie
from tests.cast import SHANGHAI, Cast

_seeds = itertools.count(1)


class Api:
    """`api.get("/me", "chen")`: a path under /api/v1, and who calls (None: nobody)."""

    def __init__(self, app: Flask, cast: Cast, clock: Clock) -> None:
        self.app = app
        self.cast = cast
        self.clock = clock

    def call(self, method: str, path: str, who: str | None = None, **arguments: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.cast[who].token}"} if who else {}
        full = path if path.startswith(("/api/", "/healthz", "/readyz", "/openapi", "/docs")) else f"/api/v1{path}"
        return self.app.test_client().open(full, method=method, headers=headers, **arguments)

    def get(self, path: str, who: str | None = None, **query: Any) -> TestResponse:
        return self.call("GET", path, who, query_string=query or None)

    def post(self, path: str, who: str | None = None, body: Any = None) -> TestResponse:
        text = json.dumps({} if body is None else body)  # ASCII, so that even half a surrogate pair arrives
        return self.call("POST", path, who, data=text, content_type="application/json")

    def close_month(self, month: str = "2026-11") -> TestResponse:
        """The bureau closes a month, and before it those that are still open."""
        response = self.post(f"/months/{month}/close", "bureau")
        while response.status_code == 409 and (problem := json.loads(response.text))["code"] == "earlier_month_open":
            self.close_month(problem["facts"]["month"])
            response = self.post(f"/months/{month}/close", "bureau")
        assert response.status_code == 201, response.text
        return response

    def ticket(self, who: str) -> str:
        """A fresh ticket of this person."""
        response = self.post("/checkins/tickets", who)
        assert response.status_code == 201, response.text
        return str(json.loads(response.text)["ticket"])

    def check_in(self, who: str = "chen", **changes: Any) -> TestResponse:
        """An ordinary, honest check-in at the Shanghai station, unless a field says otherwise.

        `photo` bytes, `ticket` (None leaves it out), `at` the phone's capture time, and any other form field.
        """
        form = checkin_form(self.clock(), **{"ticket": self.ticket(who) if "ticket" not in changes else "", **changes})
        return self.call("POST", "/checkins", who, data=form, content_type="multipart/form-data")


def checkin_form(now: datetime, **changes: Any) -> dict[str, Any]:
    """The multipart fields of an honest check-in, with changes; a field set to None is left out."""
    photo = changes.pop("photo", None)
    at = changes.pop("at", now)
    device = {"model": "Redmi Note 9S", "platform": "android", "wechat_version": "8.0.62", "clock_offset_ms": 0}
    form: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "lat": str(SHANGHAI[0] + 0.0002),
        "lng": str(SHANGHAI[1]),
        "datum": "wgs84",
        "accuracy_m": "20",
        "captured_at": at.isoformat(),
        "kind": "station",
        "device": json.dumps(device | changes.pop("device", {})),
        "note": "",
        **changes,
    }
    data = draw_selfie(next(_seeds), size=(480, 640)) if photo is None else photo
    form["photo"] = (io.BytesIO(data), "photo.jpg")
    return {key: value for key, value in form.items() if value is not None}
