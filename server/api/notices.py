"""消息 over HTTP: a member's inbox and settings; for who looks after the county, what could not be delivered."""

import uuid
from typing import Literal

from flask_openapi import Tag
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from server.api.checkin_replies import MemberRef
from server.api.described import Described
from server.api.paging import PageQuery, cut, newest_first
from server.api.services import Reply, now, reading, transaction
from server.api.session import SIGNED_IN, caller
from server.audit.journal import record
from server.errors import invalid
from server.notify import dead, inbox, told
from server.notify.inbox import Wish
from server.notify.messages import GROUP_OF, KINDS
from server.notify.models import Notice
from server.org import people

bp = Described("notices", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="消息")], abp_security=SIGNED_IN)
KEEPERS = ("bureau_supervisor", "admin")


class NoticeQuery(PageQuery):
    unread: bool = Field(False, description="only those nobody has looked at")


class NoticeRow(BaseModel):
    id: uuid.UUID
    kind: str
    title: str
    text: str = Field(description="what happened, what it means, what to do: whole sentences")
    page: str = Field(description="the page of the mini-program that it opens")
    created_at: AwareDatetime
    read_at: AwareDatetime | None
    late: bool = Field(description="its time is over; the text says so")
    why: str = Field(description="why the caller got it")
    mute: str = Field(description="how to turn it off, or why it cannot be")
    outside: str = Field(description="what became of it in WeChat or by mail")


class NoticePage(BaseModel):
    items: list[NoticeRow]
    unread: int
    next_cursor: str | None


class ReadBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ids: list[uuid.UUID] | None = Field(None, min_length=1, max_length=200)
    until: AwareDatetime | None = Field(None, description="all that were written up to then, instead of `ids`")


class UnreadReply(BaseModel):
    unread: int


class SettingRow(BaseModel):
    kind: str
    title: str
    purpose: str
    inbox: bool = Field(description="whether it is shown in the inbox")
    inbox_fixed: bool = Field(description="the inbox cannot leave it out")
    wechat: bool | None = Field(description="null: this kind is never sent there")
    email: bool | None = Field(description="null: this kind is never sent there")


class SettingsReply(BaseModel):
    items: list[SettingRow]


class SettingWish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: str = Field(min_length=1, max_length=30)
    inbox: bool | None = Field(None, description="left out: as it was; so are the others")
    wechat: bool | None = None
    email: bool | None = None


class SettingsBody(BaseModel):
    items: list[SettingWish] = Field(min_length=1, max_length=50)


class DeadQuery(PageQuery):
    state: Literal["failed", "refused", "uncertain"] | None = None


class Attempt(BaseModel):
    channel: Literal["subscribe", "employee", "email", "group_bot", ""] = Field(description="empty: it was begun anew")
    at: AwareDatetime
    outcome: str
    error: str | None
    msgid: str | None = Field(None, description="WeChat's number for what it took, to ask Tencent by")


class DeadRow(BaseModel):
    id: uuid.UUID
    kind: str
    title: str
    member: MemberRef | None = Field(description="null: the county's group")
    state: Literal["failed", "refused", "uncertain"]
    reason: str = Field(description="why, in plain words; what the notice says is not shown here")
    tries: list[Attempt]
    created_at: AwareDatetime


class DeadPage(BaseModel):
    items: list[DeadRow]
    next_cursor: str | None


class NoticePath(BaseModel):
    notice_id: uuid.UUID


class ResentReply(BaseModel):
    id: uuid.UUID
    state: Literal["pending"]


@bp.get("/me/notices", responses={200: NoticePage})
def list_notices(query: NoticeQuery) -> Reply:
    """The caller's inbox, newest first, each notice once whatever became of it outside."""
    who, at = caller(), now()
    with reading() as session:
        muted = inbox.muted_by(session, who.county_id, who.member_id)
        statement = inbox.mine(who.county_id, who.member_id, muted, at, query.unread)
        rows = session.scalars(newest_first(statement, Notice.created_at, Notice.id, query)).all()
        unread = inbox.unread_count(session, who.county_id, who.member_id, muted, at)
    page, cursor = cut(rows, query, "created_at")
    items = [notice_row(notice, told.tell(notice, muted.get(notice.kind, ()), at, who.tz)) for notice in page]
    return NoticePage(items=items, unread=unread, next_cursor=cursor).model_dump(mode="json")


@bp.post("/me/notices/read", responses={200: UnreadReply})
def read_notices(body: ReadBody) -> Reply:
    """Mark some, or all up to an instant, as read; repeating it changes nothing."""
    who = caller()
    if (body.ids is None) == (body.until is None):
        raise invalid("read_what", "请说明要标记哪些消息：给出编号，或给出截止时间，二者选一。")
    with transaction() as session:
        inbox.read(session, who.county_id, who.member_id, now(), body.ids or (), body.until)
        muted = inbox.muted_by(session, who.county_id, who.member_id)
        unread = inbox.unread_count(session, who.county_id, who.member_id, muted, now())
    return UnreadReply(unread=unread).model_dump()


@bp.get("/me/notice-settings", responses={200: SettingsReply})
def read_settings() -> Reply:
    """Each kind that the caller can get, and where it is turned on."""
    with reading() as session:
        return _settings(session)


@bp.put("/me/notice-settings", responses={200: SettingsReply})
def change_settings(body: SettingsBody) -> Reply:
    """Turn kinds on and off, by place. What is named nowhere stays as it is."""
    who, at = caller(), now()
    wishes = [
        Wish(item.kind, place, wanted)
        for item in body.items
        for place in ("inbox", "wechat", "email")
        if (wanted := getattr(item, place)) is not None
    ]
    with transaction() as session:
        changed = inbox.set_wishes(session, who.county_id, who.member_id, wishes, at)
        if changed:
            facts = {"changed": [[wish.kind, wish.place, wish.wanted] for wish in changed]}
            record(session, who.county_id, who.member_id, "notice.settings_changed", who.member_id, facts, at)
        return _settings(session)


@bp.get("/notices/dead", responses={200: DeadPage})
def list_dead(query: DeadQuery) -> Reply:
    """What could not be delivered in the county, newest first: which kind, to whom, why; not what it says."""
    caller().require(*KEEPERS)
    with reading() as session:
        statement = dead.listed(caller().county_id, (query.state,) if query.state else dead.DEAD)
        rows = session.scalars(newest_first(statement, Notice.created_at, Notice.id, query)).all()
        page, cursor = cut(rows, query, "created_at")
        names = people.names(session, caller().county_id, {notice.member_id for notice in page if notice.member_id})
    items = [_dead_row(notice, names) for notice in page]
    return DeadPage(items=items, next_cursor=cursor).model_dump(mode="json")


@bp.post("/notices/<uuid:notice_id>/resend", responses={200: ResentReply})
def resend(path: NoticePath) -> Reply:
    """Send a dead one anew, from its first channel on."""
    who, at = caller(), now()
    who.require(*KEEPERS)
    with transaction() as session:
        notice = dead.resend(session, who.county_id, path.notice_id, at)
        facts = {"notice": str(notice.id), "kind": notice.kind}
        record(session, who.county_id, who.member_id, "notice.resent", notice.member_id, facts, at)
    return ResentReply(id=path.notice_id, state="pending").model_dump(mode="json")


def notice_row(notice: Notice, said: told.Told) -> NoticeRow:
    """One notice as its reader is told of it."""
    return NoticeRow(
        id=notice.id,
        kind=notice.kind,
        title=said.title,
        text=said.text,
        page=said.page,
        created_at=notice.created_at,
        read_at=notice.read_at,
        late=said.late,
        why=said.why,
        mute=said.mute,
        outside=said.outside,
    )


def _settings(session: Session) -> Reply:
    who = caller()
    muted = inbox.muted_by(session, who.county_id, who.member_id)
    items = []
    for name, kind in KINDS.items():
        if who.has(*kind.to):
            off = muted.get(name, frozenset())
            there = {"inbox", *(GROUP_OF[channel] for channel in kind.channels)}
            wanted = {place: place not in off if place in there else None for place in ("inbox", "wechat", "email")}
            items.append(
                SettingRow(kind=name, title=kind.title, purpose=kind.purpose, inbox_fixed=not kind.may_mute, **wanted)
            )
    return SettingsReply(items=items).model_dump(mode="json")


def _dead_row(notice: Notice, names: dict[uuid.UUID, str]) -> DeadRow:
    return DeadRow(
        id=notice.id,
        kind=notice.kind,
        title=dead.title_of(notice.kind),
        member=MemberRef(id=notice.member_id, name=names[notice.member_id]) if notice.member_id else None,
        state=notice.state,
        reason=dead.reason(notice),
        tries=[Attempt(**one) for one in notice.tries],
        created_at=notice.created_at,
    )
