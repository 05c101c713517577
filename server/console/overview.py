"""总览: who is out where, who is missing, what is urgent, what waits, how the month goes; one screen, one A4 page."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, url_for

from server.api.services import now, reading, services
from server.api.session import caller
from server.console import maps
from server.console.alike import alike, said_of
from server.console.face import face, page
from server.console.words import STATES, TONES
from server.org.scope import WATCHING_COUNTY
from server.tally import policy
from server.watch import backlog, progress, today
from server.watch.backlog import Alert
from server.watch.progress import Progress
from server.watch.registered import registered
from server.watch.today import Present

MOST_ALERTS, MOST_NAMED = 6, 12
_LOOKED_AT = 60  # of which many may say the same of several units


@face.get("/")
def overview() -> Response:
    who, at = caller(), now()
    if not who.has(*WATCHING_COUNTY, "unit_supervisor", "squad_leader"):
        with reading() as session:
            return page("overview_admin.html", known=registered(session, who), now=at)
    month = who.today.replace(day=1)
    with reading() as session:
        people = today.today(session, who, at)
        pace = progress.progress(session, who, month, by_squad=not who.has(*WATCHING_COUNTY))
        counts, found = backlog.alerts(session, who, _LOOKED_AT)
        waits = backlog.backlog(session, who, at)
        is_daily = policy.in_force(session, who.county_id, who.today).rules.burden_mode == "daily"
    absent = sorted((p for p in people if p.is_absent), key=lambda p: not p.over)  # who is too late first
    return page(
        "overview.html",
        now=at,
        month=month,
        whole=today.summed(who.member_id, "", people),
        groups=today.by_unit(people),
        absent=absent,
        missing=sum(p.over for p in absent),
        most_named=MOST_NAMED,
        is_daily=is_daily,
        map=maps.view(services().config, _stations(people)),
        counts=[(kind, counts[kind]) for kind in backlog.URGENCY if counts.get(kind)],
        alerts=together(found)[:MOST_ALERTS],
        tones=TONES,
        waits=waits,
        pace=pace,
        by_squad=not who.has(*WATCHING_COUNTY),
        chart=chart_of(pace),
    )


def together(alerts: Sequence[Alert]) -> list[Alert]:
    """In their order; what says the same of several units is said once, of all of them."""
    mine = [one if one.member_id else replace(one, message=said_of(one.name, one.message)) for one in alerts]
    groups = alike(mine, lambda one: one.id if one.member_id else (one.kind, one.message))
    return [replace(group[0], name="、".join(one.name for one in group)) for group in groups]


def _stations(people: Iterable[Present]) -> list[maps.Point]:
    """A point a station, not a person: who is out where is no track of anybody. The exact position of a check-in
    stands in its evidence, where each look is audited."""
    groups: Mapping[Any, list[Present]] = defaultdict(list)
    for p in people:
        groups[p.station_id].append(p)
    files = url_for("desk.people")  # asked once, not for each of a thousand
    return [_station(theirs, files) for theirs in groups.values()]


def _station(people: Sequence[Present], files: str) -> maps.Point:
    one = people[0]
    rows = [maps.Row(p.state, f"{p.name} · {STATES[p.state].word}", f"{files}/{p.member_id}") for p in people]
    counts = Counter(p.state for p in people)
    said = "，".join(f"{STATES[state].word} {number} 人" for state, number in counts.most_common())
    return maps.Point(one.lat, one.lng, "station", one.station, rows, counts=counts, city=one.city, said=said)


def chart_of(pace: Progress) -> dict[str, Any]:
    """For static/charts.js: a line a unit in per cent of its target, beside the calendar's."""
    asked = [unit for unit in pace.groups if unit.target]
    return {
        "kind": "lines",
        "dates": [f"{on.month}月{on.day}日" for on in pace.dates],
        "line": {"name": "日历进度", "values": list(pace.line)},
        "series": [
            {"name": unit.name, "values": unit.share(), "behind": unit.percent < pace.due - 10} for unit in asked
        ],
    }
