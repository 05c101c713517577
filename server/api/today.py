"""今天: all that the first page of the mini-program shows, in one answer, so that one bar of signal is enough."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import CheckInRow, row_reply
from server.api.counts import DayReply, MonthReply, month_of, stored_day
from server.api.described import Described
from server.api.notices import NoticeRow, notice_row
from server.api.services import Reply, now, reading
from server.api.session import SIGNED_IN, caller
from server.api.signin import MemberReply, PostingReply, member_reply, posting_reply
from server.api.spot_replies import SpotCheckRow, spot_rows
from server.checkins.models import CheckIn
from server.evidence.types import Window
from server.leads import escorts
from server.notify import inbox, told
from server.notify.models import Notice
from server.org.models import Member
from server.org.postings import presence_at
from server.org.scope import county as in_county
from server.spotchecks import answers
from server.tally import policy

bp = Described("today", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="今天")], abp_security=SIGNED_IN)


class WindowReply(BaseModel):
    start: str = Field(description="HH:MM of the station")
    end: str = Field(description="HH:MM of the station; 24:00 is midnight")
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    done: bool = Field(description="a check-in of it is stored that nobody rejected")


class TodayOfMine(BaseModel):
    member: MemberReply
    consent_given: bool
    posting: PostingReply | None
    on: date = Field(description="the local date that all of this is about")
    ends_at: AwareDatetime = Field(description="when that date is over")
    mode: Literal["daily", "spot_check_only", "voluntary"] = Field(description="whether the county asks for check-ins")
    windows: list[WindowReply]
    more: int = Field(description="check-ins that a whole day asks for beyond those stored that nobody rejected")
    more_from: AwareDatetime | None = Field(description="before it the next one would not count: they are to lie apart")
    make_up_within_days: int
    day: DayReply
    checkins: list[CheckInRow]
    month: MonthReply
    spot_check: SpotCheckRow | None = Field(description="the caller's own that waits for their photo")
    escorts: list[uuid.UUID] = Field(description="提请县领导 that wait for the caller's answer, the oldest first")
    notice: NoticeRow | None = Field(description="the latest")
    unread: int
    server_time: AwareDatetime


@bp.get("/me/today", responses={200: TodayOfMine})
def my_today() -> Reply:
    """The caller's day: where, by when, what is done, the month so far, the latest message."""
    who, at = caller(), now()
    with reading() as session:
        member = session.scalars(in_county(who, Member).where(Member.id == who.member_id)).one()
        presence = presence_at(session, who.county_id, who.member_id, at)
        mine = _checkins(session, presence.on_date)
        rules = policy.in_force(session, who.county_id, presence.on_date)
        notice, unread = _news(session, at)
        asked = answers.waiting(session, who)
        reply = TodayOfMine(
            member=member_reply(session, member),
            consent_given=who.consented,
            posting=posting_reply(session, who, presence),
            on=presence.on_date,
            ends_at=_instant(presence.on_date, 24 * 60, presence.tz),
            mode=rules.rules.burden_mode,
            windows=[_window(w, presence.on_date, presence.tz, mine) for w in rules.windows_on(presence.on_date)],
            more=max(0, rules.rules.full_day.checkins - len(_kept(mine))),
            more_from=_more_from(mine, rules.rules.full_day.min_gap_min),
            make_up_within_days=rules.rules.make_up_within_days,
            day=stored_day(session, who.county_id, who.member_id, presence.on_date),
            checkins=[row_reply(one, member.name) for one in mine],
            month=month_of(session, who, who.member_id, presence.on_date),
            spot_check=spot_rows(session, [asked])[0] if asked else None,
            escorts=escorts.to_answer(session, who),
            notice=notice,
            unread=unread,
            server_time=at,
        )
    return reply.model_dump(mode="json")


def _checkins(session: Session, on: date) -> list[CheckIn]:
    """The caller's of a local date, the first of them first."""
    mine = in_county(caller(), CheckIn).where(CheckIn.member_id == caller().member_id, CheckIn.on_date == on)
    return list(session.scalars(mine.order_by(CheckIn.happened_at)))


def _kept(mine: list[CheckIn]) -> list[CheckIn]:
    """Those that count, or may once they are reviewed."""
    return [one for one in mine if (one.decision or one.verdict) != "rejected"]


def _more_from(mine: list[CheckIn], min_gap_min: int) -> datetime | None:
    kept = _kept(mine)
    return kept[-1].happened_at + timedelta(minutes=min_gap_min) if kept and min_gap_min else None


def _news(session: Session, at: datetime) -> tuple[NoticeRow | None, int]:
    """The latest notice, and how many are unread."""
    who = caller()
    muted = inbox.muted_by(session, who.county_id, who.member_id)
    latest = inbox.mine(who.county_id, who.member_id, muted, at).order_by(Notice.created_at.desc(), Notice.id).limit(1)
    unread = inbox.unread_count(session, who.county_id, who.member_id, muted, at)
    if (notice := session.scalar(latest)) is None:
        return None, unread
    return notice_row(notice, told.tell(notice, muted.get(notice.kind, ()), at, who.tz)), unread


def _window(window: Window, on: date, tz: str, mine: list[CheckIn]) -> WindowReply:
    return WindowReply(
        start=_clock(window.start_min),
        end=_clock(window.end_min),
        opens_at=_instant(on, window.start_min, tz),
        closes_at=_instant(on, window.end_min, tz),
        done=any(
            window.start_min <= one.minute_of_day < window.end_min and (one.decision or one.verdict) != "rejected"
            for one in mine
        ),
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _instant(on: date, minute: int, tz: str) -> datetime:
    """When the wall clock of a zone shows this minute of a local date."""
    day, rest = on + timedelta(days=minute // 1440), minute % 1440
    return datetime.combine(day, time(rest // 60, rest % 60), ZoneInfo(tz))
