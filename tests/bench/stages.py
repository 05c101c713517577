"""Where a check-in's time goes: the same request in one process under the profiler, by the function that owns it."""

import cProfile
import pstats
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient

from server.app import create_app
from server.config import Config
from server.db import Database
from tests.bench import load
from tests.bench.county import Member, ticket
from tests.bench.photos import drawn

REQUESTS = 150
# Functions whose cumulative time is one stage; none of them calls another of the list.
STAGES = {
    "session": ("server/api/session.py", "_authenticate"),
    "multipart and form": ("flask_openapi/request.py", "_validate_request"),
    "photo: read": ("server/photos/read.py", "read"),
    "photo: store (fsync)": ("server/photos/store.py", "put"),
    "begin and lock": ("server/checkins/gather.py", "hold"),
    "ask what was before": ("server/together.py", "ask"),
    "judge": ("server/checkins/submit.py", "judged"),
    "count day and month": ("server/tally/recompute.py", "count_with"),
    "store all": ("server/together.py", "insert_together"),
    "commit": ("sqlalchemy/engine/base.py", "_commit_impl"),
}


def measure(db: Database, members: Iterator[Member], folder: Path) -> dict[str, float]:
    """Milliseconds a request by stage, measured in-process; printed and returned."""
    app = create_app(Config(database_url=db.url, photo_root=folder), db=db)
    photos = drawn(REQUESTS + 20, first_seed=9_000_000)
    requests = [
        (member.token, load.body(photo, ticket(db, member, datetime.now(UTC))))
        for photo, member in zip(photos, members, strict=False)
    ]
    client = app.test_client()
    for token, body in requests[:20]:
        _send(client, token, body)
    profile = cProfile.Profile()
    before = time.process_time()
    profile.enable()
    for token, body in requests[20:]:
        _send(client, token, body)
    profile.disable()
    whole_ms = (time.process_time() - before) / REQUESTS * 1000
    spent = _by_stage(profile)
    print(f"Where it goes (in-process, profiler on: {whole_ms:.1f} ms CPU a request, wall by stage)")
    for name, ms in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name:<26} {ms:6.2f} ms")
    return spent


def _send(client: FlaskClient, token: str, body: bytes) -> None:
    answer = client.post(
        "/api/v1/checkins",
        data=body,
        content_type="multipart/form-data; boundary=zhudian-bench",
        headers={"Authorization": f"Bearer {token}"},
    )
    if answer.status_code != 201:
        raise SystemExit(f"{answer.status_code} {answer.text[:200]}")


def _by_stage(profile: cProfile.Profile) -> dict[str, float]:
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent = {}
    for name, (file, function) in STAGES.items():
        cumulative = sum(
            row[3] for (path, _line, called), row in stats.items() if path.endswith(file) and called == function
        )
        spent[name] = cumulative / REQUESTS * 1000
    return spent
