"""From evidence to findings, and from findings to one conclusion a person can read."""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum

from server.evidence.ruleset import Rules, Ruleset
from server.evidence.signals import SIGNALS
from server.evidence.types import Decision, Evidence, Finding, Outcome, Verdict
from server.evidence.words import first_sentence

# What a clear finding adds to the reason, in this order.
_GOOD = {"STATION_DISTANCE": "在围栏内", "TICKET": "时间正常"}
# The photo's own place speaks against the phone's: then the fence reassures nobody.
_DOUBTS = {"EXIF_POSITION": "location"}
# How the sentence ends, by what the machine concluded; and by what a person then did.
_REJECTED, _DOUBTED, _OPEN, _ACCEPTED = "已驳回，可以申诉", "已转人工复核", "待核", "已通过"
_BY_A_PERSON = {"accepted": "人工复核通过", "rejected": "人工复核驳回"}
_SHOWN = 2  # findings named in one sentence; the rest stand in the list below it


def judge(e: Evidence, rules: Rules) -> tuple[Finding, ...]:
    """What every signal says about one check-in, in the order of SIGNALS."""
    return tuple(signal.check(e, rules) for signal in SIGNALS)


def decide(findings: Iterable[Finding], ruleset: Ruleset, may_reject: bool = False) -> Decision:
    """The fold of all findings, in any order, into a verdict and one Chinese sentence why.

    Any suspect finding means a person looks; so does a need that is not clear, which accuses nobody; all else is
    accepted. The weight sorts the queue. It decides only where a county's policy lets the machine reject (`may_reject`,
    never by default), and then only for contradictions of more than one group, as `reject_weight` lies above every cap.
    """
    by_code = sorted(findings, key=lambda f: (-ruleset.weights.get(f.code, 1.0), f.code, f.message))
    suspects = [f for f in by_code if f.outcome is Outcome.SUSPECT]
    clear = {f.code: f.group for f in by_code if f.outcome is Outcome.CLEAR}
    doubted = {f.group for f in suspects} | {_DOUBTS[f.code] for f in suspects if f.code in _DOUBTS}
    good = _good(clear, doubted)
    unmet = [code for code in ruleset.needs if code not in clear]
    weight = _weight(suspects, ruleset)
    if may_reject and weight >= ruleset.reject_weight:
        verdict, reason = Verdict.REJECTED, _join(good, _what(suspects), _REJECTED)
    elif suspects:
        verdict, reason = Verdict.REVIEW, _join(good, _what(suspects), _DOUBTED)
    elif unmet:
        open_findings = [f for f in by_code if f.code in unmet]
        verdict, reason = Verdict.REVIEW, _join(good, _what(open_findings) or "资料不全", _OPEN)
    else:
        verdict, reason = Verdict.ACCEPTED, "，".join([*good, _ACCEPTED]) + "。"
    return Decision(verdict, reason, ruleset.version, weight)


def as_decided(reason: str, decision: str | None) -> str:
    """The machine's sentence as it reads once a person has `accepted` or `rejected`: what it saw, and their word in the
    place of its own. None: nobody has."""
    if decision is None:
        return reason
    seen = reason.removesuffix("。")
    for ending in (_REJECTED, _DOUBTED, _OPEN, _ACCEPTED):
        if seen.endswith(ending):
            seen = seen.removesuffix(ending).rstrip("，；")
            break
    return f"{seen}；{_BY_A_PERSON[decision]}。" if seen else f"{_BY_A_PERSON[decision]}。"


def _good(clear: Mapping[str, str], doubted_groups: set[str]) -> list[str]:
    """The reassuring half of the sentence, from {code: group}; a group with a doubt in it gets none."""
    return [word for code, word in _GOOD.items() if code in clear and clear[code] not in doubted_groups]


def _what(findings: Sequence[Finding]) -> str:
    return "；".join(first_sentence(f.message) for f in findings[:_SHOWN])


def _join(good: list[str], what: str, outcome: str) -> str:
    return ("，".join(good) + "；" if good else "") + f"{what}，{outcome}。"


def _weight(suspects: Sequence[Finding], ruleset: Ruleset) -> float:
    """Weights summed within a group up to its cap, then over the groups."""
    total: dict[str, float] = {}
    for f in suspects:
        total[f.group] = total.get(f.group, 0.0) + ruleset.weights.get(f.code, 1.0)
    return round(fsum(min(weight, ruleset.caps.get(group, weight)) for group, weight in total.items()), 3)
