"""The one pass over a county counts as `fold_month` does, and knows each member's own weekly pattern."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from server.db import Database
from server.flags import census
from server.flags.census import Asked, Standing
from server.flags.habit import usual_left
from server.leaves.models import Leave
from server.org.models import Consent, Posting
from server.tally import policy
from server.tally.models import MonthAddendum, Policy, SiteDay
from server.tally.month import month_count
from server.tally.rules import PolicyRules, Proration, WindowRule
from tests.cast import JOINED, Cast, add_policy

NOV = date(2026, 11, 1)
OCT = date(2026, 10, 1)


def standing(db: Database, who: uuid.UUID, today: date, month: date = NOV) -> Standing | None:
    with db.snapshot() as session:
        asked = Asked(1, "Asia/Shanghai", month, today, policy.rulebook(session, 1))
        parts = list(census.standings(session, asked, None, 2))
    return next((found for _upto, part in parts for found in part if found.member_id == who), None)


def store(db: Database, cast: Cast, days: dict[date, tuple[int, int, int, int]], name: str = "chen") -> None:
    """Site days as (confirmed, pending, excused, lowering) half days."""
    with db.transaction() as session:
        session.execute(delete(SiteDay))
        for on, (confirmed, pending, excused, lowers) in days.items():
            session.add(
                SiteDay(
                    county_id=1, member_id=cast[name].id, on_date=on, confirmed_halves=confirmed,
                    pending_halves=pending, excused_halves=excused, lowers_target_halves=lowers, explanation="",
                    sources=[], rejected_halves=0, policy_version=1, computed_at=datetime(2026, 11, 1, tzinfo=UTC),
                )
            )  # fmt: skip


def post(db: Database, cast: Cast, *intervals: tuple[date, date | None]) -> None:
    with db.transaction() as session:
        session.execute(delete(Posting).where(Posting.member_id == cast["chen"].id))
        for starts_on, ends_on in intervals:
            squad, station = cast.squads["east-1"], cast.stations["east-1"]
            session.add(
                Posting(
                    county_id=1, member_id=cast["chen"].id, squad_id=squad, station_id=station,
                    starts_on=starts_on, ends_on=ends_on,
                )
            )  # fmt: skip


HALVES = st.tuples(*[st.integers(0, 2)] * 4).filter(lambda h: sum(h) <= 2)
DATES = st.integers(0, 60).map(lambda n: OCT + timedelta(days=n))


@st.composite
def postings(draw: st.DrawFn) -> list[tuple[date, date | None]]:
    """One to three intervals one after the other, the last perhaps open."""
    edges = sorted(draw(st.sets(DATES, min_size=2, max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return [*pairs[:-1], (pairs[-1][0], draw(st.sampled_from([pairs[-1][1], None])))]


@pytest.mark.parametrize("windows", [[1], [1, 1], [2]])
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(days=st.dictionaries(DATES, HALVES, max_size=40), today=st.integers(0, 29).map(lambda n: NOV + timedelta(n)))
def test_it_leaves_as_much_to_earn_as_the_month_is_folded(db: Database, cast: Cast, windows, days, today) -> None:
    spans = [WindowRule(start=f"{8 + 4 * n:02}:00", end=f"{10 + 4 * n:02}:00", halves=h) for n, h in enumerate(windows)]
    with db.transaction() as session:
        rules = PolicyRules(burden_mode="daily", legal_basis="测试", windows=tuple(spans))
        session.execute(
            delete(Policy).where(Policy.county_id == 1)
        )  # a version never changes: policy.py keeps it by its id
        add_policy(session, 1, rules, datetime(2026, 9, 1, tzinfo=UTC))
    store(db, cast, days)
    found = standing(db, cast["chen"].id, today)
    with db.reading() as session:
        folded = month_count(session, 1, cast["chen"].id, NOV, today, JOINED)
    if found is None:
        assert folded.confirmed >= 20
    else:
        assert found.count == replace(folded, rejected=0)
        assert (found.usual_left or 0) <= found.count.remaining_days


@settings(max_examples=25)
@given(
    days=st.dictionaries(DATES, HALVES, max_size=40),
    posted=postings(),
    today=DATES,
    agreed=st.integers(0, 60).map(lambda n: datetime(2026, 10, 1, 3, tzinfo=UTC) + timedelta(days=n, hours=n % 24)),
)
def test_it_counts_as_the_month_is_folded(db: Database, cast: Cast, days, posted, today, agreed) -> None:
    store(db, cast, days)
    post(db, cast, *posted)
    with db.transaction() as session:
        session.query(Consent).filter_by(member_id=cast["chen"].id).update({"given_at": agreed})
    for month in (OCT, NOV) if today >= NOV else (OCT,):
        found = standing(db, cast["chen"].id, today, month)
        with db.reading() as session:
            since = agreed.astimezone(ZoneInfo("Asia/Shanghai")).date()
            folded = month_count(session, 1, cast["chen"].id, month, today, since)
            whole = month_count(session, 1, cast["chen"].id, month, today)
        if found is None:
            last = (month + timedelta(days=31)).replace(day=1)
            late = agreed.astimezone(UTC) >= datetime(last.year, last.month, 1, tzinfo=UTC)
            assert not whole.posted_days or late or whole.confirmed >= 20
        else:
            assert found.count == replace(folded, rejected=0)


@pytest.mark.parametrize("by_posting", [True, False])
def test_of_a_month_that_became_daily_only_those_days_count(db: Database, cast: Cast, by_posting: bool) -> None:
    rules = PolicyRules(
        burden_mode="daily", legal_basis="测试", target_days=20, proration=Proration(by_posting=by_posting)
    )
    since, agreed = date(2026, 11, 16), date(2026, 9, 1)
    with db.transaction() as session:
        for version, (starts_on, of_it) in enumerate(((JOINED, PolicyRules()), (since, rules)), start=2):
            stored = of_it.model_dump(mode="json")
            session.add(
                Policy(county_id=1, version=version, starts_on=starts_on, rules=stored, created_at=datetime.now(UTC))
            )
    store(db, cast, {})
    for today, left in ((date(2026, 11, 10), 15), (date(2026, 11, 20), 11)):
        found = standing(db, cast["chen"].id, today)
        assert (found.count.target, found.count.posted_days, found.count.remaining_days) == (10, 15, left)
        assert found.usual_left is None  # what nobody asked for says nothing about a pattern
        with db.reading() as session:
            folded = month_count(session, 1, cast["chen"].id, NOV, today, agreed)
        assert found.count == folded


def test_who_comes_on_weekdays_will_go_on_so(db: Database, cast: Cast) -> None:
    """Four weeks of Monday to Friday, and 15 November 2026 is a Sunday: eleven weekdays are left, five weekend days."""
    today = date(2026, 11, 15)
    past = [today - timedelta(days=n) for n in range(1, 29)]
    store(db, cast, {on: (2, 0, 0, 0) for on in past if on.weekday() < 5})
    found = standing(db, cast["chen"].id, today)
    assert (found.usual_left, found.count.remaining_days) == (11.0, 16)


def test_days_away_say_nothing_about_the_pattern(db: Database, cast: Cast) -> None:
    today = date(2026, 11, 15)
    past = [today - timedelta(days=n) for n in range(1, 29)]
    store(db, cast, {on: (2, 0, 0, 0) if on.weekday() < 5 else (0, 0, 0, 2) for on in past})
    assert standing(db, cast["chen"].id, today).usual_left == 16.0  # no weekend is known, so it is as the other days


@pytest.mark.parametrize(
    ("rule", "sample", "half", "whole", "left", "expected"),
    [
        ("fewer than two weeks say nothing", 13, 0b1111111111111, 0b1111111111111, 0b11, None),
        ("all days, all to come", 28, 2**28 - 1, 2**28 - 1, 0b1111 << 28, 4.0),
        ("half days count half", 28, 2**28 - 1, 0, 0b1111 << 28, 2.0),
        ("none is none", 28, 0, 0, 0b1111 << 28, 0.0),
        ("nothing is left", 28, 2**28 - 1, 2**28 - 1, 0, 0.0),
        ("who comes every second time comes", 14, 0b1111111, 0b1111111, 0b1111111 << 14, 7.0),
        ("who comes more rarely, as rarely", 28, 0b1111111, 0b1111111, 0b1111111 << 28, 1.75),
    ],
)
def test_the_pattern(rule: str, sample: int, half: int, whole: int, left: int, expected: float | None) -> None:
    weekdays = [sum(1 << n for n in range(day, 60, 7)) for day in range(7)]
    assert usual_left(2**sample - 1, half, whole, left, weekdays) == expected


@given(st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1))
def test_nobody_is_expected_to_earn_more_than_there_is(sample: int, half: int, whole: int, left: int) -> None:
    weekdays = [sum(1 << n for n in range(day, 60, 7)) for day in range(7)]
    found = usual_left(sample, half | whole, whole, left, weekdays)
    assert found is None or 0 <= found <= left.bit_count() + 1e-9


def test_nobody_is_asked_to_come_on_a_whole_day_of_leave_of_any_kind(db: Database, cast: Cast) -> None:
    """Of the sixteen dates left, four are approved personal leave, which does nothing to the target; those asked for
    only, or refused, or of half a day do not count."""
    today = date(2026, 11, 15)
    store(db, cast, {})
    for first, last, state, halves in (
        (15, 18, "approved", 2), (20, 20, "pending", 2), (21, 21, "rejected", 2), (22, 22, "approved", 1)
    ):  # fmt: skip
        with db.transaction() as session:
            session.add(
                Leave(
                    county_id=1, id=uuid.uuid4(), member_id=cast["chen"].id, kind="personal", reason="家事",
                    starts_on=date(2026, 11, first), ends_on=date(2026, 11, last), halves=halves, state=state,
                    decided_by=cast["bureau"].id, created_at=datetime(2026, 11, 1, tzinfo=UTC),
                )
            )  # fmt: skip
    found = standing(db, cast["chen"].id, today)
    assert (found.count.remaining_days, found.count.target, found.has_today) == (12, 20, True)
    assert not standing(db, cast["colleague"].id, today).has_today


@pytest.mark.parametrize(
    ("rule", "highest", "days", "taken_back", "is_looked_at"),
    [
        ("who has confirmed the target needs nothing", {}, 20, 0, False),
        ("half a day less may be short", {}, 19.5, 0, True),
        ("a unit's higher target may be theirs", {"unit_targets": {str(uuid.UUID(int=9)): 22}}, 20, 0, True),
        ("a role's, too", {"role_targets": {"squad_leader": 20.5}}, 20, 0, True),
        ("an addendum may take a confirmed day back", {}, 20, 1, True),
    ],
)
def test_only_who_may_be_short_is_looked_at(
    db: Database, cast: Cast, rule: str, highest: dict, days: float, taken_back: int, is_looked_at: bool
) -> None:
    rules = PolicyRules(burden_mode="daily", legal_basis="测试", **highest)
    with db.transaction() as session:
        session.execute(delete(Policy).where(Policy.county_id == 1))
        add_policy(session, 1, rules, datetime(2026, 9, 1, tzinfo=UTC))
        for _ in range(taken_back):
            session.add(
                MonthAddendum(
                    county_id=1, id=uuid.uuid4(), member_id=cast["chen"].id, on_date=NOV, made_at=datetime.now(UTC),
                    before={}, after=dict.fromkeys(("confirmed", "pending", "excused", "lowers_target", "rejected"), 0),
                    cause="review", cause_id=uuid.uuid4(), explanation="撤销",
                )
            )  # fmt: skip
    whole = {NOV + timedelta(n): (2, 0, 0, 0) for n in range(int(days))}
    store(db, cast, whole | ({NOV + timedelta(25): (1, 0, 0, 0)} if days % 1 else {}))
    found = standing(db, cast["chen"].id, date(2026, 12, 6))
    assert (found is not None) == is_looked_at
    if found:
        assert found.count.confirmed == days - taken_back


def test_members_come_in_parts_and_can_be_gone_on_with(db: Database, cast: Cast) -> None:
    with db.snapshot() as session:
        asked = Asked(1, "Asia/Shanghai", NOV, date(2026, 11, 15), policy.rulebook(session, 1))
        parts = list(census.standings(session, asked, None, 2))
        rest = list(census.standings(session, asked, parts[0][0], 2))
    assert [len(part) for _upto, part in parts] == [2, 2, 1]
    assert rest == parts[1:]


def test_days_that_leave_was_asked_for_say_nothing_about_the_pattern(db: Database, cast: Cast) -> None:
    """Four weeks of Monday to Friday; the weekends she asked to be away for the county, and nobody has decided."""
    today = date(2026, 11, 15)
    past = [today - timedelta(days=n) for n in range(1, 29)]
    store(db, cast, {on: (2, 0, 0, 0) if on.weekday() < 5 else (0, 2, 0, 0) for on in past})
    with db.transaction() as session:
        for on in past:
            if on.weekday() >= 5:
                session.add(
                    Leave(
                        county_id=1, id=uuid.uuid4(), member_id=cast["chen"].id, kind="recall", reason="回县",
                        starts_on=on, ends_on=on, halves=2, state="pending",
                        created_at=datetime(2026, 11, 1, tzinfo=UTC),
                    )
                )  # fmt: skip
    found = standing(db, cast["chen"].id, today)
    assert found.usual_left == 16.0  # no weekend is known, so it is as the other days
    assert found.count.pending == 4


def test_a_closed_month_is_counted_as_it_was_then(db: Database, cast: Cast) -> None:
    """Ten half days ill where a date gives half a day: by the way before, each date still asked for its half."""
    half = WindowRule(start="08:00", end="12:00", halves=1)
    rules = PolicyRules(burden_mode="daily", legal_basis="测试", windows=(half,))
    with db.transaction() as session:
        session.execute(delete(Policy).where(Policy.county_id == 1))
        add_policy(session, 1, rules, datetime(2026, 9, 1, tzinfo=UTC))
    store(db, cast, {NOV + timedelta(n): (0, 0, 0, 1) for n in range(10)})
    targets = {}
    for counted_as in (2, 3):
        with db.snapshot() as session:
            asked = Asked(1, "Asia/Shanghai", NOV, date(2026, 12, 6), policy.rulebook(session, 1), True, counted_as)
            (chen,) = [
                m for _, part in census.standings(session, asked, None, 9) for m in part
                if m.member_id == cast["chen"].id
            ]  # fmt: skip
        targets[counted_as] = chen.count.target
    assert targets == {2: 15.0, 3: 10.0}
