"""A rate limit that holds across processes: one upsert that counts within a fixed window."""

from datetime import datetime

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import Base, dialect_of, upsert
from server.errors import AppError

_LONGEST_KEY = 120


class RateCount(Base):
    """How often `key` was tried in the window that started at `window_at`."""

    __tablename__ = "rate_counts"
    key: Mapped[str] = mapped_column(String(_LONGEST_KEY), primary_key=True)
    window_at: Mapped[datetime] = mapped_column(primary_key=True)
    tries: Mapped[int]


def spend(session: Session, key: str, limit: int, window_s: int, now: datetime) -> None:
    """Count one try. Raises AppError 429 when `key` was tried more than `limit` times in this window."""
    if count(session, key, window_s, now) > limit:
        wait_s = int(_window_at(window_s, now).timestamp() + window_s - now.timestamp()) + 1
        raise AppError(429, "too_many_tries", "尝试次数过多，请稍后再试。", {"retry_after_s": wait_s})


def count(session: Session, key: str, window_s: int, now: datetime) -> int:
    """Count one try; the how manieth it is in this window."""
    key = key[:_LONGEST_KEY]  # what a misconfigured proxy says of an address may be of any length
    window_at = _window_at(window_s, now)
    statement = (
        upsert(dialect_of(session), RateCount)
        .values(key=key, window_at=window_at, tries=1)
        .on_conflict_do_update(index_elements=[RateCount.key, RateCount.window_at], set_={"tries": RateCount.tries + 1})
        .returning(RateCount.tries)
    )
    return session.scalar(statement) or 0


def _window_at(window_s: int, now: datetime) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // window_s * window_s, tz=now.tzinfo)


def forget_old(session: Session, before: datetime) -> None:
    """Delete the windows that started before `before`."""
    session.execute(delete(RateCount).where(RateCount.window_at < before))
