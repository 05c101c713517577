"""The audit chain: linked from what is committed, salted, erasable lawfully, and telling when it was touched."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from server.audit import chain
from server.audit.erase import erase_subject
from server.audit.journal import record
from server.audit.verify import Report, verify
from server.db import Database
from tests.cast import Cast

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def write(db: Database, cast: Cast, count: int = 3, county: int = 1) -> None:
    who = cast["chen"] if county == 1 else cast["outsider"]
    with db.transaction() as session:
        for number in range(count):
            facts = {"n": number, "x": 1e22, "y": 0.1, "文": "字"}
            record(session, county, who.id, "thing.done", who.id, facts, NOW + timedelta(microseconds=number))


def link(db: Database, county: int = 1) -> int:
    with db.transaction() as session:
        return chain.link(session, county)


def check(db: Database, county: int = 1) -> Report:
    with db.transaction() as session:
        return verify(session, county)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.intact, report.erased, report.tampered, report.unlinked


def test_what_is_written_waits_to_be_linked_and_then_is_intact(db: Database, cast: Cast) -> None:
    write(db, cast)
    assert counts(check(db)) == (0, 0, 0, 3)
    assert link(db) == 3
    assert counts(check(db)) == (3, 0, 0, 0)
    assert link(db) == 0


def test_counties_have_chains_of_their_own(db: Database, cast: Cast) -> None:
    write(db, cast)
    write(db, cast, county=2)
    link(db, 1)
    assert (counts(check(db, 1)), counts(check(db, 2))) == ((3, 0, 0, 0), (0, 0, 0, 3))


def test_an_event_that_commits_late_is_linked_late_and_not_lost(db: Database, cast: Cast) -> None:
    write(db, cast, 2)
    link(db)
    with db.transaction() as session:  # began earlier, committed after the others were linked
        record(session, 1, None, "thing.late", None, {}, NOW - timedelta(hours=1))
    assert link(db) == 1
    assert counts(check(db)) == (3, 0, 0, 0)


def test_linkers_at_once_make_one_chain(db: Database, cast: Cast) -> None:
    write(db, cast, 40)
    threads = [threading.Thread(target=lambda: link(db)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(check(db)) == (40, 0, 0, 0)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("UPDATE audit_payloads SET body = replace(body, 'n\": 1', 'n\": 7')", "its payload was changed"),
        ("UPDATE audit_payloads SET body = NULL, salt = NULL", "emptied without a recorded erasure"),
        ("DELETE FROM audit_payloads", "its payload row is gone"),
        ("UPDATE audit_events SET action = 'thing.undone' WHERE seq = 2", "its own hash does not match"),
        ("UPDATE audit_events SET at = :later WHERE seq = 2", "its own hash does not match"),
    ],
)
def test_any_change_is_told(db: Database, cast: Cast, damage: str, why: str) -> None:
    write(db, cast)
    link(db)
    with db.engine.begin() as connection:
        values = {"later": "2026-11-24 09:00:00"} if ":later" in damage else {}
        connection.execute(text(damage), values)
    report = check(db)
    assert report.tampered >= 1
    assert any(why in problem.why for problem in report.problems)


def test_a_removed_event_is_told(db: Database, cast: Cast) -> None:
    write(db, cast)
    link(db)
    with db.engine.begin() as connection:
        ((victim,),) = connection.execute(text("SELECT id FROM audit_events WHERE seq = 2"))
        connection.execute(text("DELETE FROM audit_payloads WHERE event_id = :v"), {"v": victim})
        connection.execute(text("DELETE FROM audit_events WHERE id = :v"), {"v": victim})
    (problem,) = check(db).problems
    assert problem.why == "events 2..2 are missing"


def test_a_lawful_deletion_leaves_tombstones(db: Database, cast: Cast) -> None:
    write(db, cast)
    link(db)
    with db.transaction() as session:
        assert erase_subject(session, 1, cast["admin"].id, cast["chen"].id, "本人要求删除", NOW) == 3
    link(db)
    assert counts(check(db)) == (1, 3, 0, 0)
    with db.engine.connect() as connection:
        left = connection.execute(text("SELECT body FROM audit_payloads WHERE body IS NOT NULL")).scalars().all()
    assert not any(cast["chen"].id.hex in b or str(cast["chen"].id) in b for b in left)


def test_commitments_are_salted(db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        for _ in range(2):
            record(session, 1, None, "same", None, {"same": True}, NOW)
    with db.engine.connect() as connection:
        made = connection.execute(text("SELECT commitment FROM audit_events")).scalars().all()
    assert len(set(made)) == 2


def test_an_event_and_its_cause_stand_or_fall_together(db: Database, cast: Cast) -> None:
    with pytest.raises(RuntimeError), db.transaction() as session:
        record(session, 1, None, "never.happened", uuid.uuid4(), {}, NOW)
        raise RuntimeError
    assert counts(check(db)) == (0, 0, 0, 0)


def test_a_forged_or_foreign_erasure_excuses_nothing(db: Database, cast: Cast) -> None:
    write(db, cast)
    with db.transaction() as session:
        record(session, 1, cast["admin"].id, "other.thing", cast["leader"].id, {}, NOW)
    link(db)
    with db.transaction() as session:
        erase_subject(session, 1, cast["admin"].id, cast["leader"].id, "本人要求删除", NOW)
    with db.engine.begin() as connection:  # the lawful erasure of another is made to stand for these
        connection.execute(
            text(
                "UPDATE audit_payloads SET body = NULL, salt = NULL, erased_by_event ="
                " (SELECT id FROM audit_events WHERE action = 'audit.erased')"
                " WHERE event_id IN (SELECT id FROM audit_events WHERE action = 'thing.done')"
            )
        )
    assert check(db).tampered >= 3  # not linked yet: it excuses none at all
    link(db)
    assert counts(check(db)) == (1, 1, 3, 0)


def test_the_head_is_told_so_that_it_can_be_kept_elsewhere(db: Database, cast: Cast) -> None:
    assert check(db).head == "empty"
    write(db, cast)
    link(db)
    assert check(db).head.startswith("3:")
