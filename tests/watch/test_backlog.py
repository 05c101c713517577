"""What waits, and since when; flags by urgency; each about the own subtree."""

import uuid
from datetime import date, timedelta

import pytest

from server.db import Database
from server.flags.models import Flag
from server.watch.backlog import alerts, backlog
from tests.cast import SHANGHAI, Cast
from tests.client import Api
from tests.conftest import NOON, StoppedClock
from tests.watch.given import caller

FAR_AWAY = {"lat": str(SHANGHAI[0] + 0.3)}  # the machine asks a person


def flag(db: Database, cast: Cast, kind: str, who: str = "chen", month: int = 11, hours: int = 0) -> None:
    about = {"unit_id": cast.units[who]} if kind == "uncovered" else {"member_id": cast[who].id}
    with db.transaction() as session:
        session.add(
            Flag(
                county_id=1, id=uuid.uuid4(), kind=kind, month=date(2026, month, 1), message=f"{kind} {who}",
                facts={}, raised_at=NOON - timedelta(hours=hours), **about,
            )
        )  # fmt: skip


def test_what_waits_is_counted_with_the_age_of_the_oldest(
    api: Api, db: Database, cast: Cast, clock: StoppedClock
) -> None:
    api.check_in("chen", **FAR_AWAY)
    clock.advance(days=2)
    api.check_in("neighbour", **FAR_AWAY)
    api.check_in("colleague")
    api.post("/leaves", "colleague", {"kind": "sick", "starts_on": "2026-11-26", "reason": "发热"})
    for who, reviews in (("bureau", (2, 2)), ("supervisor", (1, 2)), ("other_supervisor", (1, 0))):
        with db.reading() as session:
            found = backlog(session, caller(db, cast, who, clock()), clock())
        assert (found.reviews.number, found.reviews.days) == reviews
        assert (found.appeals.number, found.appeals.days) == (0, None)
        assert (found.leaves.number, found.leaves.days) == ((0, None) if who == "other_supervisor" else (1, 0))


@pytest.mark.parametrize(("who", "number"), [("supervisor", 1), ("leader", 0), ("bureau", 3), ("county_leader", 3)])
def test_leave_waits_for_whoever_may_answer_it(api: Api, db: Database, cast: Cast, who: str, number: int) -> None:
    """A short one of chen and two long ones, of which one is the squad leader's own."""
    for name, first, last in (("chen", 26, 27), ("colleague", 1, 20), ("leader", 26, 30)):
        asked = {"kind": "sick", "starts_on": f"2026-11-{first:02}", "ends_on": f"2026-11-{last}", "reason": "发热"}
        assert api.post("/leaves", name, asked).status_code == 201
    with db.reading() as session:
        assert backlog(session, caller(db, cast, who), NOON).leaves.number == number


def test_what_was_decided_waits_no_more_and_an_appeal_does(api: Api, db: Database, cast: Cast) -> None:
    checkin = api.check_in("chen", **FAR_AWAY).json["id"]
    body = {"decision": "rejected", "code": "not_there", "reason": "不在驻点"}
    assert api.post(f"/checkins/{checkin}/reviews", "bureau", body).status_code == 201
    api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "在客户那里"})
    with db.reading() as session:
        found = backlog(session, caller(db, cast, "bureau"), NOON)
    assert (found.reviews.number, found.appeals.number) == (0, 1)


@pytest.mark.parametrize(("who", "number"), [("supervisor", 1), ("other_supervisor", 0), ("far_bureau", 0)])
def test_of_others_nothing_is_counted(api: Api, db: Database, cast: Cast, who: str, number: int) -> None:
    api.check_in("chen", **FAR_AWAY)
    with db.reading() as session:
        assert backlog(session, caller(db, cast, who), NOON).reviews.number == number


def test_the_most_urgent_flags_come_first(db: Database, cast: Cast) -> None:
    flag(db, cast, "behind", "chen")
    flag(db, cast, "at_risk", "colleague", hours=5)
    flag(db, cast, "unreachable", "neighbour", hours=9)
    flag(db, cast, "missed", "leader", month=10)
    flag(db, cast, "uncovered", "east")
    flag(db, cast, "missed", "leader", month=8)  # is history
    with db.reading() as session:
        counts, found = alerts(session, caller(db, cast, "bureau"), 4)
    assert counts == {"behind": 1, "at_risk": 1, "unreachable": 1, "missed": 1, "uncovered": 1}
    assert [(a.kind, a.name, a.where) for a in found] == [
        ("unreachable", "neighbour", "west-1"),
        ("at_risk", "colleague", "east-1"),
        ("behind", "chen", "east-1"),
        ("uncovered", "east", ""),
    ]


def test_a_leader_sees_the_flags_of_the_own_squad(db: Database, cast: Cast) -> None:
    flag(db, cast, "behind", "chen")
    flag(db, cast, "behind", "neighbour")
    with db.reading() as session:
        counts, found = alerts(session, caller(db, cast, "leader"), 9)
        assert alerts(session, caller(db, cast, "far_bureau"), 9) == ({}, [])
    assert (counts, [a.name for a in found]) == ({"behind": 1}, ["chen"])
