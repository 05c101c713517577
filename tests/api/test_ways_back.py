"""Who was signed out has no way back in: not by what they set up before, nor by what they began a moment ago."""

from collections.abc import Callable
from datetime import datetime
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.db import Database, hold_member
from server.org import people, signin
from server.org.scope import Caller
from tests.client import Api
from tests.conftest import StoppedClock
from tests.doors import begin, claim, enrol, sign_in, totp
from tests.processes import until

WAITING = text(
    "SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database())"
)
Begun = Callable[[], object]


def lost(session: Session, admin: Caller, api: Api, now: datetime) -> str:
    return people.lost_phone(session, admin, api.cast["supervisor"].id, now)[0]


def while_it_is_lost(api: Api, db: Database, act: Begun) -> None:
    """`act` begins while the supervisor's phone is being declared lost, and is not let past it."""
    with db.reading() as session:
        admin, _ = signin.caller_of(session, api.cast["admin"].token, api.clock())
    other = Thread(target=act)
    with db.transaction() as session:
        hold_member(session, admin.county_id, api.cast["supervisor"].id)
        lost(session, admin, api, api.clock())
        other.start()
        if not db.is_sqlite:  # which has one writer, and no list of those who wait
            until(lambda: session.execute(WAITING).first() or not other.is_alive(), "the other waits, or is through")
    other.join(20)
    assert not other.is_alive()


def works(browser: FlaskClient) -> bool:
    return browser.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("how", ["lost-phone", "invites"])
def test_a_console_account_goes_with_the_wechat_that_made_it(
    api: Api, browser: FlaskClient, secret: str, clock: StoppedClock, db: Database, how: str
) -> None:
    """Whoever found the phone may have set a password of their own; its authenticator is theirs, too."""
    invite = api.post(f"/members/{api.cast['supervisor'].id}/{how}", "admin").json["invite_code"]
    with db.transaction() as session:
        signin.bind(session, "o-new-phone", invite, clock())
    assert sign_in(browser, totp(secret, clock)).status_code == 401
    assert not works(browser)


def test_a_password_typed_in_while_the_phone_is_declared_lost(
    api: Api, browser: FlaskClient, secret: str, clock: StoppedClock, db: Database
) -> None:
    code = totp(secret, clock)
    while_it_is_lost(api, db, lambda: sign_in(browser, code))
    assert not works(browser)


def test_a_scan_claimed_while_the_phone_is_declared_lost(api: Api, browser: FlaskClient, db: Database) -> None:
    code = begin(browser)
    assert api.post(f"/console/scans/{code}/confirm", "supervisor").status_code == 204
    while_it_is_lost(api, db, lambda: claim(browser, code))
    assert not works(browser)


def test_a_scan_confirmed_while_the_phone_is_declared_lost(api: Api, browser: FlaskClient, db: Database) -> None:
    code = begin(browser)
    while_it_is_lost(api, db, lambda: api.post(f"/console/scans/{code}/confirm", "supervisor"))
    claim(browser, code)
    assert not works(browser)


def test_an_account_set_up_while_the_phone_is_declared_lost(api: Api, db: Database, rows) -> None:
    while_it_is_lost(api, db, lambda: enrol(api))
    assert rows("SELECT count(*) FROM console_accounts") == [(0,)]


def test_of_two_admins_who_remove_each_other_one_stays(api: Api, db: Database, clock: StoppedClock, rows) -> None:
    """There is no way to make an admin but by one."""
    with db.transaction() as session:
        session.execute(text("UPDATE role_grants SET role = 'admin' WHERE role = 'county_leader'"))
        first, _ = signin.caller_of(session, api.cast["admin"].token, clock())
    path = f"/members/{api.cast['admin'].id}/remove"
    other = Thread(target=lambda: api.post(path, "county_leader", {}))
    with db.transaction() as session:
        sealer = api.app.extensions["zhudian"].sealer
        people.remove(session, first, sealer, api.cast["county_leader"].id, "", clock())
        other.start()
        if not db.is_sqlite:
            until(lambda: session.execute(WAITING).first() or not other.is_alive(), "the other waits, or is through")
    other.join(20)
    assert api.get("/me", "admin").status_code == 200
