"""A ruleset is tried on stored evidence: told what would change, and nothing changed."""

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from server.__main__ import main
from server.checkins.replay import read_ruleset, replay
from server.db import Database
from server.evidence.ruleset import RULESET
from server.tally import policy
from tests.client import Api

Rows = Callable[..., list]
SINCE = date(2026, 11, 1)


def written(folder: Path, changes: dict) -> Path:
    path = folder / "new.json"
    path.write_text(json.dumps(changes), encoding="utf-8")
    return path


def test_the_same_ruleset_says_the_same(api: Api, db: Database) -> None:
    api.check_in("chen")
    api.check_in("colleague", ticket=None)
    with db.snapshot() as session:
        found = {
            (one.stored, one.new) for one in replay(session, RULESET, SINCE, partial(policy.evidence_terms, session))
        }
    assert found == {("accepted", "accepted"), ("review", "review")}


def test_a_countys_own_limits_hold_in_a_replay_too(api: Api, db: Database) -> None:
    rules = {"burden_mode": "daily", "legal_basis": "县委办〔2026〕3号", "legal_basis_decided_by": "县委常委会"}
    rules |= {"legal_basis_decided_on": "2026-01-04", "evidence_limits": {"few_decimals": 4}}
    assert api.post("/policies", "admin", {"starts_on": "2026-11-24", "rules": rules}).status_code == 201
    assert api.check_in("chen").json["verdict"] == "review"
    with db.snapshot() as session:
        (one,) = replay(session, RULESET, SINCE, partial(policy.evidence_terms, session))
    assert (one.stored, one.new) == ("review", "review")


@pytest.mark.parametrize(
    "changes", [{"weights": {"TICKET": None}}, {"rules": {"photo_min_px": "many"}}, {"needs": "TICKET"}, []]
)
def test_a_file_of_other_kinds_of_values_is_refused(tmp_path: Path, changes: object) -> None:
    with pytest.raises(ValueError, match=r"(weights|rules|needs|Input)"):
        read_ruleset(written(tmp_path, changes))  # type: ignore[arg-type]


def test_another_ruleset_is_tried_and_nothing_is_touched(api: Api, db: Database, rows: Rows, tmp_path: Path) -> None:
    stored = api.check_in("chen").json["id"]
    before = rows("SELECT id, verdict, reason, ruleset, evidence, findings FROM checkins")
    ruleset = read_ruleset(written(tmp_path, {"version": "try", "rules": {"photo_min_px": 2000}}))
    with db.snapshot() as session:
        (one,) = replay(session, ruleset, SINCE, partial(policy.evidence_terms, session))
    assert (str(one.checkin_id), one.stored, one.new) == (stored, "accepted", "review")
    assert rows("SELECT id, verdict, reason, ruleset, evidence, findings FROM checkins") == before


def test_older_dates_are_left_out(api: Api, db: Database) -> None:
    api.check_in("chen")
    with db.snapshot() as session:
        assert list(replay(session, RULESET, date(2026, 11, 25), partial(policy.evidence_terms, session))) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"rules": {"nonsense": 1}}, "nonsense"), ({"needs": ["NO_SUCH"]}, "NO_SUCH"), ({"weigths": {}}, "weigths")],
)
def test_what_no_ruleset_has_is_named(tmp_path: Path, changes: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_ruleset(written(tmp_path, changes))


def test_the_command_prints_the_sums(
    api: Api, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api.check_in("chen")
    monkeypatch.setenv("DATABASE_URL", db.url)
    new = written(tmp_path, {"version": "try", "rules": {"photo_min_px": 2000}})
    assert main(["replay", "--since", "2026-11-01", "--ruleset", str(new)]) == 0
    said = capsys.readouterr().out
    assert "Ruleset try: 1 check-ins, nothing was changed." in said
    assert "accepted -> review   1" in said
