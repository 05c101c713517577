"""A county full of notices for the soak, each told from every other by what arrives on the phone; and their phones."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from server import migrate
from server.db import Database
from server.notify import outbox
from server.notify.models import NoticeMute
from server.notify.outbox import Letter
from server.org.models import County, Member, Unit
from server.wechat.sandbox.message_templates import EMPLOYEE_TEMPLATES
from server.wechat.sandbox.staff import Staff
from server.wechat.sandbox.state import State
from tests.soak.sender import COUNTY

BEGAN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
_KINDS = ("reminder", "checkin_decided", "leave_asked", "flag_step", "flag_uncovered")
_ON = "2026-11-24"


def found(db: Database, notices: int, luck: random.Random) -> int:
    """Write the county and its notices, all due at once; how many members there are. One in twenty has no WeChat, and
    one in thirty does not want one kind."""
    migrate.upgrade(db)
    members = [uuid.uuid4() for _ in range(max(20, notices // 12))]
    groups = max(3, notices // 100)
    with db.transaction() as session:
        session.add(County(id=COUNTY, name="示例县", tz="Asia/Shanghai", created_at=BEGAN))
        session.flush()
        unit = Unit(county_id=COUNTY, id=uuid.uuid4(), name="城关镇")
        session.add(unit)
        session.flush()
        for number, id_ in enumerate(members):
            row = {"county_id": COUNTY, "id": id_, "unit_id": unit.id, "name": f"队员{number}", "created_at": BEGAN}
            session.add(Member(**row, openid=None if number % 20 == 0 else f"o-{number}"))
        session.flush()
        for id_ in members[3::30]:
            key = {"county_id": COUNTY, "member_id": id_, "kind": "flag_step", "place": "wechat"}
            session.add(NoticeMute(**key, muted_at=BEGAN))
        outbox.enqueue_all(
            session, COUNTY, [_letter(number, luck.choice(members), luck) for number in range(notices - groups)], BEGAN
        )
        for number in range(groups):
            outbox.tell_group(session, COUNTY, "month_circular", f"g{number}", [f"通报{number}"], BEGAN)
    return len(members)


def introduce(wechat: Flask, members: int) -> None:
    """The phones: a third are staff, and a few take one message only."""
    known: State = wechat.extensions["sandbox"]
    bound = {f"o-{number}": set(EMPLOYEE_TEMPLATES) for number in range(0, members, 3)}
    known.of(Staff).bound.update(bound)
    for number in range(members):
        known.register(f"o-{number}")
    for number in range(0, members, 7):
        known.credits[f"o-{number}", "sandbox-decided"] = 1


def _letter(number: int, member: uuid.UUID, luck: random.Random) -> Letter:
    """Its number stands in what arrives."""
    kind = luck.choice(_KINDS)
    said: dict[str, dict[str, Any]] = {
        "reminder": {"station": f"驻点{number}", "on": _ON, "closes": "18:00"},
        "checkin_decided": {"on": _ON, "result": "通过", "reason": f"编号{number}"},
        "leave_asked": {"member": "李明", "kind": "事假", "starts_on": _ON, "ends_on": _ON, "halves": 2}
        | {"reason": f"编号{number}", "result": "待审批"},
        "flag_step": {"name": "李明", "step": "约谈", "reason": f"编号{number}", "on": _ON, "month": "2026-11"},
        "flag_uncovered": {"unit": f"单位{number}", "days": 3, "since": _ON},
    }
    ends = BEGAN + timedelta(minutes=luck.choice((1, 30, 480))) if kind == "reminder" else None
    return Letter(member, kind, f"n{number}", said[kind], ends)
