"""What the county's admin does over HTTP before somebody can check in: station, member, invite, posting."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from server.org.consent import CURRENT_VERSION
from tests.e2e.phone import Phone
from tests.processes import System


class Office:
    """The admin's phone, and the squad that newcomers join."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.phone = persona(system, "admin")
        ((unit, squad),) = system.rows("SELECT unit_id, id FROM squads WHERE county_id = 1 ORDER BY name LIMIT 1")
        self.unit, self.squad = str(unit), str(squad)

    def station(self, lat: float, lng: float, tz: str | None = None) -> str:
        """A new station at this point; its zone is the nautical one unless told."""
        body = {
            "name": f"驻点 {uuid.uuid4().hex[:8]}",
            "city": "测试",
            "lat": lat,
            "lng": lng,
            "datum": "wgs84",
            "tz": tz or nautical_zone(lng),
        }
        return str(self.phone.post("/stations", body)["id"])

    def newcomer(self, name: str) -> Phone:
        """A new member with a WeChat bound by invite; no consent yet, no posting."""
        body = {"name": name, "unit": self.unit, "squad": self.squad, "is_other": True}  # stories use a name again
        member = self.phone.post("/members", body)
        invite = self.phone.post(f"/members/{member['id']}/invites")
        phone = Phone(self.system, f"o-{uuid.uuid4().hex}").bind(invite["invite_code"])
        assert phone.member["name"] == name
        return phone

    def post_to(self, phone: Phone, station: str, starts_on: str | None = None, **more: str) -> dict[str, Any]:
        """Post the member from yesterday on: today has begun there, wherever that is."""
        yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        body = {"member": phone.member["id"], "squad": self.squad, "station": station}
        return dict(self.phone.post("/postings", body | {"starts_on": starts_on or yesterday} | more))


def persona(system: System, role: str) -> Phone:
    """The first person of the demo county who holds this role, signed in."""
    rows = system.rows(
        "SELECT openid FROM members JOIN role_grants ON role_grants.county_id = members.county_id"
        " AND member_id = members.id WHERE members.county_id = 1 AND role = :role ORDER BY openid",
        role=role,
    )
    return Phone(system, rows[0][0]).sign_in()


def agree(phone: Phone) -> None:
    """Consent to the words as the API shows them."""
    asked = phone.get("/consents")
    assert not asked["given"]
    assert len(asked["text"]) == 5
    assert asked["version"] == CURRENT_VERSION
    assert phone.post("/consents", {"version": asked["version"], "agreed": True}, expect=200)["given"]


def nautical_zone(lng: float) -> str:
    """The zone of this meridian by the sun: never more than an hour or two from the legal one."""
    hours = round(lng / 15)
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
