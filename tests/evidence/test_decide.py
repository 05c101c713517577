"""From findings to a verdict and a sentence."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.evidence.datum import gcj02_to_wgs84
from server.evidence.decide import as_decided, decide, judge
from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import BOUNDS, RULESET, adjusted
from server.evidence.signals import SIGNALS
from server.evidence.types import Evidence, ExifFacts, Finding, Fix, Outcome, Verdict
from tests.evidence.cases import BARE, CAPTURED, EVIDENCE, RULES, STATION, at, evidence, fix, shared, twin

GROUPS = {signal.CODE: signal.GROUP for signal in SIGNALS}
FINDINGS = st.builds(
    lambda code, outcome: Finding(code, GROUPS[code], outcome, f"{code}。请看。"),
    st.sampled_from(sorted(GROUPS)),
    st.sampled_from(Outcome),
)
ALL_FINDINGS = st.lists(FINDINGS, max_size=len(GROUPS), unique_by=lambda f: f.code)
YESTERDAY = ExifFacts(taken_local=at("2026-11-02 17:41").replace(tzinfo=None), utc_offset_s=28_800)


@pytest.mark.parametrize(
    ("name", "changes", "verdict", "weight", "reason"),
    [
        (
            "a photo still compared",
            {"comparing": True},
            "review",
            0.0,
            "在围栏内，时间正常；照片正在和相近的比对，几秒后再看结果，待核。",
        ),
        (
            "a spot check",
            {"kind": "spot", "spot_challenge": "4821"},
            "review",
            0.0,
            "在围栏内，时间正常；请核对照片里是否有数字 4821，待核。",
        ),
        ("a first check-in after a rebinding", {"rebound_at": at("2026-11-02 08:00")}, "accepted", 0.0, None),
        (
            "one selfie of colleagues",
            {"twins": (shared(), shared(exact=False, bits=3, same=True))},
            "accepted",
            0.0,
            None,
        ),
        (
            "the right fence in the wrong datum",
            {
                "fix": Fix(*gcj02_to_wgs84(STATION.lat, STATION.lng), 20.0, CAPTURED),
                "given_lat": STATION.lat + 1e-4,
                "given_lng": STATION.lng,
                "datum": "gcj02",
            },
            "review",
            0.0,
            "时间正常；距东莞驻点 612 米（误差 ±20 米），像是坐标系弄错了，换算后在围栏内，待核。",
        ),
        ("honest", {}, "accepted", 0.0, "在围栏内，时间正常，已通过。"),
        ("no clock offset", {"clock_offset_ms": None}, "accepted", 0.0, "在围栏内，时间正常，已通过。"),
        ("no windows", {"windows": ()}, "accepted", 0.0, "在围栏内，时间正常，已通过。"),
        (
            "no ticket",
            {"ticket_issued_at": None, "ticket_expires_at": None},
            "review",
            0.0,
            "在围栏内；没有拍摄凭证，多为离线拍摄，待核。",
        ),
        ("no place", {"place": None, "distance_m": None}, "review", 0.0, "时间正常；当天没有派驻地点可以比对，待核。"),
        (
            "weak fix",
            {"fix": fix(accuracy_m=160.0), "place": replace(STATION, radius_m=300.0)},
            "review",
            0.0,
            "在围栏内，时间正常；定位误差约 160 米，超过 150 米，待核。",
        ),
        (
            "black photo",
            {"photo_spread": 0.0},
            "review",
            0.0,
            "在围栏内，时间正常；照片几乎是一片同色，看不清画面，待核。",
        ),
        (
            "reused",
            {"twins": (twin(),)},
            "review",
            8.0,
            "在围栏内，时间正常；照片与10月28日 周三的一张相同，已转人工复核。",
        ),
        (
            "outside the fence and the window",
            {"fix": fix(3.2), "windows": ()},
            "review",
            5.0,
            "时间正常；距东莞驻点 3.2 公里（误差 ±20 米），在围栏外，已转人工复核。",
        ),
        (
            "yesterday's photo in another city",
            {"fix": fix(900), "previous": fix(0, 20.0, at("2026-11-03 00:01")), "exif": YESTERDAY, "twins": (twin(),)},
            "review",
            8.0 + 8.0 + 4.0,  # location capped at 8 of 10
            "照片与10月28日 周三的一张相同；与 08:01 的打卡相距 900 公里，只隔 40 分钟，已转人工复核。",
        ),
    ],
)
def test_table(name: str, changes: dict[str, Any], verdict: str, weight: float, reason: str | None) -> None:
    decision = decide(judge(evidence(**changes), RULES), RULESET)
    assert (decision.verdict, decision.weight) == (Verdict(verdict), weight), decision.reason
    if reason is not None:
        assert decision.reason == reason
    assert decision.ruleset == "2026-11-26.2"


def test_two_unmet_needs_are_named_and_the_rest_left_to_the_list() -> None:
    e = evidence(place=None, distance_m=None, ticket_issued_at=None, photo_spread=None)
    reason = "当天没有派驻地点可以比对；没有拍摄凭证，多为离线拍摄，待核。"
    assert decide(judge(e, RULES), RULESET).reason == reason


def test_a_need_nobody_answered_is_not_met() -> None:
    decision = decide([clear("TICKET", "time", "好。")], RULESET)
    assert (decision.verdict, decision.reason) == (Verdict.REVIEW, "时间正常；资料不全，待核。")


def test_the_group_cap_holds() -> None:
    doubts = [suspect(code, "time", "有出入。") for code in ("TIME_WINDOW", "TICKET", "PHONE_CLOCK", "EXIF_TIME")]
    assert decide(doubts, RULESET).weight == 6.0
    assert decide(doubts[:1], RULESET).weight == 1.0


@pytest.mark.parametrize("group", sorted(RULESET.caps))
def test_no_group_alone_lets_the_machine_reject(group: str) -> None:
    doubts = [suspect(code, of, "有出入。") for code, of in GROUPS.items() if of == group]
    decision = decide(doubts, RULESET, may_reject=True)
    assert decision.verdict is Verdict.REVIEW
    assert decision.weight <= RULESET.caps[group] < RULESET.reject_weight


def test_the_machine_rejects_only_where_a_policy_lets_it() -> None:
    e = evidence(fix=fix(900), previous=fix(0, 20.0, at("2026-11-03 00:01")), twins=(twin(),))
    findings = judge(e, RULES)
    assert decide(findings, RULESET).verdict is Verdict.REVIEW
    decision = decide(findings, RULESET, may_reject=True)
    reason = "时间正常；照片与10月28日 周三的一张相同；与 08:01 的打卡相距 900 公里，只隔 40 分钟，已驳回，可以申诉。"
    assert (decision.verdict, decision.reason, decision.weight) == (Verdict.REJECTED, reason, 16.0)
    assert decide(judge(evidence(), RULES), RULESET, may_reject=True).verdict is Verdict.ACCEPTED


def test_a_county_may_set_limits_within_their_bounds() -> None:
    changed = adjusted(RULESET, {"near_bits": 5, "ground_kmh": 300})
    assert (changed.rules.near_bits, changed.rules.ground_kmh) == (5, 300.0)
    assert replace(changed, rules=RULESET.rules) == RULESET
    assert adjusted(RULESET, {}) == RULESET


@pytest.mark.parametrize(
    ("name", "limits", "named"),
    [
        ("no such limit", {"wishes": 3}, "wishes"),
        ("a limit that is not the county's", {"exif_first_year": 1990}, "exif_first_year"),
        ("too low", {"ground_kmh": 5}, "ground_kmh"),
        ("too high", {"repeat_accuracy_m": 500}, "repeat_accuracy_m"),
        ("not a number", {"shared_m": float("nan")}, "shared_m"),
        ("half a bit", {"near_bits": 2.5}, "near_bits"),
    ],
)
def test_a_limit_out_of_bounds_is_named(name: str, limits: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        adjusted(RULESET, limits)


def test_the_rulesets_own_limits_lie_within_the_bounds() -> None:
    for name, (low, high) in BOUNDS.items():
        assert low <= getattr(RULESET.rules, name) <= high, name
    assert RULESET.version.startswith(RULESET.date.isoformat())


def test_a_finding_the_table_does_not_know_still_goes_to_a_person() -> None:
    decision = decide([*judge(evidence(), RULES), suspect("NEW", "person", "有出入。")], RULESET)
    assert (decision.verdict, decision.weight) == (Verdict.REVIEW, 1.0)


def test_every_signal_stands_once_in_the_tuple_and_in_the_table() -> None:
    codes = [signal.CODE for signal in SIGNALS]
    assert len(set(codes)) == len(codes) == 18
    assert set(codes) == set(RULESET.weights)
    assert {signal.GROUP for signal in SIGNALS} == set(RULESET.caps)
    assert set(RULESET.needs) < set(codes)
    assert not set(RULESET.needs) & {"EXIF_TIME", "EXIF_POSITION", "PHONE_CLOCK", "IMPOSSIBLE_TRAVEL"}


def test_judge_answers_in_the_order_of_the_tuple() -> None:
    findings = judge(evidence(), RULES)
    assert [(f.code, f.group) for f in findings] == [(s.CODE, s.GROUP) for s in SIGNALS]


@pytest.mark.parametrize(
    "missing",
    [
        {"exif": ExifFacts()},
        {"clock_offset_ms": None},
        {"previous": None},
        {"device_model": None},
    ],
)
@pytest.mark.parametrize(
    "base",
    [
        {},
        {"previous": fix(0.1, 20.0, at("2026-11-02 08:00")), "exif": ExifFacts(lat=23.02, lng=113.75, gps_at=CAPTURED)},
    ],
)
def test_what_is_missing_never_prevents_acceptance(base: dict[str, Any], missing: dict[str, Any]) -> None:
    assert decide(judge(evidence(**{**base, **missing}), RULES), RULESET).verdict is Verdict.ACCEPTED


@given(ALL_FINDINGS, st.randoms(use_true_random=False))
def test_order_does_not_matter(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert decide(shuffled, RULESET) == decide(findings, RULESET)


@given(ALL_FINDINGS)
def test_the_fold(findings: list[Finding]) -> None:
    decision = decide(findings, RULESET)
    suspects = [f for f in findings if f.outcome is Outcome.SUSPECT]
    met = {f.code for f in findings if f.outcome is Outcome.CLEAR} >= set(RULESET.needs)
    assert decision.verdict is (Verdict.ACCEPTED if met and not suspects else Verdict.REVIEW)
    assert (decision.weight > 0) <= bool(suspects)
    assert decision.reason.endswith("。")
    assert decision.reason.count("。") == 1
    assert ("转人工复核" in decision.reason) == bool(suspects)
    assert decision.weight <= sum(RULESET.caps.values())


@given(ALL_FINDINGS)
def test_unknowns_never_make_guilty(findings: list[Finding]) -> None:
    """Turning any finding into unknown, or adding unknowns, never raises the weight or adds a suspicion."""
    before = decide(findings, RULESET)
    for i, f in enumerate(findings):
        blanked = [*findings[:i], unknown(f.code, f.group, "没有采集到。"), *findings[i + 1 :]]
        assert decide(blanked, RULESET).weight <= before.weight
    added = decide([*findings, unknown("OTHER", "person", "没有采集到。")], RULESET)
    assert (added.verdict, added.weight, added.reason) == (before.verdict, before.weight, before.reason)


@given(BARE)
def test_nobody_is_suspect_for_what_is_missing(e: Evidence) -> None:
    findings = judge(e, RULES)
    assert [f for f in findings if f.outcome is Outcome.SUSPECT] == []
    assert decide(findings, RULESET).weight == 0.0


@settings(max_examples=400)
@given(EVIDENCE)
def test_judge_and_decide_answer_whatever_comes(e: Evidence) -> None:
    findings = judge(e, RULES)
    decision = decide(findings, RULESET)
    assert decision.verdict in (Verdict.ACCEPTED, Verdict.REVIEW)
    for f in findings:
        assert f.message.rstrip("。").count("。") <= 1 or "。" in (e.place.name if e.place else "")
        assert not any(word in f.message for word in ("违规", "作弊", "异常"))


@pytest.mark.parametrize(
    ("reason", "decision", "said"),
    [
        ("时间正常；照片相同，已转人工复核。", "accepted", "时间正常；照片相同；人工复核通过。"),
        ("时间正常；定位误差太大，待核。", "accepted", "时间正常；定位误差太大；人工复核通过。"),
        ("在围栏内，时间正常，已通过。", "rejected", "在围栏内，时间正常；人工复核驳回。"),
        ("照片与11月3日的一张相同，已驳回，可以申诉。", "accepted", "照片与11月3日的一张相同；人工复核通过。"),
        ("在围栏内，时间正常，已通过。", None, "在围栏内，时间正常，已通过。"),
        ("照片正在比对，稍后给出结论。", "accepted", "照片正在比对，稍后给出结论；人工复核通过。"),
        ("待核。", "rejected", "人工复核驳回。"),
    ],
)
def test_once_a_person_decided_their_word_stands_in_the_place_of_the_machines(
    reason: str, decision: str | None, said: str
) -> None:
    assert as_decided(reason, decision) == said
