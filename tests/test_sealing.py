"""Sealed at rest: what was sealed opens under every key and as what it was sealed; keys rotate without a loss."""

import base64
import secrets
import uuid

import pytest
from sqlalchemy import update

from server import schema
from server.db import Database
from server.org.models import Member
from server.privacy.reseal import COLUMNS, reseal
from server.sealing import CannotOpen, Sealer
from tests.cast import Cast


def key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


OLD, NEW = key(), key()


def test_what_is_sealed_opens_and_does_not_show() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal("13800138000", "member:1:phone")
    assert "13800138000" not in sealed
    assert sealer.open(sealed, "member:1:phone") == "13800138000"
    assert sealer.seal("13800138000", "member:1:phone") != sealed, "two that are alike do not look alike"


def test_it_does_not_open_as_another_persons_nor_under_another_key() -> None:
    sealed = Sealer([OLD]).seal("13800138000", "member:1:phone")
    for sealer, of in ((Sealer([OLD]), "member:2:phone"), (Sealer([NEW]), "member:1:phone")):
        with pytest.raises(CannotOpen):
            sealer.open(sealed, of)
    with pytest.raises(CannotOpen):
        Sealer([OLD]).open("not sealed at all", "member:1:phone")


def test_an_older_key_still_opens_and_finds() -> None:
    old, both = Sealer([OLD]), Sealer([NEW, OLD])
    sealed = old.seal("13800138000", "member:1:phone")
    assert both.open(sealed, "member:1:phone") == "13800138000"
    assert not both.is_current(sealed)
    assert old.digest("13800138000") in both.digests("13800138000")
    assert both.digest("13800138000") not in old.digests("13800138000")


def test_every_sealed_column_is_sealed_anew() -> None:
    sealed = {
        (table.name, column.name)
        for table in schema.metadata.tables.values()
        for column in table.c
        if column.name.endswith("_sealed")
    }
    assert sealed == {(table.__tablename__, column) for table, _, column, _, _ in COLUMNS}


@pytest.fixture
def with_phones(db: Database, cast: Cast) -> dict[uuid.UUID, str]:
    """Everybody of the cast has a number, sealed under the old key."""
    old = Sealer([OLD])
    phones = {member: f"1380013{n:04d}" for n, member in enumerate(p.id for p in cast.people.values())}
    with db.transaction() as session:
        for member, phone in phones.items():
            values = {"phone_sealed": old.seal(phone, f"member:{member}:phone"), "phone_digest": old.digest(phone)}
            session.execute(update(Member).where(Member.id == member).values(values))
    return phones


def test_rotating_the_keys_loses_nothing_and_is_done_once(
    db: Database, with_phones: dict[uuid.UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.privacy.reseal._AT_ONCE", 3)  # so that it goes on where it stopped
    both, new = Sealer([NEW, OLD]), Sealer([NEW])
    first = reseal(db, both)
    assert (first.resealed, first.current, first.unopened) == (len(with_phones), 0, [])
    again = reseal(db, both)
    assert (again.resealed, again.current) == (0, len(with_phones))
    with db.reading() as session:
        for member_id, phone in with_phones.items():
            member = session.query(Member).where(Member.id == member_id).one()
            assert new.open(member.phone_sealed or "", f"member:{member_id}:phone") == phone
            assert member.phone_digest == new.digest(phone)


def test_what_no_key_opens_is_named_and_left(db: Database, with_phones: dict[uuid.UUID, str]) -> None:
    done = reseal(db, Sealer([NEW]))
    assert (done.resealed, len(done.unopened)) == (0, len(with_phones))
    assert {column for column, _ in done.unopened} == {"members.phone_sealed"}
    assert reseal(db, Sealer([NEW, OLD])).resealed == len(with_phones), "the old key, put back, still opens them"
