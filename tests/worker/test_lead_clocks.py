"""Each morning: whoever is late with a lead is told, the leader and the bureau after a while; what nobody touches goes
back to the pool, with notice, and anybody may take it up."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from server.config import Config
from server.db import Database, dialect_of
from server.leads.models import Lead
from server.leads.see import lock_company
from server.worker import Worker
from tests.api.test_leads import body, lead, update
from tests.client import Api
from tests.conftest import StoppedClock
from tests.processes import until
from tests.worker.conftest import tick

__all__ = ["lead"]
Rows = Callable[..., list]
Morning = Callable[[str], None]


@pytest.fixture
def morning(config: Config, clock: StoppedClock, lead: str) -> Morning:
    """The worker's look at 08:40 in China on that date; reported at noon on Tuesday 24 November."""
    worker = Worker(config, clock)

    def look(on: str) -> None:
        clock.at = datetime.fromisoformat(f"{on}T00:41:00").replace(tzinfo=UTC)
        tick(worker, "lead_clocks")

    tick(worker, "lead_clocks")  # what was due before there was a lead
    yield look
    worker.db.dispose()


def told(rows: Rows, kind: str = "lead_late") -> list[tuple[str, str]]:
    found = rows(
        "SELECT m.name, n.dedupe_key FROM notices n JOIN members m ON m.id = n.member_id AND m.county_id = n.county_id"
        f" WHERE n.kind = '{kind}' ORDER BY n.created_at, m.name"
    )
    at = 2 if kind == "lead_late" else 1
    return [(name, key.split(":")[at]) for name, key in found]


def test_who_did_nothing_is_told_the_day_after_then_the_leader_then_the_bureau(
    api: Api, morning: Morning, rows: Rows
) -> None:
    morning("2026-11-25")
    assert told(rows) == [], "until the end of that day there is time"
    morning("2026-11-26")
    assert told(rows) == [("chen", "respond")]
    notice = api.get("/me/notices", "chen").json["items"][0]
    assert notice["text"] == "“苏州汇川技术有限公司”的线索应在11月25日 周三前首次跟进，已过 1 天，由chen负责。"
    morning("2026-11-28")
    assert told(rows)[1:] == [("chen", "judge"), ("leader", "respond")]
    morning("2026-12-02")
    assert ("bureau", "respond") in told(rows)
    assert ("bureau2", "respond") in told(rows)


def test_the_same_morning_twice_tells_nobody_twice(morning: Morning, rows: Rows) -> None:
    for _ in range(2):
        morning("2026-11-28")
    assert len(told(rows)) == len(set(told(rows)))


def test_who_keeps_at_it_is_left_alone(api: Api, morning: Morning, rows: Rows) -> None:
    api.post(f"/leads/{lead_of(api)}/updates", "chen", update(api, answers=True))
    api.post(f"/leads/{lead_of(api)}/stages", "chen", {"stage": "contacted"})
    morning("2026-12-08")
    assert told(rows) == []
    morning("2026-12-09")
    assert told(rows) == [("chen", "report")]


def lead_of(api: Api) -> str:
    return str(api.get("/leads", "chen").json["items"][0]["id"])


def test_a_claim_without_progress_goes_to_the_pool_with_notice_and_anybody_takes_it_up(
    api: Api, morning: Morning, rows: Rows, lead: str, clock: StoppedClock
) -> None:
    company = api.get(f"/leads/{lead}", "chen").json["company"]["id"]
    request = {"id": str(uuid.uuid4()), "kind": "join", "reason": "有关系"}
    asked = api.post(f"/companies/{company}/requests", "neighbour", request).json["id"]
    morning("2026-12-20")
    assert told(rows, "lead_news") == [("chen", "expiring")]
    morning("2026-12-24")
    assert told(rows, "lead_news")[1:] == []
    morning("2026-12-25")
    assert told(rows, "lead_news")[1:] == [("chen", "expired"), ("leader", "expired")]
    assert rows("SELECT state FROM lead_requests") == [("void",)]
    assert (
        api.post(f"/lead-requests/{asked}/decision", "bureau", {"decision": "granted", "answer": "x"}).status_code
        == 409
    )
    assert api.get(f"/leads/{lead}", "chen").status_code == 404
    (pooled,) = api.get("/leads", "neighbour", state="pooled").json["items"]
    assert (pooled["company"]["state"], pooled["squad"], pooled["owed"]) == ("pooled", None, [])
    refused = api.post("/leads", "neighbour", body(api))
    assert refused.json["code"] == "company_pooled"
    clock.advance(minutes=1)
    taken = api.post(f"/companies/{company}/take", "neighbour", {})
    assert (taken.status_code, taken.json["squad"], taken.json["owner"]["name"]) == (200, "west-1", "neighbour")
    assert [one["what"] for one in taken.json["events"]] == ["taken", "expired", "claimed"]
    assert api.post(f"/companies/{company}/take", "neighbour", {}).status_code == 200, "a repeat"
    assert api.post(f"/companies/{company}/take", "chen", {}).json["code"] == "company_claimed"
    assert api.post(f"/companies/{company}/take", "outsider", {}).status_code == 404


def test_who_writes_a_word_while_the_claim_runs_out_keeps_it(
    morning: Morning, db: Database, rows: Rows, lead: str
) -> None:
    """The morning has read the lead as it stood, and waits for the member's own change of it."""
    looking = threading.Thread(target=morning, args=("2026-12-25",))
    with db.transaction() as session:
        found = session.get_one(Lead, (1, uuid.UUID(lead)))
        lock_company(session, 1, found.company_id)
        found.moved_at = datetime(2026, 12, 25, 0, 40, tzinfo=UTC)
        session.flush()
        looking.start()
        if dialect_of(session) == "postgresql":
            waits = text(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            until(lambda: session.execute(waits).first(), "the morning waits")
    looking.join(20)
    assert not looking.is_alive()
    assert rows("SELECT count(*) FROM leads WHERE squad_id IS NOT NULL") == [(1,)]
    assert told(rows, "lead_news") == []


def test_one_whose_closing_waits_stays(api: Api, morning: Morning, rows: Rows, lead: str) -> None:
    said = {"id": str(uuid.uuid4()), "code": "other", "tried": "都试过", "evidence": "来函"}
    assert api.post(f"/leads/{lead}/closing", "chen", said).status_code == 201
    morning("2027-01-15")
    assert rows("SELECT count(*) FROM leads WHERE squad_id IS NOT NULL") == [(1,)]


@pytest.mark.parametrize(
    ("asks", "on", "left"), [(False, "2026-11-25", 1), (True, "2026-11-25", 0), (False, "2028-01-02", 0)]
)
def test_where_an_update_was_written_goes_after_its_term_or_on_request(
    api: Api, lead: str, config: Config, clock: StoppedClock, rows: Rows, asks: bool, on: str, left: int
) -> None:
    place = {"lat": 31.23, "lng": 121.47, "datum": "wgs84", "accuracy_m": 20}
    assert api.post(f"/leads/{lead}/updates", "chen", update(api, **place)).status_code == 201
    if asks:
        assert api.post("/me/deletion", "chen", {"understood": True}).status_code == 200
    worker = Worker(config, clock)
    clock.at = datetime.fromisoformat(f"{on}T19:26:00").replace(tzinfo=UTC)  # 03:26 in China
    tick(worker, "erase_lead_evidence")
    worker.db.dispose()
    assert rows("SELECT count(*), count(lat) FROM lead_updates") == [(1, left)]
