"""Asks for draws, answers and calls, as a supervisor's page, a phone and a telephone do."""

import uuid
from typing import Any

from tests.client import Api


def draw(api: Api, who: str = "bureau", **changes: Any) -> Any:
    return api.post("/draws", who, {"id": str(uuid.uuid4()), "kind": "selfie", "count": 1} | changes)


def aimed(api: Api, at: str = "chen", **changes: Any) -> Any:
    return draw(api, aimed_at=str(api.cast[at].id), reason="有人反映", **changes)


def mine(api: Api, who: str = "chen") -> list[Any]:
    found: list[Any] = api.get("/me/spot-checks", who).json["items"]
    return found


def answer(api: Api, check: str, who: str = "chen", **form: Any) -> Any:
    ticket = api.post(f"/me/spot-checks/{check}/camera", who)
    assert ticket.status_code == 201, ticket.text
    return api.check_in(who, kind="spot", ticket=ticket.json["ticket"], **form)


def call(api: Api, check: str, outcome: str, **more: Any) -> Any:
    said = {"id": str(uuid.uuid4()), "outcome": outcome, "called_at": api.clock().isoformat()}
    return api.post(f"/spot-checks/{check}/calls", "supervisor", said | more)
