"""Writes the county's register: units, squads, stations, people, roles, postings, rules, and their audit events."""

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.demo.attempts import local
from server.demo.county import FAR_COUNTY_ID, TZ, CountyPlan, Person, StationPlan, known
from server.org import consent
from server.org.models import COUNTY_ROLES, Consent, County, Member, Posting, RoleGrant, Squad, Station, Unit
from server.tally.models import Policy
from server.tally.rules import PolicyRules, WindowRule

RULES = PolicyRules(
    windows=(WindowRule(start="00:00", end="24:00", halves=2),),
    burden_mode="daily",
    legal_basis="演示数据：招商小分队驻点管理办法（虚构），经县委网信办备案后试行。",
    legal_basis_decided_by="云岭县招商引资工作领导小组（虚构）",
    legal_basis_decided_on=date(2026, 1, 20),
)
_POLICY_NOTE = "演示规则：全天可打卡，一次计一天，便于任何时区的人试用；正式使用请改为本县的时段。"


def write_register(session: Session, plan: CountyPlan) -> None:
    """The county as it stood when the squads moved in; later postings carry their own dates."""
    opened_at = local(plan.starts_on - timedelta(days=7), 9 * 60)
    session.add(County(id=plan.id, name=plan.name, tz=TZ, created_at=opened_at))
    session.flush()
    session.add_all(Unit(county_id=plan.id, id=unit.id, name=unit.name) for unit in plan.units)
    session.flush()
    for squad in plan.squads:
        session.add(Squad(county_id=plan.id, id=squad.id, unit_id=squad.unit.id, name=squad.name))
        session.add(_station(plan, squad.station))
    session.add_all(_member(plan, person, opened_at) for person in plan.people)
    session.add(_policy(plan, opened_at))
    session.flush()
    for person in plan.people:
        _roles(session, plan, person)
    session.flush()
    _journal(session, plan, opened_at)


def advance_county_ids(session: Session) -> None:
    """Our two ids were chosen, not drawn; on PostgreSQL the next county must not draw them again."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT setval(pg_get_serial_sequence('counties', 'id'), :id)"), {"id": FAR_COUNTY_ID})


def _station(plan: CountyPlan, station: StationPlan) -> Station:
    return Station(
        county_id=plan.id,
        id=station.id,
        name=station.name,
        city=station.city,
        lat=station.lat,
        lng=station.lng,
        datum="wgs84",
        given_lat=station.lat,
        given_lng=station.lng,
        recorded_on_site=True,
        radius_m=station.radius_m,
        tz=TZ,
        phone=station.phone,
        valid_from=plan.starts_on,
    )


def _member(plan: CountyPlan, person: Person, opened_at: datetime) -> Member:
    return Member(
        county_id=plan.id,
        id=person.id,
        unit_id=person.unit.id,
        name=person.name,
        openid=person.openid,
        bound_at=opened_at + timedelta(hours=2),
        created_at=opened_at,
    )


def _policy(plan: CountyPlan, opened_at: datetime) -> Policy:
    return Policy(
        county_id=plan.id,
        id=known("policy", plan.id),
        version=1,
        starts_on=plan.starts_on,
        rules=RULES.model_dump(mode="json"),
        note=_POLICY_NOTE,
        created_at=opened_at,
    )


def _roles(session: Session, plan: CountyPlan, person: Person) -> None:
    """Grants, postings, and consent of those who are posted and did not refuse."""
    for stay in person.stays:
        where = {"county_id": plan.id, "member_id": person.id, "squad_id": stay.squad.id}
        grant = known("grant", person.number, stay.starts_on)
        session.add(
            RoleGrant(**where, id=grant, role=stay.role, valid_from=stay.starts_on, valid_to=stay.ends_on),
        )
        posting = {"id": known("posting", person.number, stay.starts_on), "station_id": stay.squad.station.id}
        session.add(Posting(**where, **posting, starts_on=stay.starts_on, ends_on=stay.ends_on))
    for duty in person.duties:
        session.add(
            RoleGrant(
                county_id=plan.id,
                id=known("grant", person.number, duty),
                member_id=person.id,
                role=duty,
                unit_id=None if duty in COUNTY_ROLES else person.unit.id,
                valid_from=plan.starts_on,
            )
        )
    if person.consented:
        given_at = local(person.stays[0].starts_on - timedelta(days=1), 15 * 60 + person.number % 60)
        ids = {"county_id": plan.id, "id": known("consent", person.number), "member_id": person.id}
        session.add(Consent(**ids, version=consent.CURRENT_VERSION, given_at=given_at))


def _journal(session: Session, plan: CountyPlan, opened_at: datetime) -> None:
    """What org.register, signin and consent write for the same changes, in the admin's name where there is one."""
    admin = next((p.id for p in plan.with_duty("admin")), None)
    for squad in plan.squads:
        station = squad.station
        record(session, plan.id, admin, "station.added", station.id, {"name": station.name}, opened_at)
    for person in plan.people:
        record(session, plan.id, admin, "member.added", person.id, {}, opened_at)
        record(session, plan.id, person.id, "member.bound", person.id, {}, opened_at + timedelta(hours=2))
        for stay in person.stays:
            posting, starts_on = known("posting", person.number, stay.starts_on), stay.starts_on.isoformat()
            facts = {"posting": str(posting), "station": str(stay.squad.station.id), "starts_on": starts_on}
            decided_at = local(stay.starts_on - timedelta(days=2), 16 * 60)
            record(session, plan.id, admin, "posting.started", person.id, facts, decided_at)
        if person.consented:
            given_at = local(person.stays[0].starts_on - timedelta(days=1), 15 * 60 + person.number % 60)
            facts = {"version": consent.CURRENT_VERSION}
            record(session, plan.id, person.id, "consent.given", person.id, facts, given_at)
