"""Five members with WeChat, on both databases, a sandbox in front of them, and as many workers as a test wants."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from server.clock import Clock
from server.config import Config
from server.db import Database
from server.notify.channels.wechat import Employee, Subscribe
from server.notify.course import Night
from server.notify.deliver import Delivery
from server.notify.models import Notice
from server.notify.outbox import Letter, enqueue
from server.notify.tokens import DatabaseTokens
from server.org.models import County, Member, Unit
from server.org.recipients import Recipients
from server.sealing import Sealer
from server.wechat.client import WechatClient
from server.wechat.sandbox.app import RunningSandbox, create_sandbox

COUNTY = 1
DECIDED = {"on": "2026-11-24", "result": "驳回", "reason": "看不清站点"}
REMINDER = {"station": "苏州驻点", "on": "2026-11-24", "closes": "18:00"}


@pytest.fixture
def members(db: Database, clock: Clock, sandbox: RunningSandbox) -> list[uuid.UUID]:
    """Five members whose WeChat is bound: openid-0 … openid-4."""
    made = [uuid.uuid4() for _ in range(5)]
    with db.transaction() as session:
        session.add(County(id=COUNTY, name="示例县", tz="Asia/Shanghai", created_at=clock()))
        session.flush()
        unit = Unit(county_id=COUNTY, id=uuid.uuid4(), name="城关镇")
        session.add(unit)
        session.flush()
        for number, id_ in enumerate(made):
            name, openid = f"队员{number}", f"openid-{number}"
            member = Member(county_id=COUNTY, id=id_, unit_id=unit.id, name=name, openid=openid, created_at=clock())
            session.add(member)
            sandbox.state.register(openid, name=name)
    return made


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    running = RunningSandbox(create_sandbox("wxtest", "a-secret", send_takes_s=0))
    yield running
    running.stop()


@pytest.fixture
def delivery(db: Database, clock: Clock, sandbox: RunningSandbox, patience_s: float) -> Callable[[], Delivery]:
    """A maker of Delivery objects: each is one worker's, with a client of its own. `staff`: templates of 用工关系;
    `channels`: others beside; `night`: the hours in which nothing leaves."""
    config = Config(_env_file=None, wechat_appid="wxtest", wechat_secret="a-secret", sandbox_port=sandbox.port)

    def make(
        templates: Any = None,
        staff: Any = None,
        channels: Any = (),
        night: str = "off",
        hands: int = 8,
    ) -> Delivery:
        client = WechatClient(config, DatabaseTokens(db, clock), timeout_s=patience_s, left_alone_s=0.001)
        all_ = [Subscribe(client, templates or {}), *([Employee(client, staff)] if staff else []), *channels]
        people = Recipients(Sealer(config.sealing_keys))
        return Delivery(db, clock, {one.name: one for one in all_}, people.find, Night.of(night), hands)

    return make


@pytest.fixture
def write(db: Database, clock: Clock) -> Callable[..., bool]:
    """Enqueue one notice, committed at once."""

    def one(member: uuid.UUID, key: str = "k", kind: str = "reminder", facts: Any = REMINDER, **more: Any) -> bool:
        with db.transaction() as session:
            return enqueue(session, COUNTY, Letter(member, kind, key, facts, **more), clock())

    return one


@pytest.fixture
def notices(db: Database) -> Callable[[], list[Notice]]:
    def read() -> list[Notice]:
        with db.reading() as session:
            return list(session.scalars(select(Notice).order_by(Notice.dedupe_key)))

    return read


@pytest.fixture
def decided(write, members) -> Callable[..., bool]:
    """A decision about the first member's check-in."""
    return lambda key="k", who=0: write(members[who], key, "checkin_decided", DECIDED)
