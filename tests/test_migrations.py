"""Models and migrations agree, up and down, on both databases."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import IntegrityError

from server import migrate, schema
from server.checkins.models import CheckIn
from server.db import Database, UtcDateTime
from server.flags.models import WAITS, Flag
from server.notify.models import Notice
from server.photos.models import Photo
from tests.api.test_escorts import ask as ask_along
from tests.api.test_leads import body as lead_body
from tests.client import Api
from tests.conftest import StoppedClock
from tests.databases import administer

_ID = "0f" * 16
_A_PHOTO_OF_REVISION_0001 = (
    "INSERT INTO counties (id, name, tz, created_at) VALUES (1, '县', 'Asia/Shanghai', '2026-11-01')",
    f"INSERT INTO units (county_id, id, name) VALUES (1, '{_ID}', '局')",
    f"INSERT INTO members (county_id, id, unit_id, name, created_at) VALUES (1, '{_ID}', '{_ID}', '李', '2026-11-01')",
    "INSERT INTO photos (county_id, id, member_id, storage_key, sha256, phash, mime, size_bytes, width, height, exif,"
    f" received_at) VALUES (1, '{_ID}', '{_ID}', 'k', 's', -5, 'image/jpeg', 1, 1, 1, '{{}}', '2026-11-01')",
    f"INSERT INTO photo_bands (county_id, month, band, photo_id, phash) VALUES (1, 202611, 65540, '{_ID}', -5)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path):
    """A database without any table."""
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    else:
        url = request.getfixturevalue("postgres")
        administer(url, "DROP DATABASE IF EXISTS empty_zhudian WITH (FORCE)", "CREATE DATABASE empty_zhudian")
        db = Database(url.format(name="empty_zhudian"))
    yield db
    db.dispose()


def tables(db: Database) -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_migrations_make_what_the_models_say(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        assert compare_metadata(context, schema.metadata) == []
    assert tables(empty) == set(schema.metadata.tables)


def test_check_constraints_are_in_the_database(empty: Database) -> None:
    migrate.upgrade(empty)
    for table in schema.metadata.tables.values():
        said = {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
        made = {str(c["name"]) for c in inspect(empty.engine).get_check_constraints(table.name)}
        assert said <= made, table.name


def test_primary_keys_stand_in_the_models_order(empty: Database) -> None:
    migrate.upgrade(empty)
    for table in schema.metadata.tables.values():
        made = inspect(empty.engine).get_pk_constraint(table.name)
        assert made["constrained_columns"] == [c.name for c in table.primary_key.columns], table.name


def test_bands_survive_their_new_key(empty: Database) -> None:
    migrate.upgrade(empty, "0001")
    with empty.engine.begin() as connection:
        for statement in _A_PHOTO_OF_REVISION_0001:
            connection.exec_driver_sql(statement)
    for move, revision in ((migrate.upgrade, "0002"), (migrate.downgrade, "0001")):
        move(empty, revision)
        with empty.engine.connect() as connection:
            row = connection.exec_driver_sql("SELECT county_id, month, band, photo_id, phash FROM photo_bands").one()
        assert (*row[:3], str(row[3]).replace("-", ""), row[4]) == (1, 202611, 65540, _ID, -5)


def test_down_and_up_again(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty)
    assert tables(empty) == set()
    migrate.upgrade(empty)
    assert tables(empty) == set(schema.metadata.tables)


def test_each_step_goes_down_and_up(empty: Database) -> None:
    for step in reversed(list(ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions())):
        migrate.upgrade(empty, step.revision)
        migrate.downgrade(empty, str(step.down_revision or "base"))
        migrate.upgrade(empty, step.revision)
    with empty.engine.connect() as connection:
        assert migrate.is_current(connection)


def test_the_newest_by_name_is_where_alembic_leads(empty: Database) -> None:
    """One head; and a database without tables, or at an earlier step, is not current."""
    assert [migrate.newest()] == ScriptDirectory(str(migrate.MIGRATIONS)).get_heads()
    with empty.engine.connect() as connection:
        assert not migrate.is_current(connection)
    migrate.upgrade(empty, "0030")
    with empty.engine.connect() as connection:
        assert not migrate.is_current(connection)


def test_upgrading_twice_is_harmless(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert tables(empty) == set(schema.metadata.tables)


def test_primary_keys_begin_with_the_county_and_references_carry_it() -> None:
    installation_wide = {
        "counties",
        "schedules",
        "rate_counts",
        "wechat_tokens",
        "pushed_events",
        "push_stamps",
        "channel_pauses",
        "account_templates",
        "worker_beats",
    } | {
        "console_scans"  # whose it becomes is known when somebody confirms it
    }
    for table in schema.metadata.tables.values():
        if table.name in installation_wide:
            continue
        assert next(iter(table.primary_key.columns)).name == "county_id", table.name
        for key in table.foreign_key_constraints:
            referred = key.referred_table.name
            assert referred == "counties" or "county_id" in {c.name for c in key.columns}, (table.name, referred)


def _same_type(_context, _inspected, _metadata, inspected_type, metadata_type):
    """Our UTC type is stored as a plain timestamp; everything else is compared as usual."""
    return False if isinstance(metadata_type, UtcDateTime) else None


@pytest.mark.parametrize("down_to", ["0005", "0003"])
def test_a_county_goes_down_and_up(api: Api, db: Database, rows: Callable[..., list], down_to: str) -> None:
    """Rows that others refer to: a table that is copied and dropped on the way takes them with it, or fails."""
    checkin = api.check_in("chen", lat="31.26").json["id"]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted", "reason": "看过"})

    def counted() -> list[int]:
        return [rows(f"SELECT count(*) FROM {name}")[0][0] for name in ("photo_bands", "checkin_findings", "reviews")]

    before = counted()
    assert all(before)
    migrate.downgrade(db, down_to)
    migrate.upgrade(db)
    assert counted() == before
    assert api.check_in("chen").status_code == 201


def test_leads_with_an_escort_go_down_and_up(api: Api, db: Database, rows: Callable[..., list]) -> None:
    """The older schema knows no escort; the lead, its history and what waits about it stay."""
    made = api.post("/leads", "chen", lead_body(api)).json["id"]
    assert ask_along(api, made).status_code == 201
    migrate.downgrade(db, "0022")
    assert rows("SELECT what FROM lead_events") == [("claimed",)]
    migrate.upgrade(db)
    assert rows("SELECT count(*), max(eia) FROM leads") == [(1, None)]
    assert ask_along(api, made).status_code == 201


def test_looks_go_down_and_up(api: Api, db: Database, rows: Callable[..., list]) -> None:
    assert api.check_in("chen").status_code == 201
    before = rows("SELECT looks FROM photos")
    migrate.downgrade(db, "0008")
    assert len(rows("SELECT looks FROM photos")[0][0]) == 448
    migrate.upgrade(db)
    assert rows("SELECT looks FROM photos") == before
    assert len(before[0][0]) == 504


def test_rules_leave_and_days_go_down_and_up(api: Api, db: Database, rows: Callable[..., list]) -> None:
    """What the older schema has words for is there afterwards, as it was."""
    api.check_in("chen")
    asked = {"kind": "sick", "starts_on": "2026-11-26", "reason": "发热"}
    leave = api.post("/leaves", "chen", asked).json["id"]
    api.post(f"/leaves/{leave}/decision", "supervisor", {"approved": True})
    api.post("/leaves", "chen", {"kind": "make_up", "starts_on": "2026-11-23", "reason": "手机没电"})
    for target in (18, 19):  # two versions of one date: the older schema keeps the one that holds
        api.post("/policies", "admin", {"starts_on": "2026-12-01", "rules": {"target_days": target}})
    days = "SELECT on_date, confirmed_halves, lowers_target_halves, explanation FROM site_days ORDER BY on_date"
    before = rows(days)
    migrate.downgrade(db, "0009")
    assert rows("SELECT version FROM policies WHERE county_id = 1 ORDER BY version") == [(1,), (3,)]
    assert rows("SELECT kind, state FROM leaves") == [("sick", "approved")]
    migrate.upgrade(db)
    assert rows(days) == before
    month = api.get("/me/month", "chen").json
    assert (month["confirmed"], month["lowered"]) == (1.0, 1.0)


def test_what_a_closed_month_has_to_leave_out_is_not_dropped_going_down(
    api: Api, db: Database, clock: StoppedClock
) -> None:
    """Without the addendum of what was asked for after the close, verifying would count it in."""
    clock.advance(days=12)
    api.close_month()
    asked = {"kind": "recall", "starts_on": "2026-11-26", "reason": "回县"}
    assert api.post("/leaves", "chen", asked).status_code == 201
    with pytest.raises(RuntimeError, match="0031"):
        migrate.downgrade(db, "0030")
    migrate.upgrade(db)
    assert api.get("/months/2026-11/verify", "bureau").json["matches"] is True


def test_what_was_erased_stays_erased_going_down_and_up(api: Api, db: Database, rows: Callable[..., list]) -> None:
    """The older schema must have a place, and says 0, 0; the newer one knows again by the photo."""
    gone, kept = (uuid.UUID(api.check_in(who).json["id"]) for who in ("chen", "colleague"))
    with db.transaction() as session:
        checkin = session.get(CheckIn, (1, gone))
        checkin.lat = checkin.lng = None
        checkin.erased_at = api.clock()
        session.get(Photo, (1, checkin.photo_id)).sha256 = ""
    placed = "SELECT count(*) FROM checkins WHERE lat = 0 AND lng = 0"
    migrate.downgrade(db, "0011")
    assert rows(placed) == [(1,)]
    migrate.upgrade(db)
    with db.reading() as session:
        assert session.get(CheckIn, (1, gone)).erased_at is not None
        assert session.get(CheckIn, (1, gone)).lat is None
        assert session.get(CheckIn, (1, kept)).erased_at is None
    assert rows(placed) == [(0,)]
    with pytest.raises(IntegrityError), db.transaction() as session:
        session.get(CheckIn, (1, kept)).lat = None  # nobody's place is missing without a reason


def test_what_an_older_release_left_is_not_sent_twice(api: Api, db: Database, rows: Callable[..., list]) -> None:
    """From 0013 with a row of every state it had: none is lost, none is `sending` for ever, none begins anew."""
    now = api.clock()
    old = ("pending", "sending", "sent", "refused", "failed", "expired", "uncertain")
    given = {"county_id": 1, "member_id": api.cast["chen"].id, "kind": "reminder", "facts": {}, "created_at": now}
    with db.transaction() as session:
        for state in old:
            begun = {"attempts": int(state != "pending"), "claimed_until": now, "claim": "c", "channel": "subscribe"}
            session.add(Notice(**given, dedupe_key=state, state=state, due_at=now, **begun))
    migrate.downgrade(db, "0013")
    migrate.upgrade(db)
    kept = dict(rows("SELECT dedupe_key, state FROM notices"))
    assert kept == {state: state for state in old} | {"sending": "uncertain"}
    assert rows("SELECT count(*) FROM notices WHERE channel IS NULL") == [(1,)], "only the one not begun"


def test_flags_that_wait_say_so_on_both_sides(api: Api, db: Database, rows: Callable[..., list]) -> None:
    """The older release has it in the last words of the sentence; there a flag that is over may go on saying so."""
    now, said = api.clock(), "截至11月20日，11月在岗 4 天、待核 13 天，目标 20 天。"
    given = {"county_id": 1, "month": now.date().replace(day=1), "message": said, "facts": {}, "raised_at": now}
    with db.transaction() as session:
        for name, more in {"chen": {"waits": True}, "leader": {}, "colleague": {"closed_at": now}}.items():
            session.add(Flag(**given, member_id=api.cast[name].id, kind="behind", **more))
    sentences = "SELECT m.name, f.message FROM flags f JOIN members m ON m.id = f.member_id"
    waiting = "SELECT m.name, f.message, f.waits FROM flags f JOIN members m ON m.id = f.member_id ORDER BY m.name"
    before = rows(waiting)
    assert before == [("chen", said, True), ("colleague", said, False), ("leader", said, False)]
    migrate.downgrade(db, "0032")
    assert dict(rows(sentences)) == {"chen": said + WAITS, "colleague": said, "leader": said}
    over = "UPDATE flags SET message = message || :words WHERE closed_at IS NOT NULL"
    with db.transaction() as session:
        session.connection().execute(text(over), {"words": WAITS})
    migrate.upgrade(db)
    assert rows(waiting) == before


def test_notices_go_down_and_up(api: Api, db: Database, rows: Callable[..., list]) -> None:
    """What the older release has no word for is put into one that it has; nobody's notice is lost."""
    now = api.clock()
    given = {"county_id": 1, "kind": "reminder", "facts": {}, "due_at": now, "created_at": now}
    states = {"sent": "subscribe", "muted": None, "pending": "email", "refused": "employee"}
    with db.transaction() as session:
        for state, channel in states.items():
            member = api.cast["chen"].id
            session.add(Notice(**given, member_id=member, dedupe_key=state, state=state, channel=channel, attempts=1))
        session.add(Notice(**given, member_id=None, dedupe_key="group", state="sent", channel="group_bot"))
    migrate.downgrade(db, "0014")
    assert dict(rows("SELECT dedupe_key, state FROM notices")) == {
        **{"sent": "sent", "muted": "refused", "pending": "uncertain", "refused": "refused"}
    }
    migrate.upgrade(db)
    assert rows("SELECT DISTINCT channel, tries, read_at FROM notices WHERE state = 'sent'")[0][0] == "subscribe"
    assert len(rows("SELECT id FROM notices")) == 4
    with pytest.raises(IntegrityError), db.transaction() as session:  # one at a time on their way to one person
        session.execute(update(Notice).values(state="sending"))
