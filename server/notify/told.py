"""PURE: a notice as its reader is told of it: what it says, why they got it, how to turn it off, what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from server.notify import course, messages
from server.notify.fit import day_words
from server.notify.models import Notice

_ARRIVED = {"subscribe": "已发到微信“服务通知”。", "employee": "已发到微信“小程序助手”。", "email": "已发到您的邮箱。"}
_OFF = "可以在“我的—消息设置”里关闭。"
_KEPT = "这件事须让您知道，收件箱里不能关闭；{outside}的提醒可以在“我的—消息设置”里关闭。"
_NO_WECHAT = "您还没有绑定微信，没有发出。"
_ALLOW = "在“我的—消息设置”里点“允许接收”，以后的消息就能收到。"
_REFUSED = f"微信没有收下：订阅次数用完了，或您关闭了订阅。{_ALLOW}"
_NO_CREDIT = f"没有发到微信：您允许的次数用完了。{_ALLOW}"
_NOT_BOUND = "没有发到微信：订阅次数用完了，也没有开通“小程序助手”消息；在“我的—消息设置”里可以开通。"
_NO_SUCH_MAIL = "邮箱没有收下，请检查邮箱地址。"
_LOST_PERSON = "微信没有收下，请重新登录小程序；以后的消息就能收到。"
_GONE = "当时您已不在名册上，没有发出。"
_MAIL_ALONE = {
    course.NO_MAIL: "这类消息只发邮件；您没有登记邮箱，只放在这里。",
    course.MAIL_OFF: "这类消息只发邮件；本县没有开通邮件，只放在这里。",
}
_OLD_KIND = "（这类消息已停用）"


@dataclass(frozen=True, slots=True)
class Told:
    """Plain sentences. `late`: its time is over, so that there is nothing to be done about it any more."""

    title: str
    text: str
    page: str
    why: str
    mute: str
    outside: str
    late: bool


def tell(notice: Notice, muted: Collection[str], now: datetime, tz: str) -> Told:
    """`muted`: the places in which the reader has turned this kind off; `tz`: whose clock the reader lives by."""
    kind = messages.KINDS.get(notice.kind)
    if kind is None:
        return Told(_OLD_KIND, "", messages.TODAY_PAGE, "", "", outside(notice, now, tz), False)
    late = notice.expires_at is not None and notice.expires_at <= now
    return Told(
        title=kind.title,
        text=_text(notice) + (_late_words(notice.kind) if late else ""),
        page=kind.page,
        why=kind.why,
        mute=_mute(kind, muted),
        outside=outside(notice, now, tz),
        late=late,
    )


def outside(notice: Notice, now: datetime, tz: str) -> str:
    """What became of it beside the inbox."""
    state = notice.state
    if state == "sent":
        return _ARRIVED.get(notice.channel or "subscribe", "已发出。")
    if state == "sending":
        return "正在发送。"
    if state == "pending":
        return _waits(notice, now, tz)
    if state == "refused":
        return _refused(notice.last_error or "")
    if notice.last_error in _MAIL_ALONE:
        return _MAIL_ALONE[notice.last_error]
    return {
        "failed": "没有发出去；管理员会看到原因，可以重新发送。",
        "expired": "已经过时，没有再发到微信。",
        "uncertain": "发送时没有收到回音，可能已经送到。",
        "muted": "您关闭了这类消息的提醒，只放在这里。",
    }[state]


def _refused(error: str) -> str:
    """Whoever refused, and what the reader can do about it."""
    if error == course.NO_ADDRESS:
        return _NO_WECHAT
    if error == course.GONE:
        return _GONE
    if error.startswith("SMTP"):
        return _NO_SUCH_MAIL
    if error == course.NO_CREDIT:
        return _NO_CREDIT
    if "40256" in error or "50001" in error:
        return _NOT_BOUND
    return _LOST_PERSON if "40003" in error else _REFUSED


def _text(notice: Notice) -> str:
    try:
        return messages.sentence(notice.kind, notice.facts)
    except messages.Unfit:  # written by another release; the inbox shows what it can
        return messages.KINDS[notice.kind].title + "。"


def _late_words(kind: str) -> str:
    return "这次打卡时间已过。" if kind == "reminder" else "这条提醒已过时。"


def _mute(kind: messages.Kind, muted: Collection[str]) -> str:
    groups = {messages.GROUP_OF[channel] for channel in kind.channels}
    outside = "和".join(word for group, word in (("wechat", "微信"), ("email", "邮件")) if group in groups)
    if groups <= set(muted):
        return f"您已关闭这类消息的{outside}提醒；可以在“我的—消息设置”里重新打开。"
    return _OFF if kind.may_mute else _KEPT.format(outside=outside)


def _waits(notice: Notice, now: datetime, tz: str) -> str:
    again = "发送时没有收到回音，可能已经送到；" if course.in_doubt(notice) else ""
    if notice.due_at <= now:
        return again + "正在发送。"
    at = notice.due_at.astimezone(ZoneInfo(tz))
    today = at.date() == now.astimezone(ZoneInfo(tz)).date()
    when = f"{at:%H:%M}" if today else f"{day_words(at.date().isoformat())} {at:%H:%M}"
    return f"{again}{when} 再发一次。" if again or notice.tries else f"{when} 发送。"
