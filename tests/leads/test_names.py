"""A company's name: what tells it from others, how it sounds, and by what it is found."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import AppError
from server.leads import names
from server.leads.companies import is_doubtful, normal_uscc

CHARACTERS = st.text(st.sampled_from("苏州汇川技术惠重庆长安汽车行银厦门ABC12"), min_size=1, max_size=12)
FORMS = st.sampled_from(["", "有限公司", "股份有限公司", "有限责任公司", "集团有限公司", "（集团）股份有限公司"])


def likeness(typed: str, name: str) -> float:
    return names.Likeness.to(typed).of(names.core(name), names.sound(name))


@pytest.mark.parametrize(
    ("written", "core"),
    [
        ("苏州汇川技术有限公司", "苏州汇川技术"),
        ("蘇州匯川技術（集團）股份有限公司", "苏州汇川技术"),
        ("苏州 汇川·技术 有限责任公司", "苏州汇川技术"),
        ("ＡＢＣ科技（上海）有限公司", "abc科技上海"),
        ("汇川（中国）有限公司", "汇川中国"),
        ("公司", "公司"),
        ("苏州汇川技术有限公司南京分公司", "苏州汇川技术有限公司南京分"),  # a branch is not its parent
        ("（）", ""),
    ],
)
def test_what_is_left_of_a_name(written: str, core: str) -> None:
    assert names.core(written) == core


@given(CHARACTERS, FORMS)
def test_law_width_and_spaces_make_no_other_company(name: str, form: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
    assert names.core(f" {wide} {form}") == names.core(name + form)
    assert names.core(names.core(name + form)) == names.core(name + form)


@given(CHARACTERS, FORMS)
def test_a_name_is_found_by_itself(name: str, form: str) -> None:
    whole = name + form
    assert names.asked(names.core(whole)) & names.pieces(whole)
    assert likeness(names.core(whole), whole) == pytest.approx(1.0)


@given(CHARACTERS, CHARACTERS)
def test_likeness_is_a_share(typed: str, name: str) -> None:
    assert 0.0 <= likeness(typed, name) <= 1.0


def test_what_sounds_alike_is_alike() -> None:
    assert names.sound("苏州惠川技术") == names.sound("蘇州匯川技術有限公司")
    assert names.pieces("汇川技术") & names.asked("惠川")
    assert likeness("惠川", "汇川技术") > 0.5


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cqca", "重庆长安汽车股份有限公司"),
        ("zqza", "重庆长安汽车股份有限公司"),
        ("hc", "汇川技术"),
        ("hcjs", "苏州汇川技术"),
    ],
)
def test_initials_in_every_reading(typed: str, name: str) -> None:
    assert names.asked(typed) & names.pieces(name)
    assert likeness(typed, name) >= 0.9


def test_a_slip_in_one_character_still_finds_it() -> None:
    assert names.asked("汇川技木") & names.pieces("苏州汇川技术有限公司")
    assert likeness("汇川技木", "苏州汇川技术有限公司") > 0.45
    assert likeness("长安汽车", "苏州汇川技术有限公司") < 0.45


def test_check_characters_of_codes_that_were_issued(shared_data: Path) -> None:
    """A wrong one is a warning, never a refusal: one that is listed as real fails."""
    with (shared_data / "vectors" / "uscc.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 30
    for row in rows:
        if len(row["code"]) == 18:
            assert normal_uscc(f" {row['code'].lower()}") == row["code"]
            assert is_doubtful(row["code"]) is (row["valid"] == "0"), row
        else:
            with pytest.raises(AppError, match="uscc_invalid"):
                normal_uscc(row["code"])
