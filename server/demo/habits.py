"""How one member lives at a station: which days are spent there, at what hour, with which phone. Pure and seeded."""

import math
import random
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from server.demo.county import Person

_PHONES = (
    ("HUAWEI Mate 60", "android"),
    ("HUAWEI nova 12", "android"),
    ("Redmi Note 13", "android"),
    ("vivo Y100", "android"),
    ("OPPO Reno11", "android"),
    ("HONOR X50", "android"),
    ("iPhone 13", "ios"),
    ("iPhone 15", "ios"),
)
_WECHAT = ("8.0.54", "8.0.56", "8.0.60", "8.0.62")
_METRES_A_DEGREE = 111_320.0
TARGET_DAYS = 20


@dataclass(frozen=True, slots=True)
class Habit:
    """`minute` after local midnight is the usual one; the desk stands some metres north and east of the point."""

    minute: int
    model: str
    platform: str
    wechat_version: str
    clock_offset_ms: int
    accuracy_m: float
    north_m: float
    east_m: float
    camera_writes_exif: bool


def habit_of(person: Person) -> Habit:
    """The member's habit, drawn from the member's number."""
    rng = random.Random(f"habit {person.number}")
    model, platform = rng.choice(_PHONES)
    return Habit(
        minute=rng.choice((8 * 60, 8 * 60 + 20, 8 * 60 + 30, 8 * 60 + 45, 9 * 60, 9 * 60 + 10, 13 * 60 + 40)),
        model=model,
        platform=platform,
        wechat_version=rng.choice(_WECHAT),
        clock_offset_ms=round(rng.gauss(0, 2_500)),
        accuracy_m=rng.uniform(20, 60),
        north_m=rng.uniform(-25, 25),
        east_m=rng.uniform(-25, 25),
        camera_writes_exif=rng.random() < 0.1,
    )


def fix_near(rng: random.Random, lat: float, lng: float, north_m: float, east_m: float) -> tuple[float, float]:
    """A position as a phone indoors gives it: mostly within 20 m, now and then 80 m off (Student's t, 3 degrees)."""
    return moved(lat, lng, north_m + 10 * _student(rng), east_m + 10 * _student(rng))


def moved(lat: float, lng: float, north_m: float, east_m: float) -> tuple[float, float]:
    """The position so many metres north and east of another, to 6 decimals; good for tens of kilometres."""
    per_degree = _METRES_A_DEGREE * math.cos(math.radians(lat))
    return round(lat + north_m / _METRES_A_DEGREE, 6), round(lng + east_m / per_degree, 6)


def _student(rng: random.Random) -> float:
    return rng.gauss(0, 1) / math.sqrt(max(0.02, rng.gammavariate(1.5, 2) / 3))


def present_days(person: Person, first: date, today: date) -> list[date]:
    """The dates from `first` to `today` that the member means to spend at the station, in order."""
    days: list[date] = []
    month = first.replace(day=1)
    while month <= today:
        days += _month(person, month, today)
        month = (month + timedelta(days=31)).replace(day=1)
    return [day for day in days if first <= day <= today and person.stay_on(day)]


def _month(person: Person, month: date, today: date) -> list[date]:
    length = monthrange(month.year, month.month)[1]
    rng = random.Random(f"days {person.number} {month}")
    running = month == today.replace(day=1)
    if person.story == "behind" and running:
        return _spread(month, today, behind_days(today))
    if person.story == "unreachable":
        return [month + timedelta(days=i) for i in range(length) if i % (7 if running else 3) == 1]
    worked = 17 if person.story == "short" and not running else rng.randint(22, 26)
    home = _trips_home(rng, length, length - worked)
    return [month + timedelta(days=i) for i in range(length) if i not in home]


def _trips_home(rng: random.Random, length: int, days: int) -> set[int]:
    """The indices of `days` days at home: one trip in each third of the month, so that nobody falls far behind."""
    home: set[int] = set()
    for third in range(3):
        stay = days // 3 + (third < days % 3)
        earliest, latest = third * length // 3, (third + 1) * length // 3 - stay
        start = rng.randint(earliest, latest)
        home |= set(range(start, start + stay))
    return home


def behind_days(today: date) -> int:
    """How many days make a member behind on `today` but still able to reach the target; none when no number does."""
    length, elapsed = monthrange(today.year, today.month)[1], today.day - 1
    line = TARGET_DAYS * elapsed / length
    wanted = max(TARGET_DAYS - (length - elapsed), math.ceil(line) - 4, 0)
    return wanted if wanted < line - 2 else min(elapsed, math.ceil(line))


def _spread(month: date, today: date, days: int) -> list[date]:
    """So many days before `today`, evenly over the month so far."""
    elapsed = (today - month).days
    return [month + timedelta(days=i * elapsed // days) for i in range(days)] if days else []
