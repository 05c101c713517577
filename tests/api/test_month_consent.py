"""/me/month beside consent: no days are asked before it, nor without it; a closed month keeps what it was."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import true

from server.db import Database
from server.flags.nightly import run_nightly
from server.org.consent import CURRENT_VERSION
from server.org.models import Consent
from server.tally.monthly import stored_members
from server.tally.types import COUNTED_AS
from tests.client import Api
from tests.conftest import StoppedClock

LATE = "目标 20 天，本月派驻 7/30 天，折算 4.5 天，应驻 4.5 天。11月24日同意拍照以前的日子不计。"
NONE = "还没有同意拍照和定位，本月没有天数目标；不同意也可以，由他人证明在岗。"


def consent(api: Api, agreed: bool) -> None:
    assert api.post("/consents", "chen", {"version": CURRENT_VERSION, "agreed": agreed}).status_code == 200


def asked(api: Api) -> tuple[float, str]:
    month = api.get("/me/month", "chen").json
    return month["target"], month["target_explanation"]


@pytest.fixture
def late(api: Api) -> None:
    """Chen, posted since October, took it back and agrees again on 24 November, a Tuesday."""
    consent(api, False)
    consent(api, True)


def test_who_agrees_late_is_asked_for_the_days_since(api: Api, late: None) -> None:
    assert asked(api) == (4.5, LATE)


def test_the_answer_to_a_check_in_says_the_same(api: Api, late: None) -> None:
    month = api.check_in("chen").json["month"]
    assert (month["target"], month["target_explanation"]) == (4.5, LATE)


def test_everybody_reads_the_same_number(api: Api, db: Database, late: None) -> None:
    """The supervisor in the member's file and in the lists; the others of the county are asked for all."""
    chen = api.cast["chen"].id
    assert api.get(f"/members/{chen}/month", "supervisor").json["target"] == 4.5
    with db.reading() as session:
        found = stored_members(session, 1, date(2026, 11, 1), date(2026, 11, 24), true())
        targets = {one.given.member_id: one.month.target for one in found}
    assert (targets.pop(chen), set(targets.values())) == (4.5, {20.0})


def test_without_consent_no_days_are_asked_and_the_month_says_so(api: Api, late: None) -> None:
    consent(api, False)
    assert asked(api) == (0.0, NONE)


def test_a_flag_and_the_month_have_one_target(api: Api, db: Database, clock: StoppedClock) -> None:
    """Agreed on the 11th: twenty of thirty dates, and by the 24th none was come to."""
    with db.transaction() as session:
        session.query(Consent).filter_by(member_id=api.cast["chen"].id).update(
            {"given_at": datetime(2026, 11, 11, 2, tzinfo=UTC)}
        )
    with db.transaction() as session:
        run_nightly(session, 1, clock().date(), clock())
    (flag,) = [one for one in api.get("/flags", "chen").json["items"] if one["month"] == "2026-11"]
    assert flag["facts"]["target"] == asked(api)[0] == 13.0


def test_a_closed_month_keeps_its_target_whatever_is_agreed_to_later(api: Api, late: None, clock: StoppedClock) -> None:
    clock.advance(days=14)
    api.close_month()
    consent(api, False)
    month = api.get("/me/month?month=2026-11", "chen").json
    assert (month["target"], month["target_explanation"]) == (4.5, LATE)
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_a_month_that_was_closed_earlier_verifies_as_it_was_counted_then(
    api: Api, late: None, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release before asked everybody for the county's target."""
    clock.advance(days=14)
    with monkeypatch.context() as before:
        before.setattr("server.tally.frozen.COUNTED_AS", 3)
        before.setattr("server.tally.rebuild.counted.__defaults__", (3,))
        before.setattr("server.tally.county.member_months.__defaults__", (3,))
        api.close_month()
    assert api.get("/me/month?month=2026-11", "chen").json["target"] == 20
    assert COUNTED_AS > 3
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True
