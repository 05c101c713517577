"""The nightly comparison: who falls short while it can still be mended; nobody guilty by missing data."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server.checkins.models import Attestation
from server.db import Database
from server.flags.service import assess, run_nightly
from server.org.models import Consent, Posting
from server.tally.close import close_due
from server.tally.month import MonthCount
from server.tally.recompute import recompute
from server.tally.rules import PolicyRules
from tests.cast import Cast, add_policy

Rows = Callable[..., list]
NOV = date(2026, 11, 1)


def count(
    confirmed: float = 0, pending: float = 0, excused: float = 0, target: float = 20, remaining: int = 0
) -> MonthCount:
    return MonthCount(NOV, confirmed, pending, excused, target, remaining, 30, 0, "", 1)


@pytest.mark.parametrize(
    ("rule", "month", "day", "closed", "kind"),
    [
        ("on the line is fine", count(10, remaining=15), 16, False, None),
        ("two days below the line is ordinary life", count(8, remaining=15), 16, False, None),
        ("more is behind", count(7.5, remaining=15), 16, False, "behind"),
        ("pending speaks for the member", count(7.5, pending=2, remaining=15), 16, False, None),
        ("excused speaks for the member", count(7.5, excused=2, remaining=15), 16, False, None),
        ("missing = remaining can still be reached", count(13.5, remaining=7), 25, False, "behind"),
        ("missing > remaining cannot", count(13.5, remaining=6), 25, False, "unreachable"),
        ("the first day blames nobody", count(0, remaining=30), 1, False, None),
        ("a month that was reached is fine closed", count(20), 35, True, None),
        ("a closed month below its target is missed", count(19.5), 35, True, "missed"),
        ("a closed month with pending days enough is not missed", count(18, pending=2), 35, True, None),
        ("a target of nothing is reached", count(0, target=0), 35, True, None),
    ],
)
def test_what_a_month_deserves(rule: str, month: MonthCount, day: int, closed: bool, kind: str | None) -> None:
    month = replace(month, elapsed_days=min(30, day - 1))
    found = assess(month, NOV + timedelta(days=day - 1), closed)
    assert (found.kind if found else None) == kind


def test_a_flag_carries_its_numbers_and_the_next_step() -> None:
    found = assess(replace(count(7, 0.5, remaining=15), elapsed_days=15), NOV + timedelta(days=15), False)
    assert found is not None
    assert found.message == "11月再驻点 12.5 天即可达标，剩余 15 个可用日。"
    assert (found.facts["missing"], found.facts["remaining_days"], found.facts["line"]) == (12.5, 15, 10.0)


def present(db: Database, cast: Cast, name: str, days: int, month: date = NOV) -> None:
    """Attested on the first `days` days of the month."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with db.transaction() as session:
        for number in range(days):
            on = month + timedelta(days=number)
            session.add(
                Attestation(
                    county_id=1,
                    id=uuid.uuid4(),
                    member_id=cast[name].id,
                    attester_id=cast["supervisor"].id,
                    on_date=on,
                    halves=2,
                    reason="在岗",
                    created_at=now,
                )
            )
            session.flush()
            recompute(session, 1, cast[name].id, on, now)


def night(db: Database, on: date) -> tuple[int, int]:
    with db.transaction() as session:
        return run_nightly(session, 1, on, datetime(on.year, on.month, on.day, 13, 30, tzinfo=UTC))


def open_flags(rows: Rows) -> set[tuple[str, str]]:
    return set(
        rows("SELECT m.name, f.kind FROM flags f JOIN members m ON m.id = f.member_id WHERE f.closed_at IS NULL")
    )


@pytest.fixture
def only_chen(db: Database, cast: Cast) -> None:
    """October is reached by all of county 1, November by everybody but chen."""
    for name in ("chen", "colleague", "leader", "neighbour", "other_leader"):
        present(db, cast, name, 20, date(2026, 10, 1))
    for name in ("colleague", "leader", "neighbour", "other_leader"):
        present(db, cast, name, 20)


def test_behind_then_unreachable_then_missed(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    present(db, cast, "chen", 5)
    assert night(db, date(2026, 11, 15)) == (1, 0)
    assert open_flags(rows) == {("chen", "behind")}
    assert night(db, date(2026, 11, 20)) == (1, 1)
    assert open_flags(rows) == {("chen", "unreachable")}
    # December has begun, November is not closed yet: nothing new about it
    night(db, date(2026, 12, 4))
    assert ("chen", "missed") not in open_flags(rows)
    with db.transaction() as session:
        assert close_due(session, 1, date(2026, 12, 5), datetime(2026, 12, 5, tzinfo=UTC))[-1] == NOV
    night(db, date(2026, 12, 5))
    assert ("chen", "missed") in open_flags(rows)
    assert ("chen", "unreachable") not in open_flags(rows)


def test_running_again_changes_nothing_and_tells_nobody_twice(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 5)
    night(db, date(2026, 11, 15))
    assert night(db, date(2026, 11, 15)) == (0, 0)
    assert rows("SELECT count(*) FROM notices") == [(1,)]


def test_a_flag_closes_by_itself_when_its_cause_is_gone(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    present(db, cast, "chen", 5)
    night(db, date(2026, 11, 15))
    present(db, cast, "chen", 5, NOV + timedelta(days=5))
    assert night(db, date(2026, 11, 16)) == (0, 1)
    assert open_flags(rows) == set()


def test_a_flag_that_comes_back_is_shown_but_not_told_again(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 5)
    night(db, date(2026, 11, 12))
    present(db, cast, "chen", 2, NOV + timedelta(days=5))
    night(db, date(2026, 11, 13))
    night(db, date(2026, 11, 17))
    assert open_flags(rows) == {("chen", "behind")}
    assert rows("SELECT count(*) FROM flags") == [(2,)]
    assert rows("SELECT count(*) FROM notices") == [(1,)]


def test_refusing_consent_never_raises_a_flag_and_closes_one(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    night(db, date(2026, 11, 15))
    assert open_flags(rows) == {("chen", "unreachable")}
    with db.transaction() as session:
        for consent in session.query(Consent).filter_by(county_id=1, member_id=cast["chen"].id):
            consent.withdrawn_at = datetime(2026, 11, 16, tzinfo=UTC)
    night(db, date(2026, 11, 16))
    assert open_flags(rows) == set()


@pytest.mark.parametrize("starts", [15, 20, 27])
def test_nobody_is_behind_before_or_as_they_are_sent_out(
    db: Database, cast: Cast, rows: Rows, only_chen: None, starts: int
) -> None:
    with db.transaction() as session:
        for posting in session.query(Posting).filter_by(county_id=1, member_id=cast["chen"].id):
            posting.starts_on = NOV + timedelta(days=starts - 1)
    night(db, date(2026, 11, 12))
    night(db, NOV + timedelta(days=starts - 1))
    assert open_flags(rows) == set()


def test_agreeing_late_is_not_held_against_anyone(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    with db.transaction() as session:
        for consent in session.query(Consent).filter_by(county_id=1, member_id=cast["chen"].id):
            consent.given_at = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    night(db, date(2026, 11, 24))
    assert open_flags(rows) == set()


def test_a_county_that_asks_for_spot_checks_only_raises_none(db: Database, cast: Cast, rows: Rows) -> None:
    with db.transaction() as session:
        add_policy(session, 1, PolicyRules(burden_mode="spot_check_only"), datetime(2026, 11, 1, tzinfo=UTC), version=2)
    assert night(db, date(2026, 11, 25)) == (0, 0)


def test_the_other_county_is_not_touched(db: Database, cast: Cast, rows: Rows) -> None:
    night(db, date(2026, 11, 25))
    assert rows("SELECT count(*) FROM flags WHERE county_id = 2") == [(0,)]
