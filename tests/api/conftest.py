"""Rows that API tests reach for."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from server.config import Config
from server.db import Database
from server.flags.models import Flag
from server.leads.models import ChainNode
from server.notify.models import Notice
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock
from tests.doors import enrol, totp
from tests.spots import aimed, draw, mine

DECIDED = {"checkin": "0", "on": "2026-11-23", "result": "驳回", "reason": "看不清站点"}


@pytest.fixture
def flag_chen(db: Database, cast: Cast, clock: StoppedClock) -> uuid.UUID:
    """An open flag on chen, four days old."""
    flag_id = uuid.uuid4()
    with db.transaction() as session:
        session.add(
            Flag(
                county_id=1,
                id=flag_id,
                member_id=cast["chen"].id,
                month=date(2026, 11, 1),
                kind="behind",
                message="11月再驻点 5 天即可达标，剩余 7 个可用日。",
                facts={"missing": 5},
                raised_at=clock() - timedelta(days=4),
            )
        )
    return flag_id


@pytest.fixture
def chain_node(db: Database, cast: Cast) -> uuid.UUID:
    """A node of the county's chains."""
    node_id = uuid.uuid4()
    with db.transaction() as session:
        session.add(ChainNode(county_id=1, id=node_id, industry="新能源", side="upstream", name="正极材料", position=1))
    return node_id


@pytest.fixture
def notice(db: Database, cast: Cast, clock: StoppedClock) -> Callable[..., uuid.UUID]:
    """Write one to somebody, a minute after the one before."""

    def write(who: str = "chen", kind: str = "checkin_decided", facts: Any = DECIDED, **more: Any) -> uuid.UUID:
        made = uuid.uuid4()
        at = clock.advance(minutes=1)
        given = {"state": "pending", "due_at": at, "created_at": at, "dedupe_key": str(made)} | more
        with db.transaction() as session:
            person = cast[who]
            session.add(
                Notice(county_id=person.county_id, id=made, member_id=person.id, kind=kind, facts=facts, **given)
            )
        return made

    return write


@pytest.fixture
def dead_notice(notice: Callable[..., uuid.UUID]) -> uuid.UUID:
    """What WeChat did not take for chen."""
    return notice(state="failed", channel="subscribe", last_error="WeChat errcode 40037: refused")


@pytest.fixture
def secret(api: Api, clock: StoppedClock) -> str:
    """The supervisor's account is in force; the next code is another one."""
    made = enrol(api).json["secret"]
    assert api.post("/me/console/confirm", "supervisor", {"totp": totp(made, clock)}).status_code == 204
    clock.advance(seconds=30)
    return str(made)


@pytest.fixture
def browser(api: Api) -> FlaskClient:
    return api.app.test_client()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    defaults = Config(_env_file=None)
    running = RunningSandbox(create_sandbox(defaults.wechat_appid, defaults.wechat_secret))
    yield running
    running.stop()


@pytest.fixture
def sent(db: Database, clock: StoppedClock) -> Callable[[], None]:
    """WeChat takes all that is asked for, now."""

    def take() -> None:
        with db.transaction() as session:
            taken = update(Notice).where(Notice.kind == "spot_asked").values(state="sent", sent_at=clock())
            session.execute(taken)

    return take


@pytest.fixture
def asked(api: Api, spot_course: Callable[..., None], sent: Callable[[], None]) -> str:
    """chen's own check, sent out and taken by WeChat."""
    assert aimed(api).status_code == 201
    spot_course(seconds=4)
    sent()
    return str(mine(api)[0]["id"])


@pytest.fixture
def to_call(api: Api, spot_course: Callable[..., None], station_phones: None) -> str:
    made = draw(api, "supervisor", kind="call").json["id"]
    spot_course(seconds=4)
    return str(api.get(f"/draws/{made}", "supervisor").json["checks"][0]["id"])
