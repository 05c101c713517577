"""The fold of a day: a table of rules, and properties that hold for any inputs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.evidence.types import Window
from server.tally.fold import AttestationInput, CheckInInput, DayCount, LeaveInput, fold_day, words

ALL_DAY = (Window(360, 1380, 2),)
TWO_HALVES = (Window(480, 720, 1), Window(780, 1080, 1))
KINDS = ("station", "visit", "spot")


def checkin(minute: int = 600, holds: str = "accepted", **change: object) -> CheckInInput:
    return replace(CheckInInput("a", "station", minute, holds, False, False), **change)


def halves(day: DayCount) -> tuple[int, int, int, int]:
    return day.confirmed, day.pending, day.excused, day.lowers_target


@pytest.mark.parametrize(
    ("rule", "windows", "checkins", "expected"),
    [
        ("one accepted check-in earns the day", ALL_DAY, [checkin()], (2, 0, 0, 0)),
        ("two earn no more than one day", ALL_DAY, [checkin(), checkin(700, checkin_id="b")], (2, 0, 0, 0)),
        ("review is pending", ALL_DAY, [checkin(holds="review")], (0, 2, 0, 0)),
        ("accepted beside review is confirmed", ALL_DAY, [checkin(), checkin(700, "review")], (2, 0, 0, 0)),
        ("rejected adds nothing", ALL_DAY, [checkin(holds="rejected")], (0, 0, 0, 0)),
        ("outside the window the machine's word does not count", ALL_DAY, [checkin(60)], (0, 0, 0, 0)),
        ("outside the window a person's word counts", ALL_DAY, [checkin(60, by_person=True)], (2, 0, 0, 0)),
        ("outside the window review still waits", ALL_DAY, [checkin(60, "review")], (0, 2, 0, 0)),
        ("a visit has the same window", ALL_DAY, [checkin(60, kind="visit")], (0, 0, 0, 0)),
        (
            "a person's word late stands beside review",
            ALL_DAY,
            [checkin(1410, by_person=True), checkin(600, "review", checkin_id="b")],
            (2, 0, 0, 0),
        ),
        ("one of two windows is half a day", TWO_HALVES, [checkin(500)], (1, 0, 0, 0)),
        ("both windows are a day", TWO_HALVES, [checkin(500), checkin(800)], (2, 0, 0, 0)),
        ("half confirmed, half waiting", TWO_HALVES, [checkin(500), checkin(800, "review")], (1, 1, 0, 0)),
        ("twice in one window is half a day", TWO_HALVES, [checkin(500), checkin(510)], (1, 0, 0, 0)),
        ("a window's end is outside it", TWO_HALVES, [checkin(720)], (0, 0, 0, 0)),
        ("an addendum changes no closed month", ALL_DAY, [checkin(addendum=True)], (0, 0, 0, 0)),
    ],
)
def test_checkins(rule: str, windows: tuple, checkins: list, expected: tuple) -> None:
    assert halves(fold_day(windows, KINDS, checkins)) == expected


def test_a_kind_that_the_policy_does_not_count() -> None:
    assert halves(fold_day(ALL_DAY, ("station",), [checkin(kind="visit")])) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("rule", "checkins", "leave", "expected"),
    [
        ("training excuses the day", [], ("training", 2, "excused"), (0, 0, 2, 0)),
        ("sick leave lowers the target", [], ("sick", 2, "lowers_target"), (0, 0, 0, 2)),
        ("personal leave does neither", [], ("personal", 2, "none"), (0, 0, 0, 0)),
        ("presence comes before leave", [checkin()], ("training", 2, "excused"), (2, 0, 0, 0)),
        ("pending comes before leave", [checkin(holds="review")], ("training", 2, "excused"), (0, 2, 0, 0)),
        ("half a day of leave fills half", [], ("training", 1, "excused"), (0, 0, 1, 0)),
    ],
)
def test_leave(rule: str, checkins: list, leave: tuple, expected: tuple) -> None:
    kind, size, effect = leave
    assert halves(fold_day(ALL_DAY, KINDS, checkins, (), [LeaveInput("l", kind, size, effect)])) == expected


def test_a_day_tells_its_sources_and_why() -> None:
    day = fold_day(TWO_HALVES, KINDS, [checkin(500)], [AttestationInput("t", 1, "李娜", "同在现场")])
    assert day.explanation == "确认1天（含同事或监督人员证明）。"
    assert [s["type"] for s in day.sources] == ["checkin", "attestation"]


@pytest.mark.parametrize(("size", "said"), [(1, "半天"), (2, "1天"), (3, "1.5天")])
def test_words(size: int, said: str) -> None:
    assert words(size) == said


inputs = st.builds(
    CheckInInput,
    checkin_id=st.uuids().map(str),
    kind=st.sampled_from(KINDS),
    minute_of_day=st.integers(0, 1439),
    holds=st.sampled_from(["accepted", "review", "rejected"]),
    by_person=st.booleans(),
    addendum=st.booleans(),
)
attestations = st.builds(
    AttestationInput,
    attestation_id=st.uuids().map(str),
    halves=st.integers(1, 2),
    attester=st.just("甲"),
    reason=st.just("乙"),
)
leaves = st.builds(
    LeaveInput,
    leave_id=st.uuids().map(str),
    kind=st.just("training"),
    halves=st.integers(1, 2),
    effect=st.sampled_from(["excused", "lowers_target", "none"]),
)
window_sets = st.sampled_from([ALL_DAY, TWO_HALVES, ()])


@given(
    window_sets,
    st.lists(inputs, max_size=5),
    st.lists(attestations, max_size=3),
    st.lists(leaves, max_size=3),
    st.randoms(),
)
def test_the_order_of_arrival_does_not_matter(windows, checkins, vouched, away, rng) -> None:
    day = fold_day(windows, KINDS, checkins, vouched, away)
    for group in (checkins, vouched, away):
        rng.shuffle(group)
    assert fold_day(windows, KINDS, checkins, vouched, away) == day


@given(window_sets, st.lists(inputs, max_size=5), st.lists(attestations, max_size=3), st.lists(leaves, max_size=3))
def test_a_day_is_at_most_a_day(windows, checkins, vouched, away) -> None:
    day = fold_day(windows, KINDS, checkins, vouched, away)
    assert all(part >= 0 for part in halves(day))
    assert sum(halves(day)) <= 2


@given(window_sets, st.lists(inputs, max_size=5))
def test_a_duplicate_changes_nothing(windows, checkins) -> None:
    once = fold_day(windows, KINDS, checkins)
    twice = fold_day(windows, KINDS, checkins + checkins)
    # outside every window each check-in looks for a free one; there a copy may find a second
    inside = [c for c in checkins if any(w.start_min <= c.minute_of_day < w.end_min for w in windows)]
    if len(inside) == len(checkins):
        assert halves(once) == halves(twice)


@given(window_sets, st.lists(inputs, max_size=5), inputs)
def test_a_rejected_checkin_never_adds(windows, checkins, extra) -> None:
    before = halves(fold_day(windows, KINDS, checkins))
    assert halves(fold_day(windows, KINDS, [*checkins, replace(extra, holds="rejected")])) == before


@given(window_sets, st.lists(inputs, max_size=5), inputs)
def test_a_checkin_under_review_never_lowers_what_is_confirmed(windows, checkins, extra) -> None:
    before = fold_day(windows, KINDS, checkins).confirmed
    assert fold_day(windows, KINDS, [*checkins, replace(extra, holds="review")]).confirmed == before
