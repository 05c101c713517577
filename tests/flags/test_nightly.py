"""The nightly comparison: who falls short while it can still be mended; nobody guilty by missing data."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.checkins.models import Attestation
from server.db import Database
from server.flags.models import Flag
from server.flags.nightly import run_nightly
from server.org.models import Consent, Posting
from server.tally import close
from server.tally.addenda import Cause
from server.tally.models import Policy
from server.tally.recompute import recompute
from server.tally.rules import PolicyRules
from tests.cast import Cast, add_policy

Rows = Callable[..., list]
NOV = date(2026, 11, 1)


def present(db: Database, cast: Cast, name: str, days: int, month: date = NOV) -> None:
    """Attested on the first `days` days of the month."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with db.transaction() as session:
        for number in range(days):
            _vouch(session, cast, name, month + timedelta(days=number), now)


def vouch(db: Database, cast: Cast, name: str, on: date, now: datetime) -> None:
    with db.transaction() as session:
        _vouch(session, cast, name, on, now)


def _vouch(session: Session, cast: Cast, name: str, on: date, now: datetime) -> None:
    attestation, attester = uuid.uuid4(), cast["supervisor"].id
    session.add(
        Attestation(
            county_id=1,
            id=attestation,
            member_id=cast[name].id,
            attester_id=attester,
            on_date=on,
            halves=2,
            reason="在岗",
            created_at=now,
        )
    )
    session.flush()
    recompute(session, 1, cast[name].id, on, now, Cause("attestation", attestation, attester))


def night(db: Database, on: date, late: timedelta = timedelta()) -> tuple[int, int]:
    """How many flags the comparison of that date raised, and how many it closed."""
    at = datetime(on.year, on.month, on.day, 13, 30, tzinfo=UTC) + late
    with db.transaction() as session:
        run_nightly(session, 1, on, at)
    with db.reading() as session:
        flags = session.scalars(select(Flag)).all()
    return sum(flag.raised_at == at for flag in flags), sum(flag.closed_at == at for flag in flags)


def close_november(db: Database) -> None:
    now = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)
    with db.transaction() as session:
        while close.close_due(session, 1, date(2026, 12, 5), now):
            pass


def told(rows: Rows) -> list[tuple[str, str]]:
    """Who was told what, in the order of time."""
    found = rows("SELECT m.name, n.kind FROM notices n JOIN members m ON m.id = n.member_id ORDER BY n.created_at")
    return [(name, kind) for name, kind in found]


def open_flags(rows: Rows) -> set[tuple[str, str]]:
    return set(
        rows("SELECT m.name, f.kind FROM flags f JOIN members m ON m.id = f.member_id WHERE f.closed_at IS NULL")
    )


def test_behind_then_unreachable_then_missed(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    present(db, cast, "chen", 6)
    assert night(db, date(2026, 11, 15)) == (1, 0)
    assert open_flags(rows) == {("chen", "behind")}
    assert night(db, date(2026, 11, 16)) == (1, 1)
    assert open_flags(rows) == {("chen", "at_risk")}
    assert night(db, date(2026, 11, 18)) == (1, 1)
    assert open_flags(rows) == {("chen", "unreachable")}
    assert night(db, date(2026, 11, 20)) == (0, 0)
    # December has begun, November is not closed yet: nothing new about it
    night(db, date(2026, 12, 4))
    assert ("chen", "missed") not in open_flags(rows)
    close_november(db)
    night(db, date(2026, 12, 5))
    assert ("chen", "missed") in open_flags(rows)
    assert ("chen", "unreachable") not in open_flags(rows)


def test_what_comes_after_the_close_mends_a_missed_month(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    """The published days stay as they were; the addendum speaks for her."""
    present(db, cast, "chen", 19)
    close_november(db)
    night(db, date(2026, 12, 5))
    assert ("chen", "missed") in open_flags(rows)
    vouch(db, cast, "chen", date(2026, 11, 25), datetime(2026, 12, 6, tzinfo=UTC))
    night(db, date(2026, 12, 6))
    assert ("chen", "missed") not in open_flags(rows)
    assert rows("SELECT count(*) FROM site_days WHERE on_date = '2026-11-25'") == [(0,)]


def test_an_older_month_is_mended_too_and_raises_nothing_new(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 19)
    close_november(db)
    night(db, date(2026, 12, 5))
    vouch(db, cast, "chen", date(2026, 11, 25), datetime(2027, 2, 3, tzinfo=UTC))
    night(db, date(2027, 2, 3))
    assert rows("SELECT count(*) FROM flags WHERE month = '2026-11-01' AND closed_at IS NULL") == [(0,)]


def test_running_again_changes_nothing_and_tells_nobody_twice(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 5)
    assert night(db, date(2026, 11, 15)) == (1, 0)
    assert night(db, date(2026, 11, 15)) == (1, 0)  # the one of before
    assert rows("SELECT count(*) FROM notices") == [(1,)]


def test_a_night_made_up_too_late_tells_nobody_and_the_next_in_time_does(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    told = "SELECT kind, expires_at > created_at FROM notices"
    reminded = "SELECT count(*) FROM flag_steps WHERE step = 'remind'"
    present(db, cast, "chen", 4)
    assert night(db, date(2026, 11, 12), late=timedelta(hours=45)) == (1, 0)
    assert open_flags(rows) == {("chen", "behind")}
    assert (rows(told), rows(reminded)) == ([], [(0,)])
    for on, late in ((13, 22), (13, 23)):
        assert night(db, date(2026, 11, on), late=timedelta(hours=late)) == (0, 0)
        assert (rows(told), rows(reminded)) == ([("flag_behind", 1)], [(1,)])


def test_a_flag_closes_by_itself_when_its_cause_is_gone(db: Database, cast: Cast, rows: Rows, only_chen: None) -> None:
    present(db, cast, "chen", 5)
    night(db, date(2026, 11, 15))
    present(db, cast, "chen", 10, NOV + timedelta(days=5))
    assert night(db, date(2026, 11, 16)) == (0, 1)
    assert open_flags(rows) == set()
    night(db, date(2026, 11, 16))
    assert told(rows) == [("chen", "flag_at_risk"), ("chen", "flag_closed")]


def test_a_flag_that_another_follows_is_not_said_to_be_over(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 4)
    night(db, date(2026, 11, 13))
    assert night(db, date(2026, 11, 19)) == (1, 1)
    assert told(rows) == [("chen", "flag_behind"), ("chen", "flag_unreachable")]


def test_the_end_of_a_flag_that_nobody_was_told_of_is_not_told(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 4)
    assert night(db, date(2026, 11, 12), late=timedelta(hours=45)) == (1, 0)
    present(db, cast, "chen", 10, NOV + timedelta(days=5))
    assert night(db, date(2026, 11, 15)) == (0, 1)
    assert told(rows) == []


def test_a_flag_that_comes_back_is_shown_but_not_told_again(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    present(db, cast, "chen", 4)
    assert night(db, date(2026, 11, 13)) == (1, 0)
    present(db, cast, "chen", 6, NOV + timedelta(days=5))
    assert night(db, date(2026, 11, 15)) == (0, 1)
    assert night(db, date(2026, 11, 19)) == (1, 0)
    assert open_flags(rows) == {("chen", "behind")}
    assert rows("SELECT count(*) FROM flags") == [(2,)]
    assert told(rows) == [("chen", "flag_behind"), ("chen", "flag_closed")]


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


@pytest.mark.parametrize("month", ["last", "older"])
def test_withdrawing_and_agreeing_again_wipes_no_missed_month(
    db: Database, cast: Cast, rows: Rows, only_chen: None, month: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """She had agreed while it lasted. Newer words change nothing about it either."""
    missed = "SELECT count(*) FROM flags WHERE kind = 'missed' AND month = '2026-11-01' AND closed_at IS NULL"
    close_november(db)
    night(db, date(2026, 12, 5))
    assert rows(missed) == [(1,)]
    again = date(2026, 12, 8) if month == "last" else date(2027, 2, 8)
    at = datetime(again.year, again.month, 7, tzinfo=UTC)
    with db.transaction() as session:
        session.query(Consent).filter_by(county_id=1, member_id=cast["chen"].id).update({"withdrawn_at": at})
    night(db, again)
    assert rows(missed) == [(1,)]
    with db.transaction() as session:
        session.add(Consent(county_id=1, member_id=cast["chen"].id, version="2027-01", given_at=at))
    monkeypatch.setattr("server.org.consent.CURRENT_VERSION", "2027-01")
    night(db, again + timedelta(days=1))
    assert rows(missed) == [(1,)]


def test_who_had_not_agreed_while_it_lasted_has_missed_nothing(
    db: Database, cast: Cast, rows: Rows, only_chen: None
) -> None:
    with db.transaction() as session:
        withdrawn = {"withdrawn_at": datetime(2026, 11, 29, tzinfo=UTC)}
        session.query(Consent).filter_by(county_id=1, member_id=cast["chen"].id).update(withdrawn)
    close_november(db)
    night(db, date(2026, 12, 5))
    assert rows("SELECT count(*) FROM flags WHERE kind = 'missed' AND month = '2026-11-01'") == [(0,)]


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


@pytest.fixture
def daily_from_the_28th(db: Database, cast: Cast) -> None:
    """The basis for daily check-ins holds from 28 November on: three days of the month."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    for name in ("colleague", "leader", "neighbour", "other_leader"):
        present(db, cast, name, 3, date(2026, 11, 28))
    with db.transaction() as session:
        add_policy(session, 1, PolicyRules(burden_mode="spot_check_only"), now, version=2)
        daily = PolicyRules(burden_mode="daily", legal_basis="测试")
        stored = daily.model_dump(mode="json")
        session.add(Policy(county_id=1, version=3, starts_on=date(2026, 11, 28), rules=stored, created_at=now))


@pytest.mark.parametrize("day", [24, 27, 28])
def test_nobody_is_flagged_for_the_days_before_daily_check_ins_were_in_force(
    db: Database, cast: Cast, rows: Rows, daily_from_the_28th: None, day: int
) -> None:
    night(db, date(2026, 11, day))
    assert open_flags(rows) == set()


def test_only_the_days_of_daily_check_ins_are_asked_for(
    db: Database, cast: Cast, rows: Rows, daily_from_the_28th: None
) -> None:
    """Three days of thirty: two of twenty."""
    vouch(db, cast, "chen", date(2026, 11, 29), datetime(2026, 11, 29, tzinfo=UTC))
    close_november(db)
    night(db, date(2026, 12, 5))
    of_november = "SELECT message FROM flags WHERE month = '2026-11-01' AND closed_at IS NULL"
    ((message,),) = rows(of_november)
    assert message == "11月在岗 1 天，目标 2 天，差 1 天。如有出入请核对或申诉。"
    vouch(db, cast, "chen", date(2026, 11, 30), datetime(2026, 12, 6, tzinfo=UTC))
    night(db, date(2026, 12, 6))
    assert rows(of_november) == []


def test_the_other_county_is_not_touched(db: Database, cast: Cast, rows: Rows) -> None:
    night(db, date(2026, 11, 25))
    assert rows("SELECT count(*) FROM flags WHERE county_id = 2") == [(0,)]
