"""What templates the account really has, and what is wrong with those configured; WeChat is asked once an hour."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.notify.messages import KINDS, SUBSCRIBED
from server.notify.models import AccountTemplate
from server.notify.subscriptions import expected_keys, template_id
from server.wechat.client import Template


@dataclass(frozen=True, slots=True)
class Fault:
    """Why messages of these kinds will not arrive, in words for an operator."""

    template_id: str
    kinds: tuple[str, ...]
    words: str


def keep(session: Session, told: Sequence[Template], now: datetime) -> None:
    """Replace what was known of the account by what WeChat says now."""
    session.execute(delete(AccountTemplate))
    session.add_all(
        AccountTemplate(
            template_id=one.id[:64], title=one.title[:60], lasting=one.lasting, keys=[*one.keys], told_at=now
        )
        for one in told
    )


def known(session: Session) -> Sequence[AccountTemplate]:
    """The account's templates as they were last told; none: WeChat has not answered yet, or there are none."""
    return session.scalars(select(AccountTemplate).order_by(AccountTemplate.template_id)).all()


def lasting(session: Session) -> frozenset[str]:
    """The ids of those that are accepted once for all that come."""
    return frozenset(session.scalars(select(AccountTemplate.template_id).where(AccountTemplate.lasting)))


def faults(configured: Mapping[str, str], account: Iterable[AccountTemplate]) -> list[Fault]:
    """What is wrong with WECHAT_TEMPLATES by what the account has: a template that is not there, or one with other
    fields than are filled in. WeChat refuses the first with 40037 and the second with 47003, message by message."""
    has = {one.template_id: one for one in account}
    used: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for kind in SUBSCRIBED:
        used.setdefault((template_id(kind, configured), expected_keys(kind, configured)), []).append(kind)
    found = []
    for (id_, keys), kinds in used.items():
        theirs = has.get(id_)
        if theirs is None:
            found.append(Fault(id_, tuple(kinds), f"{_titles(kinds)}：账号里没有模板 {id_}，这些消息发不出去。"))
        elif sorted(keys) != sorted(theirs.keys):
            differ = f"模板 {id_}（{theirs.title}）的字段是 {'、'.join(theirs.keys)}，这里填的是 {'、'.join(keys)}"
            found.append(Fault(id_, tuple(kinds), f"{_titles(kinds)}：{differ}，微信会拒收。"))
    return found


def _titles(kinds: Sequence[str]) -> str:
    return "、".join(dict.fromkeys(KINDS[kind].title for kind in kinds))
