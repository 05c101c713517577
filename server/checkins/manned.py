"""在岗情况: how many of a county's stations have had somebody check in today; numbers only, for the county's group, and
none where so few are posted that a number is somebody's own."""

from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from server.checkins.models import CheckIn
from server.notify import outbox
from server.notify.fit import day_words
from server.org.models import Posting

FEWEST = 3  # people posted: of two, one knows who the other is


def tell_group(session: Session, county_id: int, on: date, now: datetime) -> bool:
    """Write the morning's summary; False when too few are posted to tell of, or it was written before."""
    posted, people = session.execute(
        _stations(county_id, on).add_columns(func.count(Posting.member_id.distinct()))
    ).one()
    if people < FEWEST:
        return False
    manned = session.scalar(_stations(county_id, on, manned=True)) or 0
    text = f"**{day_words(on.isoformat())}驻点在岗**\n{posted} 个驻点有人派驻，到现在 {manned} 个已有人打卡。"
    return outbox.tell_group(session, county_id, "manned", f"manned:{on}", [text], now)


def _stations(county_id: int, on: date, manned: bool = False) -> Select[int]:
    """How many stations somebody is posted to; of those, how many have a check-in that counts or waits."""
    statement = select(func.count(Posting.station_id.distinct())).where(
        Posting.county_id == county_id,
        Posting.starts_on <= on,
        or_(Posting.ends_on.is_(None), Posting.ends_on >= on),
    )
    if not manned:
        return statement
    return statement.join(
        CheckIn,
        (CheckIn.county_id == Posting.county_id)
        & (CheckIn.member_id == Posting.member_id)
        & (CheckIn.station_id == Posting.station_id)
        & (CheckIn.on_date == on)
        & (func.coalesce(CheckIn.decision, CheckIn.verdict) != "rejected"),
    )
