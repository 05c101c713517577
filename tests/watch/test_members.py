"""人员: found by name, unit and squad, a page at a time; each with the month; of others nobody."""

import pytest

from server.db import Database
from server.errors import AppError
from server.watch.members import Wanted, choices, listed
from tests.cast import Cast
from tests.watch.given import Counted, add_member, caller, site_day


def names(db: Database, cast: Cast, who: str = "bureau", most: int = 50, **wanted: object) -> list[str]:
    with db.reading() as session:
        return [one.name for one in listed(session, caller(db, cast, who), Wanted(**wanted), most)[0]]


def test_who_is_posted_is_listed_with_the_month(db: Database, cast: Cast) -> None:
    site_day(db, cast, "chen", 1, 1, 0, 0)
    with db.reading() as session:
        found, cursor = listed(session, caller(db, cast, "bureau"), Wanted())
    assert ([one.name for one in found], cursor) == (["chen", "colleague", "leader", "neighbour", "other_leader"], None)
    chen = found[0]
    assert (chen.unit, chen.squad, chen.station, chen.city) == ("east", "east-1", "上海驻点", "上海")
    assert (chen.month.confirmed, chen.month.pending, chen.month.target) == (0.5, 0.5, 20)


def test_by_name_unit_and_squad(db: Database, cast: Cast) -> None:
    assert names(db, cast, name="leader") == ["leader", "other_leader"]
    assert names(db, cast, unit=cast.units["west"]) == ["neighbour", "other_leader"]
    assert names(db, cast, squad=cast.squads["east-1"], name="c") == ["chen", "colleague"]
    assert names(db, cast, name="%") == []
    assert names(db, cast, among={cast["chen"].id}) == ["chen"]


def test_all_are_there_too_who_are_posted_nowhere(db: Database, cast: Cast) -> None:
    assert "admin" in names(db, cast, posted=False)
    assert "outsider" not in names(db, cast, posted=False)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("supervisor", ["chen", "colleague", "leader"]),
        ("other_leader", ["neighbour", "other_leader"]),
        ("chen", ["chen"]),
        ("admin", []),
        ("far_bureau", ["far_leader", "outsider"]),
    ],
)
def test_each_sees_the_own_subtree(db: Database, cast: Cast, who: str, sees: list[str]) -> None:
    assert names(db, cast, who) == sees
    assert names(db, cast, who, unit=cast.units["west"]) == [n for n in sees if n in ("neighbour", "other_leader")]


def test_a_page_goes_on_where_the_last_one_ended_namesakes_included(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        for name in ["李伟"] * 5 + ["王芳"] * 3:
            add_member(session, cast, name)
    who, seen, after = caller(db, cast, "bureau"), [], ""
    for _ in range(20):
        with db.reading() as session:
            found, after = listed(session, who, Wanted(after=after), 3)
        seen += [one.member_id for one in found]
        if not after:
            break
    assert (len(seen), len(set(seen))) == (13, 13)


@pytest.mark.parametrize("cursor", ["x", "e30=", "WyJhIl0=", "bnVsbA==", "WzEsICJ4Il0=", "\x00", "[" * 99])
def test_a_cursor_of_ones_own_making_is_refused(db: Database, cast: Cast, cursor: str) -> None:
    with db.reading() as session, pytest.raises(AppError, match="cursor_invalid"):
        listed(session, caller(db, cast, "bureau"), Wanted(after=cursor))


def test_one_may_narrow_by_what_one_watches(db: Database, cast: Cast) -> None:
    with db.reading() as session:
        units, squads = choices(session, caller(db, cast, "supervisor"))
        assert ([name for _, name in units], [s.name for s in squads]) == (["east"], ["east-1"])
        units, squads = choices(session, caller(db, cast, "bureau"))
        assert ([name for _, name in units], [s.name for s in squads]) == (["east", "west"], ["east-1", "west-1"])


def test_more_members_cost_no_more_statements(db: Database, cast: Cast) -> None:
    who = caller(db, cast, "bureau")

    def asks() -> int:
        with db.reading() as session, Counted(db) as counted:
            listed(session, who, Wanted())
        return counted.number

    few = asks()
    with db.transaction() as session:
        for number in range(44):
            add_member(session, cast, f"队员{number}")
    assert asks() == few
