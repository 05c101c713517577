"""One county on one database: its squads, stations, phones and rooms, and the app that they all speak to."""

import itertools
import random
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from server import migrate
from server.app import create_app
from server.config import Config
from server.db import Database
from server.org import consent
from server.org.cities import CITIES, City
from server.org.models import Consent, County, Member, Posting, RoleGrant, SignIn, Squad, Unit
from server.org.signin import digest
from server.tally.rules import PolicyRules
from server.worker import Worker
from tests.bench.evidence.scenes import Room, drawn_room, photographed_room
from tests.bench.evidence.sky import Point, around, moved, towards
from tests.cast import add_policy, station

RADIUS_M = 300
# What WeChat calls the phone, its platform, and what its camera writes as make and model.
_PHONES = (
    ("Redmi Note 9S", "android", "Xiaomi", "Redmi Note 9S"),
    ("M2012K11AG", "android", "Xiaomi", "M2012K11AG"),
    ("MNA-AL00", "android", "HUAWEI", "MNA-AL00"),
    ("V2230A", "android", "vivo", "V2230A"),
    ("PJW110", "android", "OPPO", "OPPO Reno11"),
    ("iPhone 13<iPhone14,5>", "ios", "Apple", "iPhone 13"),
    ("iPhone 15<iPhone15,4>", "ios", "Apple", "iPhone 15"),
)
# Real pictures that can stand behind a person; one room each, for no two rooms are alike.
_REAL = (
    *("photos/Apple_iPhone_4.jpg", "photos/HTC_Desire.jpg", "photos/IMG_20180725_163423-tiny.jpg"),
    *("photos/Issue_173_dotnet_.jpg", "photos/Issue_308.jpg", "photos/Nikon_D5000.jpg"),
    *("photos/Sony_DSC-HX5V_2_.jpg", "photos/empty_gps.jpg", "photos/HMD_Nokia_8.3_5G.jpg"),
    *("faces/astronaut.png", "faces/chelsea.png", "pairs/canon_hdr_NO.jpg", "pairs/img_1771.jpg"),
)


@dataclass(slots=True)
class Phone:
    """`skew_s`: its clock minus the true time, seconds; `decimals` of the degrees it gives (None: all of them)."""

    device: str
    platform: str
    make: str
    model: str
    decimals: int | None
    skew_s: float


@dataclass(frozen=True, slots=True)
class Post:
    """A station as its squad knows it: the registered point, and the zone of its clock."""

    id: uuid.UUID
    centre: Point
    tz: str
    city: City | None


@dataclass(slots=True)
class Person:
    """A posted member. `desk` is where they really sit; `album` holds what they took honestly, by day."""

    number: int
    id: uuid.UUID
    squad_id: uuid.UUID
    token: str
    post: Post
    desk: Point
    phone: Phone
    rooms: list[Room] = field(default_factory=list)
    album: dict[date, bytes] = field(default_factory=dict)


class Site:
    """The county, its app with a clock that is set by hand, and the worker's second look."""

    def __init__(self, folder: Path, template: Path, seed: str, starts_on: date, shared: Path | None) -> None:
        """`template` is a migrated SQLite file; `shared` the folder of real pictures, None to do without."""
        self.seed, self.luck, self.starts_on, self.shared = seed, random.Random(f"{seed} site"), starts_on, shared
        self.at = datetime.combine(starts_on, time(), UTC) - timedelta(days=1)
        shutil.copy(template, folder / "county.db")
        config = Config(
            _env_file=None,
            database_url=f"sqlite:///{folder / 'county.db'}",
            photo_root=folder / "photos",
            session_days=365,  # phones sign in again by themselves; here nobody has to
        )
        self.db = Database(config.database_url)
        self.client = create_app(config, clock=self.clock, db=self.db).test_client()
        self.worker = Worker(config, self.clock)
        self.people: list[Person] = []
        self.copied: set[tuple[int, date]] = set()  # (member, day): photos that a cheat has used
        self._numbers = itertools.count(1)  # a station of a county has a name of its own
        self.journeys: dict[int, list[Post]] = {}  # by member, the stations of those who travel
        self._pictures = [shared / name for name in _REAL] if shared else []
        self.luck.shuffle(self._pictures)
        self.unit_id = uuid.uuid4()
        with self.db.transaction() as session:
            session.add(County(id=1, name="河湾县", tz="Asia/Shanghai", created_at=self.at))
            session.flush()
            session.add(Unit(county_id=1, id=self.unit_id, name="东镇"))
            add_policy(session, 1, PolicyRules(burden_mode="daily", legal_basis="测试"), self.at)

    def clock(self) -> datetime:
        return self.at

    def close(self) -> None:
        self.db.dispose()
        self.worker.db.dispose()

    def room(self, name: str) -> Room:
        """A room that nobody has seen: now and then with a real picture's walls, while there are any."""
        if self._pictures and self.luck.random() < 0.15:
            return photographed_room(self._pictures.pop())
        return drawn_room(f"{self.seed} {name}")

    def squad(self, size: int, post: Post | None = None) -> list[Person]:
        """A new squad at a station of its own, or at the given one; each member with a phone, a desk and a room."""
        post, squad_id = post or self.post(), uuid.uuid4()
        with self.db.transaction() as session:
            session.add(Squad(county_id=1, id=squad_id, unit_id=self.unit_id, name=f"小队{len(self.people) + 1}"))
        people = [self._member(squad_id, post) for _ in range(size)]
        for who in people:
            self.posted(who, post, self.starts_on - timedelta(days=1))
        return people

    def post(self, city: City | None = None, at: Point | None = None, tz: str = "Asia/Shanghai") -> Post:
        """A station in the city, or at the point. The registered point is off the house by some 20 m, as typed in."""
        city = city or (None if at else self.luck.choice(CITIES))
        house = towards(self.luck, (city.lat, city.lng), self.luck.uniform(500, 9_000)) if city else at
        assert house is not None
        lat, lng = (round(degrees, 6) for degrees in around(self.luck, house, 15))
        row = station(1, f"驻点{next(self._numbers)}", city.name if city else "远方", (lat, lng), tz, RADIUS_M)
        row.valid_from = self.starts_on
        with self.db.transaction() as session:
            session.add(row)
        return Post(row.id, (lat, lng), tz, city)

    def posted(self, who: Person, post: Post, first: date, last: date | None = None) -> None:
        with self.db.transaction() as session:
            session.add(
                Posting(
                    county_id=1,
                    member_id=who.id,
                    squad_id=who.squad_id,
                    station_id=post.id,
                    starts_on=first,
                    ends_on=last,
                )
            )

    def sign_in(self, who: Person, wechat: str, at: datetime) -> str:
        """A token for this member through this WeChat account, as a login writes it."""
        token = f"{who.number}-{wechat}-{at.isoformat()}"
        with self.db.transaction() as session:
            session.add(
                SignIn(
                    county_id=1,
                    member_id=who.id,
                    wechat_sha256=digest(wechat),
                    token_sha256=digest(token),
                    created_at=at,
                    seen_at=at,
                    expires_at=at + timedelta(days=400),
                )
            )
        return token

    def _member(self, squad_id: uuid.UUID, post: Post) -> Person:
        number, member_id = len(self.people), uuid.uuid4()
        with self.db.transaction() as session:
            common = {"county_id": 1, "unit_id": self.unit_id, "created_at": self.at, "bound_at": self.at}
            session.add(Member(id=member_id, name=f"队员{number}", openid=f"o-{number}", **common))
            session.flush()
            grant = {"member_id": member_id, "role": "member", "squad_id": squad_id, "valid_from": self.starts_on}
            session.add(RoleGrant(county_id=1, **grant))
            agreed = {"member_id": member_id, "version": consent.CURRENT_VERSION, "given_at": self.at}
            session.add(Consent(county_id=1, **agreed))
        desk = moved(post.centre, self.luck.gauss(0, 20), self.luck.gauss(0, 20))
        who = Person(number, member_id, squad_id, "", post, desk, self._phone())
        who.token = self.sign_in(who, f"o-{number}", self.at)
        who.rooms.append(self.room(f"room {number}"))
        self.people.append(who)
        return who

    def _phone(self) -> Phone:
        decimals = self.luck.choice((5, 5, 6, None))  # Android's WeChat mostly gives five, iOS all it has
        return Phone(*self.luck.choice(_PHONES), decimals=decimals, skew_s=self.luck.gauss(0, 1.5))


@contextmanager
def county(folder: Path, template: Path, seed: str, starts_on: date, shared: Path | None) -> Iterator[Site]:
    """A Site in an empty folder; the folder and what is in it are removed afterwards."""
    folder.mkdir(parents=True)
    site = Site(folder, template, seed, starts_on, shared)
    try:
        yield site
    finally:
        site.close()
        shutil.rmtree(folder)


def migrated(path: Path) -> Path:
    """An empty database with all its tables, for counties to start from."""
    db = Database(f"sqlite:///{path}")
    migrate.upgrade(db)
    db.dispose()
    return path
