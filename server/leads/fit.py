"""PURE: 契合度, how well a lead fits the county: five parts, each with its reason; what is not known stays unknown and
weighs nothing, and how much is known is said beside the score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from server.leads.models import EIA

What = Literal["industry", "chain", "investment", "energy", "environment"]
WORDS: dict[What, str] = {
    "industry": "产业契合",
    "chain": "补链作用",
    "investment": "投资强度",
    "energy": "能耗",
    "environment": "环保",
}
_EIA_SCORES = {"registration": 100, "form": 70, "report": 30}
# 固定资产投资项目节能审查办法 (2023): below 1 000 tonnes of standard coal a year no review of its own, from 10 000 on
# the province's.
_REVIEWED_TCE, _PROVINCE_TCE = 1_000, 10_000
_NO_LAND_MU = 0.01  # some seven square metres


@dataclass(frozen=True, slots=True)
class Weights:
    """By the county's rules: how much each part weighs, and the 万元 an 亩 that earn the whole of the investment's."""

    parts: dict[What, int]
    dense_wan_per_mu: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a lead and its company. `leading`: the industries of the county's chains; `node`: where in them
    the company stands, and how many others have signed there."""

    leading: tuple[str, ...]
    industry: str | None
    node: tuple[str, str] | None  # its industry and its own name
    signed_at_node: int
    investment_wan: int | None
    currency: str
    land_mu: float | None
    energy_tce: float | None
    eia: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score, 0 to 100; None: not known, and `why` says what is missing."""

    what: What
    weight: int
    score: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Fit:
    """`score`: the weighted mean of the known parts, None when none is; `known_percent`: their share of the weights."""

    score: int | None
    known_percent: int
    parts: tuple[Part, ...]


def fit(known: Known, weights: Weights) -> Fit:
    parts = tuple(
        Part(what, weights.parts[what], score, why)
        for what, (score, why) in zip(WORDS, _scores(known, weights.dense_wan_per_mu), strict=True)
    )
    scored = [(part.weight, part.score) for part in parts if part.score is not None]
    weighed = sum(weight for weight, _ in scored)
    score = round(sum(weight * score for weight, score in scored) / weighed) if weighed else None
    return Fit(score, round(100 * weighed / sum(weights.parts.values())), parts)


def _scores(known: Known, dense: int) -> Iterator[tuple[int | None, str]]:
    """In the order of WORDS."""
    yield _industry(known)
    yield _chain(known)
    yield _investment(known, dense)
    yield _energy(known.energy_tce)
    yield (_EIA_SCORES[known.eia], f"环评做{EIA[known.eia]}") if known.eia else (None, "还没有填环评类别")


def _industry(known: Known) -> tuple[int | None, str]:
    if known.node:
        return 100, f"在{known.node[0]}产业链上"
    if not known.leading:
        return None, "县里还没有录入产业链"
    if not known.industry:
        return None, "还没有填企业的行业"
    alike = next((one for one in known.leading if one in known.industry or known.industry in one), None)
    if alike:
        return 70, f"属于{alike}，还没有标产业链环节"
    return 20, f"“{known.industry}”对不上县里的重点产业；如果属于，请标产业链环节"


def _chain(known: Known) -> tuple[int | None, str]:
    """By who has signed alone, which is public: who is only being talked to is its squad's secret."""
    if not known.node:
        return None, "还没有标产业链环节"
    there = f"“{known.node[1]}”环节"
    if not known.signed_at_node:
        return 100, f"{there}还没有签约企业，正是缺口"
    return (60 if known.signed_at_node == 1 else 30), f"{there}已有 {known.signed_at_node} 家签约"


def _investment(known: Known, dense: int) -> tuple[int | None, str]:
    if known.investment_wan is None:
        return None, "还没有填意向投资"
    if known.land_mu is None:
        return None, "还没有填用地"
    if known.land_mu < _NO_LAND_MU:
        return 100, "不用新增用地"
    if known.currency != "CNY":
        return None, "外币投资不折算"
    each = known.investment_wan / known.land_mu
    return min(100, round(100 * each / dense)), f"每亩 {each:.0f} 万元，要求 {dense} 万元"


def _energy(tce: float | None) -> tuple[int | None, str]:
    if tce is None:
        return None, "还没有填能耗"
    if tce < _REVIEWED_TCE:
        return 100, "每年不到 1000 吨标准煤，不用单独节能审查"
    if tce < _PROVINCE_TCE:
        return 60, "每年 1000 吨标准煤以上，要节能审查"
    return 20, "每年 10000 吨标准煤以上，要省级节能审查"
