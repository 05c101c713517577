"""The table that a county publishes: groups, people, days, half days, groups with none named, totals, no ranking."""

import uuid
from datetime import date, timedelta

from server.tally.table import Group, Table, part_of
from server.tally.types import DayHalves, Posted

SEP = date(2021, 9, 1)
TOWN, ZONE = uuid.UUID(int=1), uuid.UUID(int=2)
SQUADS = {name: uuid.UUID(int=number) for number, name in enumerate(("苏州", "宁波", "佛山", "重庆"), start=10)}
GROUPS = [
    Group(SQUADS["苏州"], "驻苏州小分队", TOWN, "城关镇"),
    Group(SQUADS["宁波"], "驻宁波小分队", TOWN, "城关镇"),
    Group(SQUADS["佛山"], "驻佛山小分队", ZONE, "经济开发区"),
    Group(SQUADS["重庆"], "驻重庆小分队", ZONE, "经济开发区"),
]
FULL, HALF = DayHalves(2, 0, 0, 0), DayHalves(1, 0, 0, 0)


def stay(city: str, first: int = 1, last: int | None = None) -> Posted:
    unit = TOWN if city in ("苏州", "宁波") else ZONE
    return Posted(SEP.replace(day=first), SEP.replace(day=last) if last else None, unit, SQUADS[city], city)


def days(*counts: DayHalves, first: int = 1) -> dict[date, DayHalves]:
    return {SEP.replace(day=first) + timedelta(days=i): day for i, day in enumerate(counts)}


def published(ranking: bool = False) -> dict:
    table = Table(GROUPS)
    table.add(uuid.UUID(int=101), [stay("苏州")], days(*[FULL] * 7, HALF))
    table.add(uuid.UUID(int=102), [stay("苏州")], days(DayHalves(0, 2, 0, 0), DayHalves(0, 0, 2, 0)))
    # moved within the town on the 11th: one person, each day with the group of that day
    table.add(uuid.UUID(int=103), [stay("苏州", 1, 10), stay("宁波", 11)], days(*[FULL] * 4, first=9))
    table.add(uuid.UUID(int=104), [stay("佛山")], days(HALF, HALF))
    table.add(uuid.UUID(int=105), [stay("重庆")], {})
    return table.result(SEP, ranking, {SQUADS["苏州"]: 180, SQUADS["宁波"]: 4, SQUADS["佛山"]: 2})


def test_each_group_has_its_people_days_and_halves() -> None:
    rows = {group["group"]: group for unit in published()["units"] for group in unit["groups"]}
    suzhou = rows["驻苏州小分队"]
    assert (suzhou["people"], suzhou["people_out"], suzhou["days"], suzhou["half_days"]) == (3, 2, 9.5, 1)
    assert (suzhou["pending_days"], suzhou["excused_days"], suzhou["year_days"]) == (1, 1, 90)
    assert (rows["驻宁波小分队"]["people"], rows["驻宁波小分队"]["days"]) == (1, 2)
    assert (rows["驻佛山小分队"]["days"], rows["驻佛山小分队"]["half_days"]) == (1, 2)


def test_who_moved_within_a_unit_is_one_person_of_it() -> None:
    town = next(unit for unit in published()["units"] if unit["unit"] == "城关镇")
    assert (town["people"], town["people_out"], town["days"]) == (3, 2, 11.5)
    assert town["cities"] == ["宁波", "苏州"]


def test_groups_without_a_day_are_named_and_the_totals_add_up() -> None:
    table = published()
    assert table["zero_groups"] == ["驻重庆小分队"]
    totals = table["totals"]
    assert (totals["groups"], totals["people"], totals["people_out"], totals["days"]) == (4, 5, 3, 12.5)
    assert totals["days"] == sum(group["days"] for unit in table["units"] for group in unit["groups"])
    assert (totals["cities"], totals["posted_to"]) == (["佛山", "宁波", "苏州"], ["佛山", "宁波", "苏州", "重庆"])
    assert table["summary"] == (
        "2021年9月，全县 4 个招商小分队外出驻点 3 人、12.5 天（含 3 个半天），涉及 3 个城市；今年累计 93 天。"
        "驻点 0 天的小分队 1 个：驻重庆小分队。"
    )


def test_nobody_is_ranked_unless_the_county_asks_for_it() -> None:
    assert published()["ranking"] is None
    ranked = published(ranking=True)["ranking"]
    assert [(row["place"], row["group"]) for row in ranked] == [
        (1, "驻苏州小分队"),
        (2, "驻宁波小分队"),
        (3, "驻佛山小分队"),
        (4, "驻重庆小分队"),
    ]


def test_a_day_without_a_posting_is_in_no_groups_days() -> None:
    table = Table(GROUPS)
    table.add(uuid.UUID(int=101), [stay("苏州", 5)], days(FULL, FULL, first=4))
    totals = table.result(SEP, False, {})["totals"]
    assert (totals["days"], totals["unposted_days"]) == (1, 1)


def test_a_unit_sees_its_own_part() -> None:
    part = part_of(published(ranking=True), {str(ZONE)})
    assert [unit["unit"] for unit in part["units"]] == ["经济开发区"]
    assert (part["zero_groups"], part["totals"], part["ranking"]) == (["驻重庆小分队"], None, None)
    assert "城关镇" not in part["summary"]


def test_only_who_was_posted_and_has_nothing_waiting_or_excused_is_named_with_no_day() -> None:
    table = Table(GROUPS)
    table.add(uuid.UUID(int=101), [stay("苏州")], days(DayHalves(0, 2, 0, 0)))
    table.add(uuid.UUID(int=102), [stay("佛山")], days(*[DayHalves(0, 0, 2, 0)] * 10))
    table.add(uuid.UUID(int=103), [stay("重庆")], {})
    made = table.result(SEP, False, {})  # nobody was posted to 宁波: it may have been founded since
    assert (made["zero_groups"], made["waiting_groups"], made["totals"]["groups"]) == (
        *(["驻重庆小分队"], ["驻苏州小分队"]),
        3,
    )
    assert made["spared_groups"] == ["驻佛山小分队"]
    assert made["summary"].endswith(
        "驻点 0 天的小分队 1 个：驻重庆小分队。尚待核定的小分队 1 个：驻苏州小分队。"
        "请假、公出、刚派驻或未要求打卡的小分队 1 个：驻佛山小分队。"
    )
    assert "驻宁波小分队" not in [group["group"] for unit in made["units"] for group in unit["groups"]]
    town = part_of(made, {str(TOWN)})
    assert (town["zero_groups"], town["waiting_groups"]) == ([], ["驻苏州小分队"])


def test_leave_and_not_being_asked_name_nobody() -> None:
    table = Table(GROUPS)
    table.add(uuid.UUID(int=101), [stay("苏州")], days(*[DayHalves(0, 0, 0, 2)] * 10))
    table.add(uuid.UUID(int=102), [stay("佛山")], {}, asked=lambda posted: 0 if posted.city == "佛山" else 20)
    made = table.result(SEP, False, {})
    assert (made["zero_groups"], made["waiting_groups"]) == ([], [])
    assert sorted(made["spared_groups"]) == ["驻佛山小分队", "驻苏州小分队"]
    assert "每个小分队都有在岗天数" not in made["summary"]
    table.add(uuid.UUID(int=103), [stay("佛山")], {})
    assert table.result(SEP, False, {})["zero_groups"] == ["驻佛山小分队"], "one of them was asked and was not there"


def test_of_a_units_groups_some_add_up_as_their_own() -> None:
    part = part_of(published(), {str(TOWN), str(ZONE)}, {str(SQUADS["宁波"])})
    (town,) = part["units"]
    assert ([group["group"] for group in town["groups"]], town["people"], town["days"]) == (["驻宁波小分队"], 1, 2)
    assert (town["cities"], part["zero_groups"]) == (["宁波"], [])


def test_days_added_up_elsewhere_make_the_same_table() -> None:
    one_by_one, at_once = Table(GROUPS), Table(GROUPS)
    who = uuid.UUID(int=101)
    one_by_one.add(who, [stay("苏州", 1, 10), stay("宁波", 11)], days(*[FULL] * 4, HALF, first=8))
    for city, squad, halves, half_days in (("苏州", SQUADS["苏州"], 6, 0), ("宁波", SQUADS["宁波"], 3, 1)):
        at_once.add_posted(who, squad, city, asked_days=20)
        at_once.add_earned(who, squad, city, DayHalves(halves, 0, 0, 0), half_days)
    assert at_once.result(SEP, True, {}) == one_by_one.result(SEP, True, {})


def test_one_persons_half_day_of_leave_does_not_speak_for_the_squad() -> None:
    table = Table(GROUPS)
    table.add(uuid.UUID(int=101), [stay("苏州")], days(DayHalves(0, 0, 0, 1)))
    table.add(uuid.UUID(int=102), [stay("苏州")], {})
    made = table.result(SEP, False, {})
    assert (made["zero_groups"], made["spared_groups"], made["waiting_groups"]) == (["驻苏州小分队"], [], [])


def test_half_a_day_of_leave_each_does_not_speak_for_the_squad_either() -> None:
    """Who was away for half of what was asked is accounted for; who was for half a day is not."""
    for away, named in ((1, "zero_groups"), (9, "zero_groups"), (10, "spared_groups")):
        table = Table(GROUPS)
        for number in (101, 102):
            halves = [DayHalves(0, 0, 0, 1)] if away == 1 else [DayHalves(0, 0, 0, 2)] * away
            table.add(uuid.UUID(int=number), [stay("苏州")], days(*halves))
        assert table.result(SEP, False, {})[named] == ["驻苏州小分队"], away


def test_a_squad_whose_day_waits_is_not_named_with_none() -> None:
    """Accepted, the day is the squad's, whoever else was not there."""
    table = Table(GROUPS)
    table.add(uuid.UUID(int=101), [stay("苏州")], days(DayHalves(0, 2, 0, 0)))
    table.add(uuid.UUID(int=102), [stay("苏州")], {})
    made = table.result(SEP, False, {})
    assert (made["zero_groups"], made["waiting_groups"]) == ([], ["驻苏州小分队"])
    assert made["units"][0]["people_missing"] == 1
