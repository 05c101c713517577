"""Binding by phone number: WeChat vouches for the number, and the register says whose it is."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import hold_member
from server.errors import AppError, conflict
from server.org import signin
from server.org.models import Member
from server.sealing import Sealer


def bind_by_phone(session: Session, openid: str, phone: str, sealer: Sealer, now: datetime) -> Member:
    """Bind `openid` to the one member, of whichever county, who is registered with this number (E.164) and not bound.

    Who is bound already is not taken over by a number alone: numbers are given to others after a while, and WeChat lets
    people choose one that is not their WeChat's. Nor does one that went with a lost phone (people.lost_phone).
    Raises 404 `phone_unknown`, 409 `phone_shared` or `bound_elsewhere`.
    """
    of_number = select(Member).where(Member.phone_digest.in_(sealer.digests(phone)), Member.removed_at.is_(None))
    found = session.execute(of_number.with_only_columns(Member.county_id, Member.id)).all()
    if not found:
        raise AppError(
            404, "phone_unknown", "这个手机号还没有登记，请让单位登记您的手机号后再试，或向单位要一个邀请码。"
        )
    if len(found) > 1:
        raise conflict("phone_shared", "这个手机号登记了不止一名队员，请向单位要一个邀请码。")
    hold_member(session, found[0].county_id, found[0].id)
    member = session.scalar(of_number.where(Member.county_id == found[0].county_id, Member.id == found[0].id))
    if member is None:  # removed, or given another number, in this moment
        raise conflict("state_changed", "数据刚刚被改动，没有保存；请刷新后再试。")
    if member.openid is not None and member.openid != openid:
        raise conflict("bound_elsewhere", "您的账号已绑定另一个微信。换了手机或微信，请单位监督人员办理后再绑定。")
    signin.take_over(session, member, openid, {"by": "phone"}, now)
    return member
