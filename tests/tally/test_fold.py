"""The fold of a day: a table of rules, and properties that hold for any inputs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.evidence.types import Window
from server.tally.fold import fold_day
from server.tally.types import COUNTED_AS, AttestationInput, CheckInInput, DayCount, DayTerms, LeaveInput
from server.tally.why import words

ALL_DAY = DayTerms((Window(360, 1380, 2),))
TWO_HALVES = DayTerms((Window(480, 720, 1), Window(780, 1080, 1)))
MORNING_ONLY = DayTerms((Window(480, 720, 1),))
NO_WINDOWS = DayTerms(())
TWICE = replace(ALL_DAY, checkins=2, min_gap_min=240)
REST_DAY = replace(ALL_DAY, can_count=False)
UNKNOWN_YEAR = replace(ALL_DAY, can_count=None)
KINDS = ("station", "visit", "spot")


def checkin(minute: int = 600, holds: str = "accepted", **change: object) -> CheckInInput:
    return replace(CheckInInput("a", "station", minute, holds, False, False), **change)


def halves(day: DayCount) -> tuple[int, int, int, int]:
    return day.confirmed, day.pending, day.excused, day.lowers_target


@pytest.mark.parametrize(
    ("rule", "terms", "checkins", "expected"),
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
        ("a weekday with one half window gives half a day at most", MORNING_ONLY, [checkin(500)], (1, 0, 0, 0)),
        ("a weekday without windows earns nothing", DayTerms(()), [checkin(500)], (0, 0, 0, 0)),
        ("one of two check-ins is half a day", TWICE, [checkin(500)], (1, 0, 0, 0)),
        ("two far enough apart are a day", TWICE, [checkin(500), checkin(740)], (2, 0, 0, 0)),
        ("two too close are half a day", TWICE, [checkin(500), checkin(739)], (1, 0, 0, 0)),
        ("the second may still be waiting", TWICE, [checkin(500), checkin(740, "review")], (1, 1, 0, 0)),
        ("a rejected one makes no distance", TWICE, [checkin(500), checkin(740, "rejected")], (1, 0, 0, 0)),
        ("a day of rest earns nothing", REST_DAY, [checkin()], (0, 0, 0, 0)),
        ("in an unpublished year nobody knows: pending", UNKNOWN_YEAR, [checkin()], (0, 2, 0, 0)),
    ],
)
def test_checkins(rule: str, terms: DayTerms, checkins: list, expected: tuple) -> None:
    assert halves(fold_day(terms, checkins)) == expected


@pytest.mark.parametrize(
    ("rule", "terms", "checkins", "said"),
    [
        ("the empty window is named", TWO_HALVES, [checkin(500)], "确认半天。13:00–18:00 时段没有通过的打卡。"),
        ("the half that waits explains itself", TWO_HALVES, [checkin(500), checkin(800, "review")],
         "确认半天；待核半天，不计为缺勤。"),
        ("a weekday of half days says so", MORNING_ONLY, [checkin(500)], "确认半天。按规则当天的打卡至多计半天。"),
        ("the missing second check-in is told", TWICE, [checkin(500), checkin(600)],
         "确认半天。计一天须有 2 次通过的打卡、间隔不少于 240 分钟，当天符合的有 1 次。"),
        ("a day of rest says so", REST_DAY, [checkin()], "当天不是工作日，按规则不计天数。"),
        ("an unpublished year is said, not guessed", UNKNOWN_YEAR, [checkin()],
         "这一年的放假安排还没有公布，不能确定是否工作日，1天暂记待核，不计为缺勤。"),
        ("a rejection may be appealed", ALL_DAY, [checkin(holds="rejected")],
         "当天的打卡被驳回，可在驳回后 7 天内申诉。"),
    ],
)  # fmt: skip
def test_a_member_can_read_why_the_14th_counted_half(rule: str, terms: DayTerms, checkins: list, said: str) -> None:
    assert fold_day(terms, checkins).explanation == said


def test_a_kind_that_the_policy_does_not_count() -> None:
    day = fold_day(replace(ALL_DAY, counted_kinds=("station",)), [checkin(kind="visit")])
    assert (halves(day), day.explanation) == ((0, 0, 0, 0), "当天的走访打卡按规则不计天数。")
    late = fold_day(replace(ALL_DAY, counted_kinds=("station",)), [checkin(60), checkin(kind="visit", checkin_id="b")])
    assert late.explanation == "当天的打卡不在规定时段内。"


def test_what_was_rejected_is_known_and_what_stands_beside_it_is_not_lowered() -> None:
    day = fold_day(TWO_HALVES, [checkin(500), checkin(800, "rejected")])
    assert (day.confirmed, day.rejected) == (1, 1)
    assert fold_day(ALL_DAY, [checkin(), checkin(700, "rejected", checkin_id="b")]).rejected == 0


@pytest.mark.parametrize(
    ("rule", "checkins", "leave", "expected"),
    [
        ("training excuses the day", [], ("training", 2, "excused"), (0, 0, 2, 0)),
        ("sick leave lowers the target", [], ("sick", 2, "lowers_target"), (0, 0, 0, 2)),
        ("personal leave does neither", [], ("personal", 2, "none"), (0, 0, 0, 0)),
        ("presence comes before leave", [checkin()], ("training", 2, "excused"), (2, 0, 0, 0)),
        (
            "what is certain comes before what waits",
            [checkin(holds="review")],
            ("training", 2, "excused"),
            (0, 0, 2, 0),
        ),
        ("half of it leaves half to wait", [checkin(holds="review")], ("training", 1, "excused"), (0, 1, 1, 0)),
        ("so it is with a lower target", [checkin(holds="review")], ("sick", 2, "lowers_target"), (0, 0, 0, 2)),
        ("a made-up day that waits would be a day", [], ("make_up", 2, "undecided_presence"), (0, 2, 0, 0)),
        ("beside half a day's leave half", [], ("make_up", 1, "undecided_presence"), (0, 1, 0, 0)),
        ("pending comes before leave that waits", [checkin(holds="review")], ("sick", 2, "undecided"), (0, 2, 0, 0)),
        ("half a day of leave fills half", [], ("training", 1, "excused"), (0, 0, 1, 0)),
        ("a made-up day is confirmed", [], ("make_up", 2, "present"), (2, 0, 0, 0)),
        ("a made-up half adds to nothing that is there", [checkin()], ("make_up", 1, "present"), (2, 0, 0, 0)),
        ("a made-up day settles what waits", [checkin(holds="review")], ("make_up", 2, "present"), (2, 0, 0, 0)),
    ],
)
def test_leave(rule: str, checkins: list, leave: tuple, expected: tuple) -> None:
    kind, size, effect = leave
    assert halves(fold_day(ALL_DAY, checkins, (), [LeaveInput("l", kind, size, effect)])) == expected


@pytest.mark.parametrize(
    ("rule", "terms", "checkins", "vouched", "leave", "expected"),
    [
        ("leave on a date without windows does nothing", NO_WINDOWS, [], 0, ("sick", 2, "lowers_target"), (0, 0, 0, 0)),
        ("nor does a trip", NO_WINDOWS, [], 0, ("recall", 2, "excused"), (0, 0, 0, 0)),
        ("nor what is asked for", NO_WINDOWS, [], 0, ("recall", 2, "undecided"), (0, 0, 0, 0)),
        ("of half a day's windows half", MORNING_ONLY, [], 0, ("sick", 2, "lowers_target"), (0, 0, 0, 1)),
        ("and nothing where that was earned", MORNING_ONLY, [checkin(500)], 0, ("recall", 2, "excused"), (1, 0, 0, 0)),
        ("what waits there adds nothing to a trip", MORNING_ONLY, [checkin(500, "review")], 0, ("recall", 2, "excused"),
         (0, 0, 1, 0)),
        ("nor is what is made up bound by them", NO_WINDOWS, [], 0, ("make_up", 2, "undecided_presence"), (0, 2, 0, 0)),
        ("who is vouched for was there all the same", NO_WINDOWS, [], 2, ("sick", 2, "lowers_target"), (2, 0, 0, 0)),
        ("what waits adds to what is vouched for", MORNING_ONLY, [checkin(500, "review")], 1, ("sick", 2, "none"),
         (1, 1, 0, 0)),
    ],
)  # fmt: skip
def test_leave_does_no_more_than_presence_could(rule, terms, checkins, vouched, leave, expected) -> None:
    kind, size, effect = leave
    said = [AttestationInput("t", vouched, "李娜", "同在现场")] if vouched else []
    assert halves(fold_day(terms, checkins, said, [LeaveInput("l", kind, size, effect)])) == expected


def test_a_day_without_windows_says_so() -> None:
    day = fold_day(NO_WINDOWS, [], (), [LeaveInput("l", "sick", 2, "lowers_target")])
    assert day.explanation == "当天按规则没有打卡时段，请假或公出不计天数，也不减少目标。"


def test_a_month_that_was_closed_earlier_is_counted_as_it_was_then() -> None:
    trip = [LeaveInput("l", "recall", 2, "excused")]
    assert halves(fold_day(replace(NO_WINDOWS, counted_as=2), [], (), trip)) == (0, 0, 2, 0)
    assert halves(fold_day(replace(ALL_DAY, counted_as=2), [checkin(holds="review")], (), trip)) == (0, 2, 0, 0)


@pytest.mark.parametrize(
    ("rule", "checkins", "said"),
    [
        ("what is asked for and fills the day is named", [], "待核1天（含等待审批的申请），不计为缺勤。"),
        ("what adds nothing is not", [checkin(holds="review")], "待核1天，不计为缺勤。"),
        ("nor beside a day that is there", [checkin()], "确认1天。"),
        ("an appeal is", [checkin(holds="review", appealed=True)], "待核1天（含正在处理的申诉），不计为缺勤。"),
    ],
)
def test_a_day_names_what_it_waits_for(rule: str, checkins: list, said: str) -> None:
    assert fold_day(ALL_DAY, checkins, (), [LeaveInput("l", "sick", 2, "undecided")]).explanation == said


def test_a_day_tells_its_sources_and_why() -> None:
    day = fold_day(TWO_HALVES, [checkin(500)], [AttestationInput("t", 1, "李娜", "同在现场")])
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
    effect=st.sampled_from(["excused", "lowers_target", "present", "none", "undecided", "undecided_presence"]),
)
windows = st.sampled_from([ALL_DAY.windows, TWO_HALVES.windows, MORNING_ONLY.windows, ()])
some_terms = st.builds(
    DayTerms,
    windows=windows,
    checkins=st.integers(1, 3),
    min_gap_min=st.sampled_from([0, 60, 240]),
    can_count=st.sampled_from([True, True, None, False]),
    counted_as=st.sampled_from([2, COUNTED_AS]),
)
some = st.lists(inputs, max_size=5)


@given(some_terms, some, st.lists(attestations, max_size=3), st.lists(leaves, max_size=3), st.randoms())
def test_the_order_of_arrival_does_not_matter(terms, checkins, vouched, away, rng) -> None:
    day = fold_day(terms, checkins, vouched, away)
    for group in (checkins, vouched, away):
        rng.shuffle(group)
    assert fold_day(terms, checkins, vouched, away) == day


@given(some_terms, some, st.lists(attestations, max_size=3), st.lists(leaves, max_size=3))
def test_a_day_is_at_most_a_day(terms, checkins, vouched, away) -> None:
    day = fold_day(terms, checkins, vouched, away)
    assert all(part >= 0 for part in (*halves(day), day.rejected))
    assert sum(halves(day)) <= 2
    decided = fold_day(terms, checkins, vouched, [leave for leave in away if "undecided" not in leave.effect])
    assert decided.confirmed + decided.pending + decided.rejected <= 2
    assert day.explanation.endswith("。")
    assert len(day.explanation) <= 300


@given(some_terms, some, st.lists(attestations, max_size=3), st.lists(leaves, max_size=3))
def test_a_duplicate_changes_nothing(terms, checkins, vouched, away) -> None:
    assert fold_day(terms, checkins * 2, vouched * 2, away * 2) == fold_day(terms, checkins, vouched, away)


@given(some_terms, some, inputs)
def test_a_rejected_checkin_never_adds(terms, checkins, extra) -> None:
    before = halves(fold_day(terms, checkins))
    assert halves(fold_day(terms, [*checkins, replace(extra, holds="rejected")])) == before


@given(some_terms, some, inputs)
def test_a_checkin_under_review_never_lowers_what_is_confirmed(terms, checkins, extra) -> None:
    before = fold_day(terms, checkins).confirmed
    assert fold_day(terms, [*checkins, replace(extra, holds="review")]).confirmed == before


@given(some_terms, some, inputs)
def test_one_more_checkin_never_takes_anything_away(terms, checkins, extra) -> None:
    before, after = fold_day(terms, checkins), fold_day(terms, [*checkins, extra])
    assert after.confirmed >= before.confirmed
    assert after.confirmed + after.pending >= before.confirmed + before.pending


@given(some_terms, some, st.lists(attestations, max_size=3), st.lists(leaves, max_size=3), inputs)
def test_what_is_under_review_takes_nothing_from_what_is_certain(terms, checkins, vouched, away, extra) -> None:
    terms = replace(terms, counted_as=COUNTED_AS, can_count=True)
    before = fold_day(terms, checkins, vouched, away)
    after = fold_day(terms, [*checkins, replace(extra, holds="review")], vouched, away)
    for sort in ("confirmed", "excused", "lowers_target"):
        assert getattr(after, sort) == getattr(before, sort)


@given(some_terms, some, st.lists(attestations, max_size=3), st.lists(leaves, max_size=3))
def test_pending_is_what_accepting_everything_would_add(terms, checkins, vouched, away) -> None:
    terms = replace(terms, counted_as=COUNTED_AS, can_count=True)
    away = [leave for leave in away if leave.effect != "undecided"]
    now = fold_day(terms, checkins, vouched, away)
    accepted = [replace(c, holds="accepted", by_person=True) if c.holds == "review" else c for c in checkins]
    made_up = [replace(leave, effect="present") if leave.effect == "undecided_presence" else leave for leave in away]
    then = fold_day(terms, accepted, vouched, made_up)
    assert then.pending == 0
    assert sum(halves(now)) == sum(halves(then))
