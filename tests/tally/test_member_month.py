"""The whole fold, from a member's check-ins, attestations, leave, postings and roles to days and month: properties."""

import uuid
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from server.tally.county import MemberMonth, count_member
from server.tally.frozen import count_of, sha256_of
from server.tally.rebuild import CountedMember
from server.tally.rules import PolicyRules, Rulebook, in_force
from server.tally.types import AttestationInput, Away, CheckInInput, Posted

NOV = date(2026, 11, 1)
EAST, WEST = uuid.UUID(int=1), uuid.UUID(int=2)
HALVES = [{"start": "08:00", "end": "12:00", "halves": 1}, {"start": "13:00", "end": "18:00", "halves": 1}]
DAILY = {"burden_mode": "daily", "legal_basis": "测试"}
BOOK = Rulebook(
    [
        (date(2026, 9, 1), in_force(1, PolicyRules(**DAILY))),
        (
            date(2026, 11, 16),
            in_force(2, PolicyRules(**DAILY, windows=HALVES, unit_targets={str(WEST): 15})),
        ),
    ]
)
days = st.integers(1, 30).map(lambda day: NOV.replace(day=day))
checkins = st.builds(
    CheckInInput,
    checkin_id=st.uuids().map(str),
    kind=st.sampled_from(["station", "visit", "spot"]),
    minute_of_day=st.integers(0, 1439),
    holds=st.sampled_from(["accepted", "review", "rejected"]),
    by_person=st.booleans(),
    addendum=st.just(False),
)
attestations = st.builds(AttestationInput, st.uuids().map(str), st.integers(1, 2), st.just("甲"), st.just("同行"))
leaves = st.builds(
    lambda leave_id, kind, a, b, halves: Away(leave_id, kind, min(a, b), max(a, b), halves),
    st.uuids().map(str),
    st.sampled_from(["training", "sick", "personal", "make_up"]),
    days,
    days,
    st.integers(1, 2),
)
dated = st.lists(st.tuples(days, checkins), max_size=8)
vouched = st.lists(st.tuples(days, attestations), max_size=3)


def member(made: list, attested: list = (), away: list = (), moved_on: date | None = None) -> MemberMonth:
    found = MemberMonth(uuid.UUID(int=9), "陈", EAST, leaves=list(away))
    for on, checkin in made:
        found.checkins[on].append(checkin)
    for on, attestation in attested:
        found.attestations[on].append(attestation)
    first = Posted(date(2026, 9, 1), None, EAST)
    found.postings = [first]
    if moved_on and moved_on > NOV:
        found.postings = [
            first._replace(ends_on=date.fromordinal(moved_on.toordinal() - 1)),
            Posted(moved_on, None, WEST),
        ]
    return found


def counted(given: MemberMonth) -> CountedMember:
    return CountedMember(given, *count_member(BOOK, NOV, date(2026, 12, 1), given))


@given(dated, vouched, st.lists(leaves, max_size=2), days, st.randoms())
def test_the_order_of_arrival_and_duplicates_change_neither_count_nor_hash(made, attested, away, moved, rng) -> None:
    once = counted(member(made, attested, away, moved))
    shuffled = [*made, *made]
    rng.shuffle(shuffled)
    again = counted(member(shuffled, [*reversed(attested)], [*reversed(away)], moved))
    assert (count_of(again), again.days) == (count_of(once), once.days)
    assert sha256_of(counted(member([*reversed(made)], attested, away, moved)), NOV) == sha256_of(once, NOV)


@given(dated, days, checkins)
def test_a_rejected_checkin_never_adds(made, on, extra) -> None:
    before = counted(member(made)).month
    after = counted(member([*made, (on, replace(extra, holds="rejected"))])).month
    assert (after.confirmed, after.pending, after.target) == (before.confirmed, before.pending, before.target)


@given(dated, vouched, st.lists(leaves, max_size=2), days)
def test_a_transfer_neither_loses_nor_doubles_a_day(made, attested, away, moved) -> None:
    stayed, went = counted(member(made, attested, away)), counted(member(made, attested, away, moved))
    assert went.days == stayed.days
    assert went.month.posted_days == stayed.month.posted_days == 30
    assert went.month.target <= 20
    assert went.month.target + went.month.lowered >= 15 - went.month.lowered


@given(dated, vouched, st.lists(leaves, max_size=3))
def test_days_are_at_most_the_calendars(made, attested, away) -> None:
    month = counted(member(made, attested, away)).month
    assert month.confirmed + month.pending + month.excused + month.lowered <= 30
    assert month.confirmed + month.pending + month.rejected <= 30


@given(dated, days, checkins)
def test_each_day_is_explained_and_linked_to_its_evidence(made, on, extra) -> None:
    one = counted(member([*made, (on, extra)]))
    for day in one.days.values():
        assert day.explanation.endswith("。")
    assert extra.checkin_id in [source["id"] for source in one.days[on].sources]
