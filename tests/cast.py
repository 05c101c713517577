"""The small named cast: a member, those above her, her colleagues, a sibling unit, and another county."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from server.db import Database
from server.org import consent
from server.org.models import Consent, County, Member, Posting, RoleGrant, SignIn, Squad, Station, Unit
from server.org.signin import digest
from server.tally.models import Policy
from server.tally.rules import PolicyRules

JOINED = date(2026, 9, 1)
SHANGHAI = (31.2304, 121.4737)
FRANKFURT = (50.1109, 8.6821)


@dataclass(slots=True)
class Person:
    """One of the cast: `token` signs them in."""

    name: str
    county_id: int
    id: uuid.UUID
    unit_id: uuid.UUID
    squad_id: uuid.UUID | None
    openid: str
    token: str


@dataclass(slots=True)
class Cast:
    """By role: chen is the member the stories are about."""

    people: dict[str, Person] = field(default_factory=dict)
    squads: dict[str, uuid.UUID] = field(default_factory=dict)
    units: dict[str, uuid.UUID] = field(default_factory=dict)
    stations: dict[str, uuid.UUID] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]


# name, county, unit, squad, role
PEOPLE = (
    ("chen", 1, "east", "east-1", "member"),
    ("colleague", 1, "east", "east-1", "member"),
    ("leader", 1, "east", "east-1", "squad_leader"),
    ("supervisor", 1, "east", None, "unit_supervisor"),
    ("neighbour", 1, "west", "west-1", "member"),
    ("other_leader", 1, "west", "west-1", "squad_leader"),
    ("other_supervisor", 1, "west", None, "unit_supervisor"),
    ("bureau", 1, "bureau", None, "bureau_supervisor"),
    ("bureau2", 1, "bureau", None, "bureau_supervisor"),
    ("county_leader", 1, "bureau", None, "county_leader"),
    ("admin", 1, "bureau", None, "admin"),
    ("outsider", 2, "far", "far-1", "member"),
    ("far_leader", 2, "far", "far-1", "squad_leader"),
    ("far_supervisor", 2, "far", None, "unit_supervisor"),
    ("far_bureau", 2, "far", None, "bureau_supervisor"),
    ("far_county_leader", 2, "far", None, "county_leader"),
    ("far_admin", 2, "far", None, "admin"),
)
_UNITS = (("east", 1), ("west", 1), ("bureau", 1), ("far", 2))
_SQUADS = (("east-1", 1, "east"), ("west-1", 1, "west"), ("far-1", 2, "far"))
_STATIONS = (
    ("east-1", 1, "上海", SHANGHAI, "Asia/Shanghai"),
    ("west-1", 1, "法兰克福", FRANKFURT, "Europe/Berlin"),
    ("far-1", 2, "上海", SHANGHAI, "Asia/Shanghai"),
)


def assemble(db: Database, now: datetime, rules: PolicyRules | None = None) -> Cast:
    """Write the cast into an empty database and sign everyone in."""
    cast = Cast()
    with db.transaction() as session:
        for county_id, name in ((1, "河湾县"), (2, "远山县")):
            session.add(County(id=county_id, name=name, tz="Asia/Shanghai", created_at=now))
        session.flush()
        for name, county_id in _UNITS:
            cast.units[name] = _add(session, Unit(county_id=county_id, id=uuid.uuid4(), name=name))
        for name, county_id, unit in _SQUADS:
            squad = Squad(county_id=county_id, id=uuid.uuid4(), unit_id=cast.units[unit], name=name)
            cast.squads[name] = _add(session, squad)
        for name, county_id, city, point, tz in _STATIONS:
            cast.stations[name] = _add(session, station(county_id, f"{city}驻点", city, point, tz))
        for county_id in (1, 2):
            add_policy(session, county_id, rules or PolicyRules(burden_mode="daily", legal_basis="测试"), now)
        for row in PEOPLE:
            cast.people[row[0]] = _person(session, cast, now, *row)
    return cast


def station(county_id: int, name: str, city: str, point: tuple[float, float], tz: str, radius_m: int = 300) -> Station:
    return Station(
        county_id=county_id,
        id=uuid.uuid4(),
        name=name,
        city=city,
        lat=point[0],
        lng=point[1],
        datum="wgs84",
        given_lat=point[0],
        given_lng=point[1],
        radius_m=radius_m,
        tz=tz,
        valid_from=JOINED,
    )


def add_policy(session: Session, county_id: int, rules: PolicyRules, now: datetime, version: int = 1) -> None:
    policy = Policy(
        county_id=county_id,
        version=version,
        starts_on=JOINED + timedelta(days=version - 1),
        rules=rules.model_dump(mode="json"),
        created_at=now,
    )
    session.add(policy)


def _person(
    session: Session, cast: Cast, now: datetime, name: str, county_id: int, unit: str, squad: str | None, role: str
) -> Person:
    person = Person(
        name=name,
        county_id=county_id,
        id=uuid.uuid4(),
        unit_id=cast.units[unit],
        squad_id=cast.squads[squad] if squad else None,
        openid=f"o-{name}",
        token=f"token-{name}",
    )
    _add(
        session,
        Member(
            county_id=county_id,
            id=person.id,
            unit_id=person.unit_id,
            name=name,
            openid=person.openid,
            bound_at=now,
            created_at=now,
        ),
    )
    session.add(
        RoleGrant(
            county_id=county_id,
            member_id=person.id,
            role=role,
            unit_id=person.unit_id if role == "unit_supervisor" else None,
            squad_id=person.squad_id,
            valid_from=JOINED,
        )
    )
    session.add(
        SignIn(
            county_id=county_id,
            member_id=person.id,
            token_sha256=digest(person.token),
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=400),
        )
    )
    session.add(
        Consent(
            county_id=county_id,
            member_id=person.id,
            version=consent.CURRENT_VERSION,
            given_at=datetime.combine(JOINED, time(), tzinfo=UTC),
        )
    )
    if squad:
        session.add(
            Posting(
                county_id=county_id,
                member_id=person.id,
                squad_id=cast.squads[squad],
                station_id=cast.stations[squad],
                starts_on=JOINED,
            )
        )
    return person


def _add(session: Session, row: Unit | Squad | Station | Member) -> uuid.UUID:
    session.add(row)
    session.flush()
    return row.id
