"""Rows that API tests reach for."""

import uuid
from datetime import date, timedelta

import pytest

from server.db import Database
from server.flags.models import Flag
from tests.cast import Cast
from tests.conftest import StoppedClock


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
