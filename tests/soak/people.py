"""Phones that do not give up, and a supervisor who reviews: what they were promised is what the round checks."""

import hashlib
import json
import random
import socket
import struct
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from server.demo.photos import draw_selfie
from tests.cast import FRANKFURT, SHANGHAI, Person
from tests.soak.site import Site

PATIENCE_S = 60  # longer than any outage that the killer causes
_CUT = 0.2  # the share of attempts whose connection is cut before the reply
_POINTS = {"neighbour": FRANKFURT, "other_leader": FRANKFURT}


class Refused(Exception):
    """The server said something to a phone that no kill and no restart explains."""


@dataclass
class Promises:
    """What the server acknowledged in a round, and how it went. Shared by all threads of the round."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    reviewed: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    database_restarts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1


class Phone:
    """One member's phone. Draws its photos and its luck from its own seed."""

    def __init__(self, site: Site, who: Person, promises: Promises, seed: str) -> None:
        self.site = site
        self.who = who
        self.promises = promises
        self.luck = random.Random(seed)

    def check_in(self) -> str:
        """One check-in, sent again under the same id until it is acknowledged; its id."""
        photo = draw_selfie(self.luck.getrandbits(62), size=(240, 320))
        lat, lng = _POINTS.get(self.who.name, SHANGHAI)
        form = {
            "id": str(uuid.UUID(int=self.luck.getrandbits(128), version=4)),
            "lat": str(lat),
            "lng": str(lng + self.luck.uniform(-0.001, 0.001)),
            "datum": "wgs84",
            "accuracy_m": "20",
            "captured_at": datetime.now(UTC).isoformat(),
            "device": json.dumps({"clock_offset_ms": 0}),
            "ticket": self._ticket(),
        }
        url = f"{self.site.system.web}/api/v1/checkins"
        request = requests.Request("POST", url, self._headers(), {"photo": ("p.jpg", photo)}, form).prepare()
        answer = self._insist(lambda: self._send(request), {200, 201})
        if answer["id"] != form["id"]:
            raise Refused(f"check-in {form['id']} was answered as {answer['id']}")
        with self.promises.lock:
            self.promises.acknowledged[form["id"]] = hashlib.sha256(photo).hexdigest()
        return form["id"]

    def review(self, checkin_id: str) -> None:
        """Decide on a check-in. A reply that is lost means deciding again: each attempt has words of its own."""
        url = f"{self.site.system.web}/api/v1/checkins/{checkin_id}/reviews"

        def attempt() -> requests.Response:
            body = {
                "decision": self.luck.choice(("accepted", "rejected")),
                "reason": uuid.uuid4().hex[:16],
                "code": "other",
            }
            return requests.post(url, json=body, headers=self._headers(), timeout=10)

        answer = self._insist(attempt, {201})
        with self.promises.lock:
            self.promises.reviewed.append(answer["review"]["id"])

    def _ticket(self) -> str:
        """A ticket, or none when the lost replies of the day have used up what a phone may hold."""
        url = f"{self.site.system.web}/api/v1/checkins/tickets"
        answer = self._insist(lambda: requests.post(url, headers=self._headers(), timeout=10), {201, 409})
        return str(answer.get("ticket", ""))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.who.token}"}

    def _insist(self, attempt: Callable[[], requests.Response | None], good: set[int]) -> Any:
        """Try until one of the good answers comes."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = attempt()
            except requests.RequestException:
                self.promises.count("lost")
                time.sleep(self.luck.uniform(0.05, 0.25))  # a phone waits before it tries again
                continue
            if answer is None:
                continue
            if answer.status_code in good:
                if answer.status_code == 200:
                    self.promises.count("repeats")
                return answer.json()
            self._excuse(answer)
            time.sleep(self.luck.uniform(0.05, 0.25))
        raise Refused(f"{self.who.name} got no answer within {PATIENCE_S} s")

    def _excuse(self, answer: requests.Response) -> None:
        """Only a database that is away excuses another answer, and only 503 is the way to say so. Raises Refused."""
        self.promises.count(str(answer.status_code))
        if not (self.promises.database_restarts and answer.status_code == 503):
            raise Refused(f"{self.who.name}: {answer.request.method} {answer.url} {answer.status_code} {answer.text}")

    def _send(self, request: requests.PreparedRequest) -> requests.Response | None:
        """Send; None when this phone hung up before the reply, at a moment of its own choosing."""
        if self.luck.random() >= _CUT:
            with requests.Session() as session:
                return session.send(request, timeout=10)
        self._hang_up(request)
        self.promises.count("cuts")
        return None

    def _hang_up(self, request: requests.PreparedRequest) -> None:
        body = request.body
        assert isinstance(body, bytes)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        whole = f"POST {request.path_url} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode() + body
        try:
            with socket.create_connection(("127.0.0.1", self.site.system.web_port), timeout=5) as connection:
                connection.sendall(whole)
                time.sleep(self.luck.uniform(0, 0.05))  # from before the transaction to after its commit
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
        except OSError:
            self.promises.count("lost")
