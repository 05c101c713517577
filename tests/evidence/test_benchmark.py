"""The labelled benchmark itself: its intervals, its goals, and a tiny run of it that must come out true."""

import json
from pathlib import Path

import pytest

from server.checkins.sample import wilson
from tests.bench.evidence import report
from tests.bench.evidence.honest import STRATA
from tests.bench.evidence.outcome import Tallies, Tally
from tests.bench.evidence.shard import KINDS, Shard, quotas, run


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Tallies:
    """One case of each kind in one county, of drawn pictures alone, so that it needs nothing from outside."""
    return run(Shard("a test", 30, tmp_path_factory.mktemp("benchmark") / "county", sqlite_template, None))


# R's prop.test without continuity correction.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.277533), (1, 10, 0.017876, 0.404150), (81, 263, 0.255288, 0.366208), (10, 10, 0.722467, 1.0)],
)
def test_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_without_cases_anything_is_possible() -> None:
    assert wilson(0, 0) == (0, 1)


def test_every_label_has_a_name_of_its_own() -> None:
    assert len(quotas(100)) == len(STRATA) + len(KINDS)


def test_every_stratum_and_kind_appears(tiny: Tallies) -> None:
    assert set(tiny) == {label.name for label in (*STRATA, *KINDS)}
    assert all(tally.n > 0 for tally in tiny.values())


def test_every_case_has_one_outcome(tiny: Tallies) -> None:
    for tally in tiny.values():
        assert tally.accepted + tally.pending + tally.suspect + tally.rejected + tally.refused == tally.n


def test_no_honest_case_is_rejected_or_refused(tiny: Tallies) -> None:
    whole = report.total(tiny, STRATA)
    assert (whole.rejected, whole.refused) == (0, 0)


def test_at_the_desk_everybody_is_accepted(tiny: Tallies) -> None:
    ordinary = tiny["ordinary"]
    assert ordinary.accepted == ordinary.n


@pytest.mark.parametrize(
    "kind", ["yesterday's photo", "last month's photo", "a colleague's photo", "a replayed request"]
)
def test_what_was_sent_before_is_not_accepted(tiny: Tallies, kind: str) -> None:
    assert tiny[kind].accepted == 0


def test_most_honest_photos_carry_no_exif(tiny: Tallies) -> None:
    whole = report.total(tiny, STRATA)
    assert whole.with_exif <= 0.2 * whole.n


def test_the_matrix_has_a_row_for_each_label(tiny: Tallies) -> None:
    matrix = report.markdown(tiny)
    assert all(f"| {label.name}" in matrix for label in (*STRATA, *KINDS))


def test_the_json_holds_every_count(tiny: Tallies) -> None:
    whole = json.loads(json.dumps(report.as_json(tiny)))
    assert sum(label["n"] for side in whole.values() for label in side.values()) == sum(t.n for t in tiny.values())
    assert whole["cheating"]["yesterday's photo"]["suspect"] == tiny["yesterday's photo"].suspect


def test_a_goal_is_missed_by_one_case_too_many() -> None:
    def goal_of(accepted: int) -> report.Goal:
        found = report.goals({"mirrored": Tally(n=100, accepted=accepted)})
        return next(goal for goal in found if goal.name.startswith("mirrored"))

    assert (goal_of(5).met, goal_of(6).met) == (True, False)
