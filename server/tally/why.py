"""PURE: one or two Chinese sentences why a day is worth what it is; what the member reads about the 14th."""

from typing import Any

from server.evidence.words import clock
from server.tally.types import FULL_DAY, DayTerms, Earned

_KIND_WORDS = {"station": "驻点打卡", "visit": "走访打卡", "spot": "抽查打卡"}


def explain(
    terms: DayTerms,
    sure: Earned,
    halves: tuple[int, int, int, int],
    waits: tuple[bool, bool],
    sources: list[dict[str, Any]],
) -> str:
    """`halves`: confirmed, pending, excused, lowering the target. `waits`: whether check-ins are part of what is
    pending, and whether leave is."""
    if terms.can_count is False and sources:
        return "当天不是工作日，按规则不计天数。"
    confirmed, pending, excused, lowers = halves
    parts = []
    if confirmed:
        parts.append(f"确认{words(confirmed)}" + _by_whom(sources))
    if pending and terms.can_count is None:
        parts.append(f"这一年的放假安排还没有公布，不能确定是否工作日，{words(pending)}暂记待核，不计为缺勤")
    elif pending:
        parts.append(f"待核{words(pending)}{_for_what(waits, sources)}，不计为缺勤")
    if excused:
        parts.append(f"公出或培训{words(excused)}，计入完成")
    if lowers:
        parts.append(f"请假{words(lowers)}，相应减少当月目标")
    if not parts:
        return _nothing(terms, sources)
    if not terms.posted:
        return "；".join(parts) + "。当天没有派驻，天数只记在本人名下。"
    half = why_half(terms, sure) if confirmed == 1 and sum(halves) < FULL_DAY else ""
    return "；".join(parts) + "。" + half


def why_half(terms: DayTerms, sure: Earned) -> str:
    """What was wanting to a whole day."""
    if terms.gives < FULL_DAY:
        return "按规则当天的打卡至多计半天。" if terms.gives else "按规则当天没有打卡时段，只计证明的半天。"
    missed = [w for i, w in enumerate(terms.windows) if i not in sure.windows]
    if sure.halves and missed:
        return "、".join(f"{clock(w.start_min)}–{clock(w.end_min)}" for w in missed) + " 时段没有通过的打卡。"
    if sure.halves and sure.spaced < terms.checkins:
        gap = f"、间隔不少于 {terms.min_gap_min} 分钟" if terms.min_gap_min else ""
        return f"计一天须有 {terms.checkins} 次通过的打卡{gap}，当天符合的有 {sure.spaced} 次。"
    return ""


def words(halves: int) -> str:
    """Half days as people say them: 1 → 半天, 2 → 1天, 3 → 1.5天."""
    return "半天" if halves == 1 else f"{halves / 2:g}天"


def _by_whom(sources: list[dict[str, Any]]) -> str:
    attested = any(s["type"] == "attestation" for s in sources)
    made_up = any(s.get("effect") == "present" for s in sources)
    said = "、".join(["同事或监督人员证明"] * attested + ["补卡"] * made_up)
    return f"（含{said}）" if said else ""


def _for_what(waits: tuple[bool, bool], sources: list[dict[str, Any]]) -> str:
    """What is waited for, where it is not just a check-in to be looked at."""
    under_review, asked = waits
    appealed = under_review and any(s.get("appealed") for s in sources)
    said = "、".join(["等待审批的申请"] * asked + ["正在处理的申诉"] * appealed)
    return f"（含{said}）" if said else ""


def _nothing(terms: DayTerms, sources: list[dict[str, Any]]) -> str:
    if any(s.get("addendum") for s in sources):
        return "月度结果已公布，这次打卡记入补充说明，不改动原结果。"
    if any(s.get("holds") == "rejected" for s in sources):
        return f"当天的打卡被驳回，可在驳回后 {terms.appeal_within_days} 天内申诉。"
    checkins = [s for s in sources if s["type"] == "checkin"]
    if checkins and all(s["kind"] not in terms.counted_kinds for s in checkins):
        kinds = dict.fromkeys(_KIND_WORDS.get(s["kind"], "这类打卡") for s in checkins)
        return f"当天的{'、'.join(kinds)}按规则不计天数。"
    if checkins:
        return "当天的打卡不在规定时段内。"
    if any(s["type"] == "leave" for s in sources) and not terms.posted:
        return "当天没有派驻，请假不计天数，也不减少目标。"
    if any(s["type"] == "leave" for s in sources) and not terms.windows:
        return "当天按规则没有打卡时段，请假或公出不计天数，也不减少目标。"
    if any(s["type"] == "leave" for s in sources):
        return "当天请假，按规则不计天数，也不减少目标。"
    return "当天没有打卡或证明。"
