"""One attempt to check in, honest or not: what the phone does, and what it sends."""

import io
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.bench.evidence.county import Person, Site
from tests.bench.evidence.sky import Position


@dataclass(slots=True)
class Attempt:
    """`shot_at` is when it happens in truth, aware UTC. `label` is the stratum or kind; "" is not counted.

    `fetched_s`: the ticket was fetched so long before (None: there is none); `sent_s`: how long after it is sent;
    `claimed_s`: what the phone's clock was moved by after it had been compared with the server's; `measured`: whether
    it ever was compared; `resends`: the attempt whose request is sent once more.
    """

    label: str
    who: Person
    shot_at: datetime
    position: Position
    photo: Callable[[], bytes]
    fetched_s: float | None = 25.0
    sent_s: float = 6.0
    claimed_s: float = 0.0
    measured: bool = True
    datum: str = "wgs84"
    kind: str = "station"
    token: str | None = None  # another session than the member's usual one
    ticket_of: Person | None = None
    resends: "Attempt | None" = None
    under_new_id: bool = False
    form: dict[str, Any] = field(default_factory=dict)  # what was sent, without the photo
    data: bytes = b""
    checkin_id: str | None = None  # once it is stored
    refusal: str = ""  # the HTTP status and code where it is not

    @property
    def sent_at(self) -> datetime:
        return self.shot_at + timedelta(seconds=self.sent_s)

    def make(self, site: Site, luck: random.Random) -> None:
        """Fetch the ticket, take the photo, send it; note what came of it."""
        token = self.token or self.who.token
        if self.resends is not None:
            self.form, self.data = dict(self.resends.form), self.resends.data
            if self.under_new_id:
                self.form["id"] = str(uuid.UUID(int=luck.getrandbits(128), version=4))
        else:
            self.form, self.data = self._form(site, token, luck), self.photo()
        site.at = self.sent_at
        form = self.form | {"photo": (io.BytesIO(self.data), "photo.jpg")}
        response = site.client.post("/api/v1/checkins", data=form, headers=_bearer(token))
        if response.status_code == 201:
            self.checkin_id = response.get_json()["id"]
        elif response.status_code == 200:
            self.refusal = "200 repeat of a stored one"
        else:
            self.refusal = f"{response.status_code} {(response.json or {}).get('code')}"

    def _form(self, site: Site, token: str, luck: random.Random) -> dict[str, Any]:
        phone, decimals = self.who.phone, self.who.phone.decimals
        # One way there takes longer than the other: a tenth of a second, or some seconds on a bad line.
        error_s = luck.gauss(0, 0.1) if luck.random() > 0.03 else luck.uniform(-4, 4)
        device = {"model": phone.device, "platform": phone.platform, "wechat_version": "8.0.62"}
        if self.measured:
            device["clock_offset_ms"] = round(1000 * (error_s - phone.skew_s))  # type: ignore[assignment]
        at = self.position
        lat, lng = (degrees if decimals is None else round(degrees, decimals) for degrees in (at.lat, at.lng))
        return {
            "id": str(uuid.UUID(int=luck.getrandbits(128), version=4)),
            "lat": repr(lat),
            "lng": repr(lng),
            "datum": self.datum,
            "accuracy_m": repr(at.accuracy_m),
            "captured_at": (self.shot_at + timedelta(seconds=phone.skew_s + self.claimed_s)).isoformat(),
            "ticket": self._ticket(site, token),
            "kind": self.kind,
            "device": json.dumps(device),
            "note": "",
        }

    def _ticket(self, site: Site, token: str) -> str:
        if self.fetched_s is None:
            return ""
        site.at = self.shot_at - timedelta(seconds=self.fetched_s)
        holder = self.ticket_of.token if self.ticket_of else token
        response = site.client.post("/api/v1/checkins/tickets", json={}, headers=_bearer(holder))
        if response.status_code != 201:
            raise RuntimeError(f"no ticket: {response.status_code} {response.text}")
        return str(response.get_json()["ticket"])


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
