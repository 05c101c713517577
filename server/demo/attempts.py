"""The check-ins of two months on paper: honest ones out of habits, with the small mishaps of ordinary life."""

import random
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.checkins.gather import Submission
from server.demo.county import TZ, CountyPlan, Person, StationPlan, known
from server.demo.habits import Habit, fix_near, habit_of, present_days
from server.evidence.types import ExifFacts

LATEST_MIN = 23 * 60 + 40
_VISITS = (
    "走访精密零部件企业，洽谈配套项目。",
    "拜访商会，了解外迁意向。",
    "参加产业对接会。",
    "回访新材料企业，送投资政策汇编。",
    "陪同客商看厂房图纸。",
)
# How often life gets in the way, as shares of all honest check-ins.
_LATE_UPLOAD, _NEXT_DAY_UPLOAD, _NO_TICKET, _COARSE_FIX, _VISIT, _EVENING = 0.02, 0.003, 0.008, 0.009, 0.015, 0.04


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: the same seed, quality and EXIF give the same bytes."""

    id: uuid.UUID
    seed: int
    quality: int = 80
    exif: ExifFacts = field(default_factory=ExifFacts)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One check-in to be submitted. Times are true ones in UTC; what the phone claims is off by the habit's offset.

    `mishap` names what went wrong, if anything; `incident` what was tried on purpose. Neither is told to the engine.
    """

    id: uuid.UUID
    person: Person
    habit: Habit
    on: date  # the local date it is for
    captured_at: datetime
    received_at: datetime
    ticket_at: datetime | None
    lat: float
    lng: float
    accuracy_m: float
    picture: Picture
    kind: str = "station"
    note: str = ""
    mishap: str = ""
    incident: str = ""


def local(on: date, minute: int, second: int = 0) -> datetime:
    """The instant, in UTC, of a minute of a local day."""
    at = datetime.combine(on, time(minute // 60, minute % 60, second), ZoneInfo(TZ))
    return at.astimezone(UTC)


def honest_attempts(plan: CountyPlan, today: date, away: Collection[tuple[uuid.UUID, date]]) -> list[Attempt]:
    """Every day that a member with consent spends at the station, but for the days in `away` (member id, date)."""
    made = []
    for person in plan.posted:
        if not person.consented:
            continue
        for on in present_days(person, plan.starts_on, today):
            if (person.id, on) not in away and not (person.story == "caller" and on == today):
                made.append(honest(person, on))
    return made


def honest(person: Person, on: date) -> Attempt:
    """The check-in of one day as it comes without any intent."""
    stay = person.stay_on(on)
    assert stay  # noqa: S101  (present_days asks the same)
    return _with_mishap(ordinary(person, on), stay.squad.station, random.Random(f"mishap {person.number} {on}"))


def ordinary(person: Person, on: date) -> Attempt:
    """The check-in of a day on which nothing goes wrong."""
    rng, habit = random.Random(f"day {person.number} {on}"), habit_of(person)
    stay = person.stay_on(on)
    assert stay  # noqa: S101  (present_days asks the same)
    minute = rng.randint(20 * 60 + 20, 23 * 60) if rng.random() < _EVENING else round(rng.gauss(habit.minute, 12))
    captured_at = local(on, min(max(minute, 6 * 60), LATEST_MIN), rng.randrange(60))
    checkin_id = known("checkin", person.number, on)
    lat, lng = fix_near(rng, stay.squad.station.lat, stay.squad.station.lng, habit.north_m, habit.east_m)
    return Attempt(
        id=checkin_id,
        person=person,
        habit=habit,
        on=on,
        captured_at=captured_at,
        received_at=captured_at + timedelta(seconds=rng.uniform(2, 25)),
        ticket_at=captured_at - timedelta(seconds=rng.uniform(5, 900)),
        lat=lat,
        lng=lng,
        accuracy_m=round(habit.accuracy_m * rng.uniform(0.8, 1.3), 1),
        picture=_picture(checkin_id, habit, captured_at),
    )


def _picture(checkin_id: uuid.UUID, habit: Habit, captured_at: datetime) -> Picture:
    """WeChat's camera writes no EXIF; a few phones take the photo with a camera that does."""
    exif = ExifFacts()
    if habit.camera_writes_exif:
        exif = camera(habit, captured_at)
    return Picture(known("photo", checkin_id), checkin_id.int >> 96, exif=exif)


def camera(habit: Habit, at: datetime, lat: float | None = None, lng: float | None = None) -> ExifFacts:
    """What the phone's own camera writes at an instant, at a position if it knows one."""
    taken = (at - timedelta(milliseconds=habit.clock_offset_ms)).astimezone(ZoneInfo(TZ)).replace(tzinfo=None)
    make, _, model = habit.model.partition(" ")
    return ExifFacts(taken.replace(microsecond=0), 8 * 3600, None, lat, lng, make, model, None)


def _with_mishap(a: Attempt, station: StationPlan, rng: random.Random) -> Attempt:
    """Mostly nothing: at times no signal, no ticket, a weak fix, or a day spent at a company."""
    chance = rng.random()
    if chance < (limit := _LATE_UPLOAD):  # in a basement: ticket held, sent when there was signal again
        return replace(a, received_at=a.captured_at + timedelta(hours=rng.uniform(2, 9)), mishap="late_upload")
    if chance < (limit := limit + _NEXT_DAY_UPLOAD):
        return replace(a, received_at=a.captured_at + timedelta(hours=rng.uniform(26, 40)), mishap="next_day_upload")
    if chance < (limit := limit + _NO_TICKET):
        sent_at = a.captured_at + timedelta(hours=rng.uniform(0.5, 3))
        return replace(a, ticket_at=None, received_at=sent_at, mishap="no_ticket")
    if chance < (limit := limit + _COARSE_FIX):
        return replace(a, accuracy_m=float(rng.randint(260, 900)), mishap="coarse_fix")
    if chance < limit + _VISIT:
        lat, lng = fix_near(rng, station.lat, station.lng, rng.uniform(-9_000, 9_000), rng.uniform(-9_000, 9_000))
        return replace(a, kind="visit", lat=lat, lng=lng, note=rng.choice(_VISITS), mishap="visit")
    return a


def submission_of(a: Attempt) -> Submission:
    """What the member's phone sends; its clock is off by the habit's offset, and it knows by how much."""
    habit = a.habit
    return Submission(
        id=a.id,
        kind=a.kind,
        lat=a.lat,
        lng=a.lng,
        given_lat=a.lat,
        given_lng=a.lng,
        datum="wgs84",
        accuracy_m=a.accuracy_m,
        captured_at=a.captured_at - timedelta(milliseconds=habit.clock_offset_ms),
        ticket_id=known("ticket", a.id) if a.ticket_at else None,
        device={
            "model": habit.model,
            "platform": habit.platform,
            "wechat_version": habit.wechat_version,
            "clock_offset_ms": habit.clock_offset_ms,
        },
        clock_offset_ms=habit.clock_offset_ms,
        note=a.note,
    )
