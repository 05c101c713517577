"""The month's circular for a group: sums of units, none so small that it is somebody's own."""

from typing import Any

from server.tally.circular import circular


def unit(name: str, people: int, days: float) -> dict[str, Any]:
    return {"unit": name, "people": people, "people_out": people, "days": days, "groups": []}


def said(*units: dict[str, Any]) -> str:
    return "\n".join(circular({"month": "2026-11", "units": list(units)}))


def test_units_and_their_sum() -> None:
    assert said(unit("城关镇", 5, 82.5), unit("河东镇", 3, 60)) == (
        "**11月驻点情况**\n合计：派驻 8 人，在岗 8 人、142.5 天\n"
        "> 城关镇：派驻 5 人，在岗 5 人、82.5 天\n> 河东镇：派驻 3 人，在岗 3 人、60 天"
    )


def test_small_units_are_added_up() -> None:
    text = said(unit("城关镇", 5, 82.5), unit("河东镇", 2, 31), unit("河西镇", 1, 20))
    assert "> 其余 2 个单位：派驻 3 人，在岗 3 人、51 天" in text
    assert "河东镇" not in text
    assert "合计：派驻 8 人" in text


def test_what_is_too_few_even_together_is_left_out_of_the_whole_too() -> None:
    text = said(unit("城关镇", 5, 82.5), unit("河东镇", 2, 31))
    assert "合计：派驻 5 人，在岗 5 人、82.5 天" in text
    assert "31" not in text
    assert "另有 1 个单位人数较少，未列出，也未计入合计。" in text


def test_where_all_are_too_few_no_sum_says_that_there_was_nobody() -> None:
    text = said(unit("河东镇", 2, 31))
    assert text == "**11月驻点情况**\n派驻人数较少，不列数字。"


def test_where_nobody_was_posted_the_sum_is_nought() -> None:
    assert said() == "**11月驻点情况**\n本月无人派驻。"


def test_a_unit_that_was_not_out_at_all_is_not_in_it() -> None:
    assert "空镇" not in said(unit("城关镇", 5, 82.5), unit("空镇", 0, 0))


def test_nobody_is_named() -> None:
    groups = [{"group": "欧阳文静小分队", "days": 20}]
    assert "欧阳" not in said(unit("城关镇", 5, 82.5) | {"groups": groups})
