"""The few check-ins that somebody should look at: what was tried, when, and what became of it."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from server.demo.attempts import Attempt, Picture, camera, ordinary
from server.demo.county import CountyPlan, Person, known
from server.demo.habits import moved
from server.org.cities import CITIES

ByDay = dict[tuple[UUID, date], Attempt]  # by member and local date


@dataclass(frozen=True, slots=True)
class Incident:
    """One row of the table. `reason` empty: nobody has decided yet; `appeal`: what the member said to a rejection;
    `answer` empty: the appeal is still open."""

    who: tuple[str, int]  # the story, and which of its people
    days_ago: int
    kind: str
    reason: str = ""
    appeal: str = ""
    answer: str = ""

    @property
    def code(self) -> str:
        """What a reviewer counts it as."""
        return _CODES.get(self.kind, "other")


_CODES = {
    **dict.fromkeys(("own_photo_again", "own_photo_smaller", "colleagues_photo", "last_months_photo"), "reused_photo"),
    **dict.fromkeys(("far_away", "photo_from_elsewhere", "two_cities"), "not_there"),
}
INCIDENTS = (
    Incident(("cheat", 0), 1, "own_photo_again"),
    Incident(("cheat", 2), 1, "far_away"),
    Incident(("cheat", 1), 2, "colleagues_photo"),
    Incident(("cheat", 3), 2, "last_months_photo"),
    Incident(("cheat", 4), 3, "two_cities"),
    Incident(("cheat", 2), 4, "photo_from_elsewhere"),
    Incident(("cheat", 0), 9, "own_photo_again", "与前一天的照片完全相同，请当天重新拍摄。"),
    Incident(("cheat", 3), 12, "photo_from_elsewhere", "照片写入的位置在外地，电话中未能说明原因。"),
    Incident(("cheat", 1), 16, "colleagues_photo", "照片是同队队员前一天提交的，不是本人当天所拍。"),
    Incident(
        ("cheat", 2),
        19,
        "far_away",
        "位置在城区以外，当天没有走访计划，座机也无人接听。",
        "当天去郊区看一处厂房，忘了选“走访”，可向对方联系人核实。",
    ),
    Incident(("cheat", 4), 22, "own_photo_smaller", "与几天前的照片为同一画面，经比对不是当天所拍。"),
    Incident(
        ("honest", 0),
        13,
        "no_ticket",
        "没有拍摄凭证，无法确认拍摄时间。",
        "当时在园区地下展厅，没有信号，回到地面才发出；队里同事都在场。",
        "已向同组队员和展厅管理方电话核实，情况属实，改为通过。",
    ),
)
ATTEMPTS_TO_CHEAT = (
    *("own_photo_again", "own_photo_smaller", "colleagues_photo", "far_away"),
    *("last_months_photo", "photo_from_elsewhere", "two_cities"),
)


def with_incidents(plan: CountyPlan, attempts: list[Attempt], today: date) -> list[tuple[Attempt, Incident | None]]:
    """The attempts, with those of the table's days changed (or, for two cities in an hour, followed by another)."""
    if len(plan.with_duty("bureau_supervisor")) < 3:
        return [(a, None) for a in attempts]  # nobody uninvolved would be left for an appeal
    by_day: ByDay = {(a.person.id, a.on): a for a in attempts}
    involved: dict[UUID, tuple[Attempt, Incident]] = {}
    for incident in INCIDENTS:
        story, index = incident.who
        people = plan.of_story(story)
        on = today - timedelta(days=incident.days_ago)
        if not people or on <= plan.starts_on + timedelta(days=7):
            continue  # a small or young county has no room for this one
        person = people[index % len(people)]
        if person.stay_on(on) is None:
            continue
        changed = _changed(plan, incident.kind, ordinary(person, on), by_day)
        involved[changed.id] = (changed, incident)
    untouched = [(a, None) for a in attempts if a.id not in involved]
    return [*untouched, *involved.values()]


def _changed(plan: CountyPlan, kind: str, a: Attempt, by_day: ByDay) -> Attempt:
    """One day's honest attempt turned into the incident."""
    rng = random.Random(f"incident {a.id}")
    a = replace(a, incident=kind, kind="station", note="")
    station = _station(a)
    if kind == "far_away":
        lat, lng = moved(station[0], station[1], 29_000 + rng.uniform(0, 900), 27_000 + rng.uniform(0, 900))
        return replace(a, lat=lat, lng=lng)
    a = replace(a, lat=round(station[0] + 0.0001, 6), lng=round(station[1] + 0.0001, 6))
    if kind == "own_photo_again":
        return _with_photo_of(a, _earlier(a, a.person, 1, by_day))
    if kind == "own_photo_smaller":
        return _with_photo_of(a, _earlier(a, a.person, 5, by_day), quality=45)
    if kind == "colleagues_photo":
        stay = a.person.stay_on(a.on)
        assert stay  # noqa: S101  (asked before)
        return _with_photo_of(a, _earlier(a, plan.leader_of(stay.squad), 1, by_day))
    if kind == "last_months_photo":
        old = camera(a.habit, a.captured_at - timedelta(days=31, minutes=rng.randint(3, 50)))
        return replace(a, picture=replace(a.picture, exif=old))
    if kind == "photo_from_elsewhere":
        city = CITIES[(a.person.number + 9) % len(CITIES)]
        return replace(a, picture=replace(a.picture, exif=camera(a.habit, a.captured_at, city.lat, city.lng)))
    if kind == "two_cities":
        return _second_city(a, rng)
    return replace(a, ticket_at=None, received_at=a.captured_at + timedelta(minutes=95))


def _second_city(a: Attempt, rng: random.Random) -> Attempt:
    """A visit in another city, 26 minutes after the ordinary check-in of the same morning."""
    city, later = CITIES[(a.person.number + 9) % len(CITIES)], timedelta(minutes=26)
    lat, lng = moved(city.lat, city.lng, rng.uniform(-2_000, 2_000), rng.uniform(-2_000, 2_000))
    again = known("checkin", a.person.number, a.on, "again")
    return replace(
        a,
        id=again,
        captured_at=a.captured_at + later,
        received_at=a.received_at + later,
        ticket_at=a.captured_at + later - timedelta(minutes=1),
        lat=lat,
        lng=lng,
        picture=Picture(known("photo", again), again.int >> 96),
        kind="visit",
        note="走访企业。",
    )


def _station(a: Attempt) -> tuple[float, float]:
    stay = a.person.stay_on(a.on)
    assert stay  # noqa: S101  (asked before)
    return stay.squad.station.lat, stay.squad.station.lng


def _earlier(a: Attempt, person: Person, days: int, by_day: ByDay) -> Attempt:
    """The person's latest attempt at least so many days before `a`; without any, `a` itself."""
    before = a.on - timedelta(days=days)
    dates = [on for who, on in by_day if who == person.id and on <= before]
    return by_day[person.id, max(dates)] if dates else a


def _with_photo_of(a: Attempt, other: Attempt, quality: int = 80) -> Attempt:
    """The same bytes (or the same scene, saved smaller) under a photo id of its own."""
    return replace(a, picture=replace(other.picture, id=a.picture.id, quality=quality))
