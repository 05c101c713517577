"""What everybody has to leave alone for a while (course.pause), and how an operator who knows better ends it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from server.db import lock
from server.notify.models import ChannelPause, Notice

_SPREAD = timedelta(minutes=10)  # what waited for a pause comes within so long after it (course._not_before)


def standing(session: Session, now: datetime) -> Sequence[ChannelPause]:
    """Those that hold, the first to end first."""
    return session.scalars(select(ChannelPause).where(ChannelPause.until > now).order_by(ChannelPause.until)).all()


def lift(session: Session, name: str | None, now: datetime) -> tuple[list[str], int]:
    """End this pause, or all (None), and bring forward what waits for it: the names of those that were ended, and how
    many notices. WeChat has the last word: where its quota is spent all the same, the next send begins the pause anew.

    What waits is told by its due moment alone. A notice of another reason that is due just then only comes to the desk
    early, which finds its reason again.
    """
    lock(session, "notices")  # the desk's
    pauses = [one for one in standing(session, now) if name in (None, one.name)]
    if not pauses:
        return [], 0
    session.execute(delete(ChannelPause).where(ChannelPause.name.in_([one.name for one in pauses])))
    waits = or_(*(Notice.due_at.between(one.until, one.until + _SPREAD) for one in pauses))
    brought = update(Notice).where(Notice.state == "pending", waits).values(due_at=now).returning(Notice.id)
    return [one.name for one in pauses], len(session.execute(brought).all())
