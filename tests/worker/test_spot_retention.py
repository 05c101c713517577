"""What was said freely of a spot check goes with the evidence's term, or on request; what was decided stays."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.spotchecks.models import SpotCall, SpotCheck
from server.worker import Worker
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock
from tests.spots import aimed, mine
from tests.worker.conftest import tick

Rows = Callable[..., list]


@pytest.fixture
def explained(api: Api, config: Config, clock: StoppedClock, db: Database, cast: Cast) -> Any:
    """chen's own of 24 November, explained; and a call that somebody answered."""
    aimed(api)
    clock.advance(seconds=4)
    worker = Worker(config, clock)
    worker.spot_checks()
    check = uuid.UUID(mine(api)[0]["id"])
    said = {"state": "unanswered", "challenge": "竖起大拇指", "excuse": "meeting", "explanation": "在医院"}
    said |= {"explained_by": cast["chen"].id, "explained_at": clock(), "missed_at": clock()}
    with db.transaction() as session:
        session.execute(update(SpotCheck).where(SpotCheck.id == check).values(said))
        values = {"spot_check_id": check, "called_by": cast["bureau"].id, "called_at": clock(), "logged_at": clock()}
        session.add(SpotCall(county_id=1, id=uuid.uuid4(), outcome="answered", who="小陈", note="在场", **values))
    yield str(check)
    worker.db.dispose()


@pytest.mark.parametrize(
    ("asks", "decided", "on", "left"),
    [
        (False, True, "2026-11-25", ("在医院", "竖起大拇指", "小陈")),
        (True, True, "2026-11-25", ("", None, "小陈")),
        (True, False, "2026-11-25", ("在医院", "竖起大拇指", "小陈")),  # somebody is still to read it
        (False, False, "2028-01-02", ("", None, "")),
    ],
)
def test_what_was_said_goes(
    api: Api,
    explained: str,
    config: Config,
    clock: StoppedClock,
    rows: Rows,
    asks: bool,
    decided: bool,
    on: str,
    left: Any,
) -> None:
    if decided:
        word = {"decision": "excused", "reason": "有医院证明"}
        assert api.post(f"/spot-checks/{explained}/decision", "supervisor", word).status_code == 200
    if asks:
        assert api.post("/me/deletion", "chen", {"understood": True}).status_code == 200
    worker = Worker(config, clock)
    clock.at = datetime.fromisoformat(f"{on}T19:26:00").replace(tzinfo=UTC)  # 03:26 in China
    tick(worker, "erase_lead_evidence")
    worker.db.dispose()
    (found,) = rows("SELECT explanation, challenge FROM spot_checks")
    assert (*found, rows("SELECT who FROM spot_calls")[0][0]) == left
    assert rows("SELECT excuse, decision FROM spot_checks") == [("meeting", "excused" if decided else None)]
