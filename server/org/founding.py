"""A county's first day: itself, one unit and one admin, who binds by an invite and enters everybody else."""

import secrets
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.errors import conflict
from server.org.models import County, Invite, Member, RoleGrant, Unit
from server.org.signin import INVITE_ALPHABET, INVITE_DAYS, INVITE_LENGTH, digest


def found(session: Session, name: str, admin: str, unit: str, tz: str, now: datetime) -> tuple[str, datetime]:
    """A new county with an admin of this name; (the admin's invite code, when it ends). 409 when the name is taken."""
    if session.scalar(select(County.id).where(County.name == name)):
        raise conflict("county_exists", "已有同名的县。")
    county = County(name=name, tz=tz, created_at=now)
    session.add(county)
    session.flush()
    first = Unit(county_id=county.id, id=uuid.uuid4(), name=unit)
    session.add(first)
    session.flush()
    member = Member(county_id=county.id, id=uuid.uuid4(), unit_id=first.id, name=admin, created_at=now)
    session.add(member)
    session.flush()
    today = now.astimezone(ZoneInfo(tz)).date()
    session.add(RoleGrant(county_id=county.id, member_id=member.id, role="admin", valid_from=today))
    code, ends_at = "".join(secrets.choice(INVITE_ALPHABET) for _ in range(INVITE_LENGTH)), now + timedelta(INVITE_DAYS)
    invite = {"member_id": member.id, "issued_by": member.id, "code_sha256": digest(code)}
    session.add(Invite(county_id=county.id, created_at=now, expires_at=ends_at, **invite))
    record(session, county.id, None, "county.founded", member.id, {"name": name}, now)
    return code, ends_at
