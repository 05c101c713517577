"""The demo county, written once and whole: planned, photographed, played through the real services, read back."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from server import migrate
from server.checkins.models import CheckIn
from server.clock import system_clock
from server.config import Config
from server.db import Database
from server.demo.county import CALLER_OPENID, FULL, NAME, TZ, Size, plan_counties
from server.demo.drawing import painter
from server.demo.history import Stage, write_script
from server.demo.register import advance_county_ids, write_register
from server.org.models import ROLES, County, Member, Posting, RoleGrant, Squad, Station, Unit
from server.photos.store import FolderStore
from server.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Demo:
    """What people and scripts need to know of the demo county; dates and times are not part of it.

    personas: name, role (the narrowest, for who holds two), county, unit, squad or None, openid.
    stations: id, name, city, lat, lng, datum, radius_m, tz, squad or None, county, phone.
    """

    personas: list[dict[str, Any]]
    stations: list[dict[str, Any]]
    caller: dict[str, Any]  # a member with consent, in good standing, who has not checked in on the day of seeding
    caller_station: dict[str, Any]
    verdicts: dict[str, int]  # check-ins of the county by the verdict that holds

    def accounts(self) -> list[dict[str, Any]]:
        """A handful to introduce: the caller, one of every other role, a second reviewer, and the other county's."""
        shown, seen = [self.caller], Counter({(NAME, "member"): 1})
        for persona in self.personas:
            key = (persona["county"], persona["role"])
            most = 2 if key == (NAME, "bureau_supervisor") else 1
            if seen[key] < most:
                shown.append(persona)
                seen[key] += 1
        return shown

    def __str__(self) -> str:
        counties = Counter(p["county"] for p in self.personas)
        people = ", ".join(f"{county} ({n} people)" for county, n in counties.items())
        verdicts = ", ".join(f"{n} {verdict}" for verdict, n in self.verdicts.items())
        accounts = "\n".join(f"  {p['openid']}  {p['role']:<18}  {p['county']} {p['name']}" for p in self.accounts())
        return f"The demo is there: {people}, {len(self.stations)} stations.\nCheck-ins: {verdicts}.\n{accounts}"


def seed(config: Config, *, now: datetime | None = None, size: Size = FULL) -> Demo:
    """Write the demo county as of `now` (default: the present) unless it is there already, and say what is in it.

    Everything is written in one transaction, so a county that exists is complete. Photos are written before it; those
    of a seed that was cut off are swept as any photo without a row. Raises SystemExit with one sentence when the
    photo folder cannot be written, the schema is missing or the database holds anything but the demo.
    """
    require_photo_root(config)
    db = Database(config.database_url)
    try:
        _require_schema(db)
        if not _exists(db):
            _write(db, config, now or system_clock(), size)
        with db.reading() as session:
            return read_back(session)
    finally:
        db.dispose()


def require_photo_root(config: Config) -> None:
    """Raises SystemExit with one sentence when no photo could be stored."""
    if not FolderStore(config.photo_root).is_writable():
        raise SystemExit(
            f"照片目录不能写入：PHOTO_ROOT={config.photo_root}. Set PHOTO_ROOT to a folder this user can write to."
        )


def _require_schema(db: Database) -> None:
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("counties") or not migrate.is_current(connection):
            raise SystemExit("数据库还没有升级到最新结构。Run `python -m server migrate` (or `make migrate`) first.")


def _exists(db: Database) -> bool:
    with db.reading() as session:
        return _is_seeded(session)


def _is_seeded(session: Session) -> bool:
    """Whether the demo is there. Raises SystemExit when something else is."""
    names = set(session.scalars(select(County.name)))
    if names and NAME not in names:
        raise SystemExit(
            f"数据库里已有别的县（{'、'.join(sorted(names))}），演示数据只写入空库。Use another DATABASE_URL."
        )
    return bool(names)


def _write(db: Database, config: Config, now: datetime, size: Size) -> None:
    plans = plan_counties(now.astimezone(ZoneInfo(TZ)).date(), size)
    scripts = [write_script(plan, now) for plan in plans]
    orders = ((s.plan.id, attempt.picture, attempt.received_at) for s in scripts for attempt, _ in s.attempts)
    with painter(config.photo_root, orders) as album, db.transaction() as session:
        session.info["alone"] = True  # nobody else uses an empty database: no lock a photo and day, see db.lock
        if _is_seeded(session):
            return  # another process was quicker
        for script in scripts:
            write_register(session, script.plan)
            Stage(session, script, album, Sealer(config.sealing_keys), now).play()
        advance_county_ids(session)


def read_back(session: Session) -> Demo:
    """The demo as it stands in the database, those included whom somebody added since."""
    personas, stations = _personas(session), _stations(session)
    caller = next(p for p in personas if p["openid"] == CALLER_OPENID)
    posted_to = session.scalar(
        select(Posting.station_id)
        .join(Member, (Member.county_id == Posting.county_id) & (Member.id == Posting.member_id))
        .where(Member.openid == CALLER_OPENID)
        .order_by(Posting.starts_on.desc())
        .limit(1)
    )
    station = next(s for s in stations if s["id"] == str(posted_to))
    return Demo(personas, stations, caller, station, _verdicts(session))


def _personas(session: Session) -> list[dict[str, Any]]:
    """One entry a person, members first; the squad is today's, of the role's grant."""
    rows = session.execute(
        select(
            Member.name, RoleGrant.role, County.name.label("county"), Unit.name.label("unit"), Squad.name, Member.openid
        )
        .join(RoleGrant, (RoleGrant.county_id == Member.county_id) & (RoleGrant.member_id == Member.id))
        .join(Unit, (Unit.county_id == Member.county_id) & (Unit.id == Member.unit_id))
        .join(County, County.id == Member.county_id)
        .outerjoin(Squad, (Squad.county_id == RoleGrant.county_id) & (Squad.id == RoleGrant.squad_id))
        .where(Member.openid.is_not(None), Member.removed_at.is_(None), RoleGrant.valid_to.is_(None))
        .order_by(Member.county_id, Member.openid)
    )
    found: dict[str, dict[str, Any]] = {}
    for name, role, county, unit, squad, openid in sorted(rows, key=lambda row: ROLES.index(row[1])):
        person = {"name": name, "role": role, "county": county, "unit": unit, "squad": squad, "openid": openid}
        found.setdefault(str(openid), person)
    return sorted(found.values(), key=lambda p: p["county"] != NAME)


def _stations(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Station, County.name.label("county"), func.min(Squad.name).label("squad"))
        .join(County, County.id == Station.county_id)
        .outerjoin(
            Posting,
            (Posting.county_id == Station.county_id) & (Posting.station_id == Station.id) & Posting.ends_on.is_(None),
        )
        .outerjoin(Squad, (Squad.county_id == Posting.county_id) & (Squad.id == Posting.squad_id))
        .group_by(Station.county_id, Station.id, County.name)
        .order_by(Station.county_id, Station.valid_from, Station.name)
    )
    return [
        {
            "id": str(row.Station.id),
            "name": row.Station.name,
            "city": row.Station.city,
            "lat": row.Station.lat,
            "lng": row.Station.lng,
            "datum": "wgs84",
            "radius_m": row.Station.radius_m,
            "tz": row.Station.tz,
            "squad": row.squad,
            "county": row.county,
            "phone": row.Station.phone,
        }
        for row in rows
    ]


def _verdicts(session: Session) -> dict[str, int]:
    holds = func.coalesce(CheckIn.decision, CheckIn.verdict)
    return {row[0]: row[1] for row in session.execute(select(holds, func.count()).group_by(holds).order_by(holds))}
