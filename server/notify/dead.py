"""What could not be delivered, with the reason, and how it is sent anew."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from server.errors import conflict, not_found
from server.notify import course, messages
from server.notify.models import Notice

DEAD = ("failed", "refused", "uncertain")
_WORDS = {
    course.NO_ADDRESS: "没有绑定微信，也没有能用的邮箱。",
    course.GONE: "本人已不在名册上。",
    course.NO_CREDIT: "订阅次数用完了，没有再问微信。",
    course.CUT_OFF: "发送途中服务被中断，不知道是否送到。",
    # by errcode (wechat-facts, section 3)
    "43101": "本人没有订阅，或订阅次数用完了。",
    "40003": "微信不认识这个人，请让本人重新登录。",
    "40037": "模板编号不对，请检查 WECHAT_TEMPLATES。",
    "41030": "小程序里没有这个页面，请先发布新版本。",
    "43107": "小程序的订阅消息能力被封禁，请到微信后台查看。",
    "43108": "微信正忙着给同一个人发消息，多次没有成功。",
    "45168": "内容里有敏感词，微信不发。",
    "47003": "内容与模板不符，请检查模板的字段。",
    "45009": "当天的发送次数用完了。",
    "44993": "当天的发送次数用完了。",
    "40256": "本人没有绑定用工关系。",
    "43104": "小程序没有获准使用这种消息，请到微信后台申请。",
    "50001": "本人没有接受这个用工关系模板。",
    "93000": "群机器人的密钥不对，或机器人已被移除，请检查 GROUP_BOTS。",
}


def listed(county_id: int, states: Collection[str] = DEAD) -> Select[Notice]:
    """The county's notices in one of these states: its dead letters, unless others are asked for."""
    return select(Notice).where(Notice.county_id == county_id, Notice.state.in_(states))


def reason(notice: Notice) -> str:
    """Why, in plain words; what is not known says the channel's own."""
    said = notice.last_error or ""
    if known := in_words(said):
        return known
    code = _code(said)
    if notice.state == "uncertain":
        return "发送时没有收到回音，不知道是否送到。"
    if said.startswith("SMTP"):
        return "邮件没有发出去，请检查邮箱地址和邮件设置。"
    if code.isdigit() and (not notice.tries or notice.tries[-1]["outcome"] != "later"):
        return f"没有送到，对方答复错误码 {code}。"
    return "内容与这类消息不符。" if said.startswith("facts") else "多次发送没有成功。"


def in_words(error: str) -> str | None:
    """What an error of ours or an answer of WeChat's means; None when it is not known."""
    return _WORDS.get(error) or _WORDS.get(_code(error))


def _code(error: str) -> str:
    return error.removeprefix("WeChat errcode ").partition(":")[0]


def resend(session: Session, county_id: int, notice_id: uuid.UUID, now: datetime) -> Notice:
    """Begin a dead one anew, from its first channel. Raises 404, or 409 when there is nothing to send again."""
    found = session.scalar(select(Notice).where(Notice.county_id == county_id, Notice.id == notice_id))
    if found is None:
        raise not_found()
    if found.state in DEAD and found.expires_at is not None and found.expires_at <= now:
        raise conflict("notice_late", "这条消息已经过时，不用再发。")
    tries: list[Any] = [*found.tries, {"channel": "", "at": now.isoformat(), "outcome": course.RESENT, "error": None}]
    begun = session.execute(
        update(Notice)
        .where(Notice.county_id == county_id, Notice.id == notice_id, Notice.state.in_(DEAD))
        .values(state="pending", channel=None, attempts=0, tries=tries, due_at=now, last_error=None, claim=None)
        .returning(Notice.id)
    )
    if begun.first() is None:
        raise conflict("notice_not_dead", "这条消息正在发送或已经送达，不用再发。")
    return found


def title_of(kind: str) -> str:
    """What people call this kind."""
    known = messages.course_of(kind)
    return known.title if known else kind
