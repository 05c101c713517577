"""契合度: five parts with their reasons; what is not known is never held against a lead."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.leads.fit import WORDS, Known, Weights, fit
from server.leads.models import EIA
from server.tally.lead_terms import fit_weights
from server.tally.rules import PolicyRules

WEIGHTS = fit_weights(PolicyRules())
NOTHING = Known(("新能源汽车", "新材料"), None, None, 0, None, "CNY", None, None, None)
ALL = replace(
    NOTHING, node=("新材料", "碳纤维"), investment_wan=20_000, land_mu=100.0, energy_tce=500.0, eia="registration"
)


def scores(known: Known, weights: Weights = WEIGHTS) -> dict[str, int | None]:
    return {part.what: part.score for part in fit(known, weights).parts}


def test_of_what_nothing_is_known_there_is_no_score() -> None:
    found = fit(NOTHING, WEIGHTS)
    assert (found.score, found.known_percent) == (None, 0)
    assert [part.what for part in found.parts] == list(WORDS)
    assert all(part.why.startswith("还没有") for part in found.parts), "each says what is missing"


def test_all_that_a_county_can_wish_for_is_a_hundred() -> None:
    assert (fit(ALL, WEIGHTS).score, fit(ALL, WEIGHTS).known_percent) == (100, 100)


@pytest.mark.parametrize(
    ("changes", "what", "score"),
    [
        ({"node": None, "industry": "新材料"}, "industry", 70),
        ({"node": None, "industry": "高性能新材料制造"}, "industry", 70),
        ({"node": None, "industry": "餐饮"}, "industry", 20),
        ({"node": None, "industry": "餐饮", "leading": ()}, "industry", None),
        ({"node": None}, "chain", None),
        ({"signed_at_node": 1}, "chain", 60),
        ({"signed_at_node": 7}, "chain", 30),
        ({"investment_wan": 10_000}, "investment", 50),
        ({"investment_wan": 0}, "investment", 0),
        ({"land_mu": 0.0}, "investment", 100),
        ({"land_mu": None}, "investment", None),
        ({"investment_wan": None}, "investment", None),
        ({"currency": "USD"}, "investment", None),
        ({"energy_tce": 999.9}, "energy", 100),
        ({"energy_tce": 1_000.0}, "energy", 60),
        ({"energy_tce": 10_000.0}, "energy", 20),
        ({"eia": "form"}, "environment", 70),
        ({"eia": "report"}, "environment", 30),
    ],
    ids=str,
)
def test_each_part(changes: dict, what: str, score: int | None) -> None:
    assert scores(replace(ALL, **changes))[what] == score


def test_the_score_is_the_weighted_mean_of_what_is_known() -> None:
    half = replace(ALL, node=None, industry=None, energy_tce=1_000.0, eia=None)  # investment 100 x 20, energy 60 x 10
    assert (fit(half, WEIGHTS).score, fit(half, WEIGHTS).known_percent) == (87, 30)


def test_the_weights_are_the_countys() -> None:
    rules = PolicyRules(fit_industry_weight=1, fit_chain_weight=0, fit_investment_weight=0, fit_energy_weight=0)
    assert fit(replace(ALL, eia="report"), fit_weights(rules)).score == round((1 * 100 + 15 * 30) / 16)
    assert scores(ALL, fit_weights(PolicyRules(fit_dense_wan_per_mu=400)))["investment"] == 50


KNOWN = st.builds(
    Known,
    leading=st.sampled_from([(), ("新材料",)]),
    industry=st.none() | st.sampled_from(["新材料", "餐饮"]),
    node=st.none() | st.just(("新材料", "碳纤维")),
    signed_at_node=st.integers(0, 5),
    investment_wan=st.none() | st.integers(0, 10**9),
    currency=st.sampled_from(["CNY", "USD"]),
    land_mu=st.none() | st.floats(0, 1e9),
    energy_tce=st.none() | st.floats(0, 1e9),
    eia=st.none() | st.sampled_from(list(EIA)),
)


@given(KNOWN)
def test_it_lies_between_its_parts_and_says_why(known: Known) -> None:
    found = fit(known, WEIGHTS)
    parts = [part.score for part in found.parts if part.score is not None]
    assert all(part.why for part in found.parts)
    assert (found.score is None) == (not parts) == (found.known_percent == 0)
    if found.score is not None:
        assert 0 <= min(parts) <= found.score <= max(parts) <= 100


@given(KNOWN)
def test_to_forget_a_fact_never_adds_to_what_is_known(known: Known) -> None:
    less = replace(known, energy_tce=None)
    assert fit(less, WEIGHTS).known_percent <= fit(known, WEIGHTS).known_percent
