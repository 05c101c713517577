"""The WeChat access token in the database: every process shares one, and its end of life is enforced here."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from server.clock import Clock
from server.db import Database, dialect_of, upsert
from server.notify.models import WechatToken


class DatabaseTokens:
    """wechatpy's storage interface over one table; each call is a transaction of its own."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def get(self, key: str, default: Any = None) -> Any:
        with self._db.reading() as session:
            held = session.scalar(
                select(WechatToken.value).where(WechatToken.name == key, WechatToken.expires_at > self._clock())
            )
        return held or default

    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        values = {"value": str(value), "expires_at": self._clock() + timedelta(seconds=ttl or 0)}
        with self._db.transaction() as session:
            session.execute(
                upsert(dialect_of(session), WechatToken)
                .values(name=key, **values)
                .on_conflict_do_update(index_elements=[WechatToken.name], set_=values)
            )

    def delete(self, key: str) -> None:
        with self._db.transaction() as session:
            session.execute(delete(WechatToken).where(WechatToken.name == key))

    @contextmanager
    def alone(self, key: str, for_s: float) -> Iterator[bool]:
        """True for one process at a time: a row of this table that ends by itself, should its holder be killed. No
        transaction is held open meanwhile."""
        name, mine = f"{key}/fetching", uuid.uuid4().hex
        taken = {"value": mine, "expires_at": self._clock() + timedelta(seconds=for_s)}
        with self._db.transaction() as session:
            holder = session.scalar(
                upsert(dialect_of(session), WechatToken)
                .values(name=name, **taken)
                .on_conflict_do_update(
                    index_elements=[WechatToken.name], set_=taken, where=WechatToken.expires_at <= self._clock()
                )
                .returning(WechatToken.value)
            )
        try:
            yield holder == mine
        finally:
            if holder == mine:
                with self._db.transaction() as session:
                    session.execute(delete(WechatToken).where(WechatToken.name == name, WechatToken.value == mine))
