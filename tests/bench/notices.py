"""`python -m tests.bench.notices --notices N`: how fast one worker drains the outbox, beside bare requests to the same
sandbox by as many threads; and the worker's memory on the way, which must not grow with the number of notices.

PostgreSQL with fsync, the sandbox a process of its own in which a send takes 20 ms, as a quick WeChat would.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import requests
from sqlalchemy import func, select

from server import migrate
from server.clock import system_clock
from server.config import Config
from server.db import Database
from server.logs import configure
from server.notify import messages, outbox
from server.notify.deliver import HANDS
from server.notify.models import Notice
from server.notify.outbox import Letter
from server.org.models import County, Member, Unit
from server.worker import Worker
from tests.processes import ROOT, System
from tests.soak.site import Postgres

_FLOOR_S = 6.0
_EACH = 10  # notices a member
_MARKS = 10
_FACTS = {"on": "2026-11-24", "result": "通过", "reason": ""}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.notices", description=__doc__)
    parser.add_argument("--notices", type=int, default=5000)
    wanted = parser.parse_args().notices
    configure("WARNING")
    postgres = Postgres()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="zhudian-notices-") as folder,
            System(Path(folder), postgres.url) as system,
        ):
            system.start("sandbox")
            config = Config(_env_file=None, database_url=postgres.url, sandbox_port=system.sandbox_port)
            openids = _found(config, wanted)
            _introduce(system.sandbox, openids)
            found = {"floor_a_s": _floor(config, system.sandbox, openids), **_drain(config, wanted)}
    finally:
        postgres.close()
    share = found["drained_a_s"] / found["floor_a_s"]
    grew = found["rss_mb"][-1] - found["rss_mb"][0]
    print(
        f"{wanted} notices: {found['drained_a_s']:.0f} a second by one worker of {HANDS} hands, {share:.0%} of"
        f" {found['floor_a_s']:.0f} bare requests; CPU {found['cpu_ms_each']:.2f} ms a notice;"
        f" memory {found['rss_mb'][0]:.0f} → {found['rss_mb'][-1]:.0f} MB ({grew:+.1f})"
    )
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "bench-notices.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


def _found(config: Config, wanted: int) -> list[str]:
    """A county whose members have ten decisions each to be told of; their openids."""
    db, now = Database(config.database_url), datetime.now(UTC)
    migrate.upgrade(db)
    ids = [uuid.uuid4() for _ in range(max(1, wanted // _EACH))]
    with db.transaction() as session:
        session.add(County(id=1, name="示例县", tz="Asia/Shanghai", created_at=now))
        session.flush()
        unit = Unit(county_id=1, id=uuid.uuid4(), name="城关镇")
        session.add(unit)
        session.flush()
        for number, id_ in enumerate(ids):
            row = {"county_id": 1, "id": id_, "unit_id": unit.id, "name": f"队员{number}", "openid": f"o-{number}"}
            session.add(Member(**row, created_at=now))
    for first in range(0, wanted, 2000):
        numbers = range(first, min(wanted, first + 2000))
        letters = [Letter(ids[n % len(ids)], "checkin_decided", f"n{n}", _FACTS) for n in numbers]
        with db.transaction() as session:
            outbox.enqueue_all(session, 1, letters, now)
    db.dispose()
    return [f"o-{number}" for number in range(len(ids))]


def _introduce(sandbox: str, openids: list[str]) -> None:
    people = [{"openid": openid} for openid in openids]
    assert requests.post(f"{sandbox}/_sandbox/personas", json=people, timeout=60).status_code == 200


def _floor(config: Config, sandbox: str, openids: list[str]) -> float:
    """Messages a second by bare requests, each thread to people of its own."""
    app = {"grant_type": "client_credential", "appid": config.wechat_appid, "secret": config.wechat_secret}
    token = requests.post(f"{sandbox}/cgi-bin/stable_token", json=app, timeout=5).json()["access_token"]
    values = {key: {"value": value} for key, value in messages.compose("checkin_decided", _FACTS).items()}
    url, until = f"{sandbox}/cgi-bin/message/subscribe/send?access_token={token}", time.monotonic() + _FLOOR_S

    def send(hand: int) -> int:
        session, sent, mine = requests.Session(), 0, openids[hand::HANDS] or openids
        while time.monotonic() < until:
            body = {"touser": mine[sent % len(mine)], "template_id": "sandbox-decided", "page": "p", "data": values}
            sent += session.post(url, json=body, timeout=5).json()["errcode"] == 0
        return sent

    with ThreadPoolExecutor(HANDS) as pool:
        return sum(pool.map(send, range(HANDS))) / _FLOOR_S


def _drain(config: Config, wanted: int) -> dict[str, Any]:
    """One worker's delivery until nothing is due; its memory, looked at ten times on the way."""
    worker, process = Worker(config.model_copy(update={"quiet_hours": "off"}), system_clock), psutil.Process()
    done, rss = threading.Event(), [process.memory_info().rss / 1e6]
    began, cpu = time.monotonic(), time.process_time()

    def watch() -> None:
        for mark in range(1, _MARKS + 1):
            while _left(worker.db) > wanted * (_MARKS - mark) / _MARKS and not done.wait(0.5):
                pass
            rss.append(process.memory_info().rss / 1e6)
            print(f"  {mark * 100 // _MARKS} % after {time.monotonic() - began:.0f} s, {rss[-1]:.1f} MB", flush=True)

    watcher = threading.Thread(target=watch)
    watcher.start()
    worker.deliver_notices()
    took, spent = time.monotonic() - began, time.process_time() - cpu
    done.set()
    watcher.join()
    with worker.db.reading() as session:
        states = {row[0]: row[1] for row in session.execute(select(Notice.state, func.count()).group_by(Notice.state))}
    worker.db.dispose()
    assert states == {"sent": wanted}, states
    # The first mark is taken as the start: until then code and connections are still being loaded.
    return {"drained_a_s": wanted / took, "cpu_ms_each": spent * 1000 / wanted, "rss_mb": rss[1:]}


def _left(db: Database) -> int:
    with db.reading() as session:
        return session.scalars(select(func.count()).select_from(Notice).where(Notice.state == "pending")).one()


if __name__ == "__main__":
    sys.exit(main())
