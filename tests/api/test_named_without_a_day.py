"""GET /months/{month}/table, who is named without a day: only groups of whom days were asked; closed it stays so."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.db import Database
from server.org.models import Consent, Posting
from tests.client import Api
from tests.conftest import StoppedClock

ZERO, SPARED = "zero_groups", "spared_groups"
WEST = ("neighbour", "other_leader")


@pytest.fixture
def worked(api: Api, clock: StoppedClock) -> None:
    """Somebody of east-1 was there; of west-1 nobody. It is 6 December."""
    api.check_in("chen")
    clock.advance(days=12)


def named(api: Api) -> dict[str, str]:
    """Under which heading each group without a day stands; the same before the close and after, and it verifies."""
    found = []
    for closed in (False, True):
        if closed:
            api.close_month()
        table = api.get("/months/2026-11/table", "bureau").json
        assert table["closed"] is closed
        found.append({group: kind for kind in (ZERO, "waiting_groups", SPARED) for group in table[kind]})
    assert found[0] == found[1]
    assert api.get("/months/2026-11/verify", "bureau").json["differences"] == []
    return found[1]


def change(db: Database, api: Api, table: Any, **values: Any) -> None:
    """Of all of west-1."""
    with db.transaction() as session:
        for name in WEST:
            session.query(table).filter_by(member_id=api.cast[name].id).update(values)


def adopt(api: Api, **changes: Any) -> None:
    basis = {"legal_basis": "测试", "legal_basis_decided_by": "县委办", "legal_basis_decided_on": "2026-08-20"}
    rules = {"burden_mode": "daily"} | basis | changes
    reply = api.post("/policies", "admin", {"starts_on": "2026-11-01", "rules": rules})
    assert reply.status_code == 201, reply.json


def test_who_was_asked_and_was_not_there_is_named(api: Api, worked: None) -> None:
    assert named(api) == {"west-1": ZERO}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("a unit without a target", {"unit_targets": {"west": 0}}),
        ("roles without a target", {"role_targets": {"member": 0, "squad_leader": 0}}),
    ],
)
def test_a_target_of_no_days_asks_nobody(api: Api, worked: None, rule: str, changes: dict[str, Any]) -> None:
    adopt(api, **changes)
    assert named(api) == {"west-1": SPARED}


def test_a_role_that_is_not_theirs_spares_nobody(api: Api, worked: None) -> None:
    adopt(api, role_targets={"unit_supervisor": 0})
    assert named(api) == {"west-1": ZERO}


@pytest.mark.parametrize(("first", "heading"), [(30, SPARED), (29, SPARED), (28, ZERO)])
def test_who_was_posted_for_a_day_speaks_for_nobody(
    api: Api, db: Database, worked: None, first: int, heading: str
) -> None:
    """Two of thirty dates ask for 1.3 days, that is for one; three for two."""
    change(db, api, Posting, starts_on=date(2026, 11, first))
    assert named(api) == {"west-1": heading}


@pytest.mark.parametrize(
    ("agreed_at", "heading"),
    [
        ("2026-11-30T18:00", SPARED),  # in December there, in November by UTC
        ("2026-11-28T15:30", ZERO),  # at 23:30 of the 28th there: three dates
        ("2026-11-28T16:30", SPARED),  # at 00:30 of the 29th: two
        ("2026-10-31T18:00", ZERO),  # in November there, in October by UTC
    ],
)
def test_days_are_asked_from_the_consent_on_by_the_countys_date(
    api: Api, db: Database, worked: None, agreed_at: str, heading: str
) -> None:
    change(db, api, Consent, given_at=datetime.fromisoformat(agreed_at).replace(tzinfo=UTC))
    assert named(api) == {"west-1": heading}
