"""The demo county on paper: who there is, where they stay and what part each plays. Nothing here touches a database."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import cycle, islice

from server.demo.names import invented
from server.org.cities import CITIES, City

# Where the second county's one squad lives.
FAR_CITY = City("西安", "雁塔区", 34.2226, 108.9486, "029")
TZ = "Asia/Shanghai"
NAME, FAR_NAME = "云岭县", "临溪县"
COUNTY_ID, FAR_COUNTY_ID = 1, 2  # fixed: photos are stored under the county's id before its row is written
CALLER_OPENID = "oDemo0001"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://zhudian.invalid/demo")
_OWNERS = [
    *("城关镇", "白石镇", "柳桥镇", "南坪镇", "河西镇", "东塘镇"),
    *("经济开发区", "高新产业园区", "物流园区", "工业和信息化局", "农业农村局"),
]
BUREAU = "招商局"
# The parts played by the county's first members, in order; everybody after them is simply honest.
STORIES = (
    "caller",
    "refused",
    *("cheat",) * 5,
    "transfer",
    "newcomer",
    *("behind",) * 2,
    "unreachable",
    "short",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a county: numbers of rows, and of months of history. Beyond STORIES, members are honest."""

    units: int = 12
    squads: int = 20
    members: int = 28  # beside the squad leaders
    unit_supervisors: int = 7
    bureau_supervisors: int = 3  # two who review, one more who took no part and can decide an appeal
    months: int = 2

    @property
    def people(self) -> int:
        """Everybody: with one county leader and one admin."""
        return self.squads + self.members + self.unit_supervisors + self.bureau_supervisors + 2


FULL = Size()


@dataclass(frozen=True, slots=True)
class UnitPlan:
    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class StationPlan:
    """Degrees in WGS-84. The landline's number starts with 0, which no real one does."""

    id: uuid.UUID
    name: str
    city: str
    lat: float
    lng: float
    radius_m: int
    phone: str


@dataclass(frozen=True, slots=True)
class SquadPlan:
    id: uuid.UUID
    name: str
    unit: UnitPlan
    station: StationPlan


@dataclass(frozen=True, slots=True)
class Stay:
    """A posting to a squad's station, with the role held there; `ends_on` is its last day."""

    squad: SquadPlan
    role: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """`duties` are the roles beyond a squad's: unit_supervisor of the own unit, or one for the whole county."""

    id: uuid.UUID
    number: int
    name: str
    openid: str
    unit: UnitPlan
    stays: tuple[Stay, ...] = ()
    duties: tuple[str, ...] = ()
    story: str = "honest"

    @property
    def consented(self) -> bool:
        """Whoever is posted agreed to photo and position, but for one who refused."""
        return bool(self.stays) and self.story != "refused"

    def stay_on(self, on: date) -> Stay | None:
        """Where the person is posted on a local date."""
        return next((s for s in self.stays if s.starts_on <= on and (s.ends_on is None or on <= s.ends_on)), None)


@dataclass(frozen=True, slots=True)
class CountyPlan:
    id: int
    name: str
    starts_on: date
    units: tuple[UnitPlan, ...]
    squads: tuple[SquadPlan, ...]
    people: tuple[Person, ...]

    @property
    def posted(self) -> list[Person]:
        return [p for p in self.people if p.stays]

    def of_story(self, story: str) -> list[Person]:
        return [p for p in self.people if p.story == story]

    def with_duty(self, duty: str) -> list[Person]:
        return [p for p in self.people if duty in p.duties]

    def leader_of(self, squad: SquadPlan) -> Person:
        return next(
            p for p in self.people if p.stays and p.stays[0].role == "squad_leader" and p.stays[0].squad == squad
        )


def known(*parts: object) -> uuid.UUID:
    """The id of what these words name: the same in every seed."""
    return uuid.uuid5(_NAMESPACE, "/".join(map(str, parts)))


def first_day(today: date, months: int) -> date:
    """When the squads moved in. Before the 15th the running month is short, so half a month more comes before it."""
    first = today.replace(day=1)
    for _ in range(months - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    return first if today.day >= 15 else (first - timedelta(days=1)).replace(day=15)


def plan_counties(today: date, size: Size = FULL) -> tuple[CountyPlan, CountyPlan]:
    """The demo county and the second one of two people; `today` is the county's local date."""
    starts_on = first_day(today, size.months)
    names = invented("names")
    return _main(size, starts_on, today, names), _far(size, starts_on, names)


def _main(size: Size, starts_on: date, today: date, names: Iterator[str]) -> CountyPlan:
    bureau = UnitPlan(known("unit", BUREAU), BUREAU)
    owners = [UnitPlan(known("unit", name), name) for name in _numbered(_OWNERS, size.units - 1)]
    cities = list(islice(cycle(CITIES), size.squads))
    squads = [_squad(i, city, owners[i % len(owners)]) for i, city in enumerate(cities)]
    people = [*_members(size, squads, starts_on, today), *_leaders(squads, owners, size, starts_on)]
    people += [(owner, (), ("unit_supervisor",), "honest") for owner in owners[: size.unit_supervisors]]
    people += [(bureau, (), ("bureau_supervisor",), "honest")] * size.bureau_supervisors
    people += [(bureau, (), ("county_leader",), "honest"), (bureau, (), ("admin",), "honest")]
    named = tuple(_person(i + 1, next(names), *row) for i, row in enumerate(people))
    return CountyPlan(COUNTY_ID, NAME, starts_on, (*owners, bureau), tuple(squads), named)


_Row = tuple[UnitPlan, tuple[Stay, ...], tuple[str, ...], str]


def _members(size: Size, squads: list[SquadPlan], starts_on: date, today: date) -> list[_Row]:
    """The members beside the leaders, dealt to the squads in turn, the ones with a part to play first."""
    rows: list[_Row] = []
    for i in range(size.members):
        story = STORIES[i] if i < len(STORIES) else "honest"
        squad, next_squad = squads[i % len(squads)], squads[(i + 1) % len(squads)]
        stays: tuple[Stay, ...] = (Stay(squad, "member", starts_on),)
        if story == "transfer":
            moved_on = max(today - timedelta(days=17), starts_on + timedelta(days=3))
            stays = (replace(stays[0], ends_on=moved_on - timedelta(days=1)), Stay(next_squad, "member", moved_on))
        if story == "newcomer":
            stays = (Stay(squad, "member", starts_on + timedelta(days=11)),)
        rows.append((squad.unit, stays, (), story))
    return rows


def _leaders(squads: list[SquadPlan], owners: list[UnitPlan], size: Size, starts_on: date) -> list[_Row]:
    """One a squad. Where a unit has no supervisor of its own, the leader of its last squad is that, too."""
    last_of = {squad.unit: squad for squad in squads}
    both = [last_of[unit] for unit in owners[size.unit_supervisors :] if unit in last_of]
    return [
        (s.unit, (Stay(s, "squad_leader", starts_on),), ("unit_supervisor",) if s in both else (), "honest")
        for s in squads
    ]


def _far(size: Size, starts_on: date, names: Iterator[str]) -> CountyPlan:
    unit = UnitPlan(known("far unit"), "溪口镇")
    squad = _squad(size.squads, FAR_CITY, unit)
    people = (
        _person(size.people + 1, next(names), unit, (Stay(squad, "member", starts_on),), (), "honest"),
        _person(size.people + 2, next(names), unit, (), ("bureau_supervisor",), "honest"),
    )
    return CountyPlan(FAR_COUNTY_ID, FAR_NAME, starts_on, (unit,), (squad,), people)


def _person(
    number: int, name: str, unit: UnitPlan, stays: tuple[Stay, ...], duties: tuple[str, ...], story: str
) -> Person:
    return Person(known("member", number), number, name, f"oDemo{number:04}", unit, stays, duties, story)


def _squad(index: int, city: City, unit: UnitPlan) -> SquadPlan:
    """The squad of one city. A larger county comes to a city again: another station, 2 km farther on."""
    again = index // len(CITIES) if city in CITIES else 0
    name = city.name + (f"第{again + 1}" if again else "")
    station = StationPlan(
        id=known("station", city.name, again),
        name=f"{name}驻点",
        city=city.name,
        lat=round(city.lat + 0.018 * again, 4),
        lng=city.lng,
        radius_m=(200, 300, 250, 400)[index % 4],
        phone=f"{city.dialling}-0000{index + 1:04}",
    )
    return SquadPlan(known("squad", city.name, again), f"驻{name}招商小分队", unit, station)


def _numbered(names: list[str], count: int) -> Iterator[str]:
    """`count` different names: the given ones, then the given ones with a number."""
    for i in range(count):
        name, again = names[i % len(names)], i // len(names)
        yield name if not again else f"{name}{again + 1}"
