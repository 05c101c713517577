"""线索分析: how far leads came, how long they stand, by which channel, squads' months; each as far as one may see."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from server.db import Database
from server.leads.models import Lead
from server.watch import lead_charts, results
from tests.api.test_leads import body, update
from tests.cast import Cast
from tests.client import Api
from tests.conftest import NOON, StoppedClock
from tests.watch.given import Counted, caller, site_day

NOV = date(2026, 11, 1)
YEAR = (date(2025, 11, 25), date(2026, 11, 24))


def report(api: Api, who: str, name: str, *stages: str, **said: Any) -> str:
    lead = str(api.post("/leads", who, body(api, f"{name}有限公司", **said)).json["id"])
    for stage in stages:
        moved = api.post(f"/leads/{lead}/stages", who, {"stage": stage, "reason": "对方推迟"})
        assert moved.status_code == 200, moved.text
    return lead


@pytest.fixture
def leads(api: Api) -> None:
    report(api, "chen", "甲一", "talks", "contacted", channel="exhibition")  # it went back
    report(api, "colleague", "乙二", "signing", "signed", channel="exhibition", investment_wan=3000)
    report(api, "chen", "丙三", channel="chamber")
    report(api, "neighbour", "丁四", "visited", "signed", channel="chamber", investment_wan=500, currency="USD")


def far(
    db: Database, cast: Cast, who: str = "bureau", days: tuple[date, date] = YEAR
) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]]]:
    me = caller(db, cast, who)
    with db.reading() as session:
        steps, channels = lead_charts.came_far(session, me, lead_charts.Span(*days, me.tz), [])
    return (
        [(one.word, one.count) for one in steps],
        [(one.word, one.reported, one.visited, one.signed, one.wan) for one in channels],
    )


@pytest.mark.usefixtures("leads")
def test_how_far_they_ever_came_and_by_which_channel(db: Database, cast: Cast) -> None:
    steps, channels = far(db, cast)
    assert steps == [("线索", 4), ("接触", 3), ("考察", 3), ("洽谈", 2 + 1), ("拟签约", 2), ("签约", 2)]
    assert channels == [("展会", 2, 2, 1, 3000), ("商会协会", 2, 1, 1, 0)], "what was signed in yuan"


@pytest.mark.usefixtures("leads")
def test_shares_are_of_the_stage_before_and_of_all(db: Database, cast: Cast) -> None:
    me = caller(db, cast, "bureau")
    with db.reading() as session:
        steps, _ = lead_charts.came_far(session, me, lead_charts.Span(*YEAR, me.tz), [])
        none, _ = lead_charts.came_far(session, me, lead_charts.Span(date(2024, 1, 1), date(2024, 1, 2), me.tz), [])
    assert [(one.of_before, one.of_all) for one in steps[:2]] == [(None, 1.0), (0.75, 0.75)]
    assert [(one.count, one.of_before, one.of_all) for one in none] == [(0, None, None)] * 6


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("who", "count"),
    [("supervisor", 3), ("leader", 3), ("other_supervisor", 1), ("county_leader", 4), ("far_bureau", 0)],
)
def test_each_sees_the_own_part(db: Database, cast: Cast, who: str, count: int) -> None:
    assert far(db, cast, who)[0][0] == ("线索", count)


def test_a_day_is_the_countys(db: Database, cast: Cast, api: Api, clock: StoppedClock) -> None:
    clock.at = datetime.fromisoformat("2026-11-23T23:59:00+08:00")
    report(api, "chen", "甲一")
    clock.at = datetime.fromisoformat("2026-11-24T00:01:00+08:00")
    report(api, "chen", "乙二")
    for day in (23, 24):
        assert far(db, cast, days=(date(2026, 11, day), date(2026, 11, day)))[0][0] == ("线索", 1)
    assert far(db, cast, days=(date(2026, 11, 23), date(2026, 11, 24)))[0][0] == ("线索", 2)


def test_how_long_they_stand_and_which_without_progress(
    db: Database, cast: Cast, api: Api, clock: StoppedClock
) -> None:
    report(api, "chen", "甲一")
    report(api, "chen", "乙二", "talks")
    still = report(api, "neighbour", "丙三", "talks")
    report(api, "chen", "丁四", "signed")
    clock.advance(days=20)
    assert api.post(f"/leads/{still}/updates", "neighbour", update(api)).status_code == 201
    report(api, "chen", "戊五")
    clock.advance(days=1)

    def stand(who: str) -> list[tuple[Any, ...]]:
        with db.reading() as session:
            found = lead_charts.standing(session, caller(db, cast, who), clock(), 14, [])
        return [(one.word, one.counts, one.still) for one in found if one.total]

    assert stand("bureau") == [("线索", (1, 0, 1, 0, 0), 1), ("洽谈", (0, 0, 2, 0, 0), 1)]
    assert stand("supervisor") == [("线索", (1, 0, 1, 0, 0), 1), ("洽谈", (0, 0, 1, 0, 0), 1)]
    assert stand("far_bureau") == []


def test_what_squads_do_beside_their_days(db: Database, cast: Cast, api: Api, clock: StoppedClock) -> None:
    lead = report(api, "chen", "甲一", "talks", "signed")
    api.post(f"/leads/{lead}/updates", "colleague", update(api))
    report(api, "neighbour", "乙二")
    site_day(db, cast, "neighbour", 2, 0, 0, 0)
    site_day(db, cast, "chen", 1, 0, 0, 0)

    def month(who: str, first: date = NOV, squad: str = "") -> list[tuple[Any, ...]]:
        me = caller(db, cast, who)
        with db.reading() as session:
            part = results.narrowed(session, me, None, cast.squads.get(squad))
            found = lead_charts.active(session, me, first, part)
        return [(one.name, one.days, one.reported, one.updates, one.moved, one.signed) for one in found]

    both = [("east-1", 0.5, 1, 1, 2, 1), ("west-1", 1.0, 1, 0, 0, 0)]
    assert month("bureau") == both, "by name, not by days"
    assert month("supervisor") == both[:1]
    assert month("bureau", squad="west-1") == both[1:]
    assert month("bureau", date(2026, 10, 1)) == [("east-1", 0, 0, 0, 0, 0), ("west-1", 0, 0, 0, 0, 0)]


def test_more_leads_cost_no_more_statements(db: Database, cast: Cast, api: Api) -> None:
    me = caller(db, cast, "bureau")
    numbers = []
    for round_ in range(2):
        for number in range(1 + 5 * round_):
            report(api, "chen", f"第{round_}轮第{number}家", "talks")
        with Counted(db) as statements, db.reading() as session:
            lead_charts.came_far(session, me, lead_charts.Span(*YEAR, me.tz), [Lead.stage == "talks"])
            lead_charts.standing(session, me, NOON + timedelta(days=1), 14, [])
            lead_charts.active(session, me, NOV, results.Part())
        numbers.append(statements.number)
    assert numbers[0] == numbers[1]
