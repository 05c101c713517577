"""用户安全等级: how risky WeChat holds a person, from 0 to 4, and whether it lets them sign in at all."""

import ipaddress
import secrets

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox import tokens
from server.wechat.sandbox.login import visitor
from server.wechat.sandbox.replies import Refused, posted_json
from server.wechat.sandbox.state import state

bp = Blueprint("risk", __name__)


class RiskOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    openid: str = Field(min_length=1, max_length=64)
    risk: int = Field(0, ge=0, le=4)
    blocked: bool = Field(False, description="jscode2session answers 40226")


@bp.post("/_sandbox/risk")
def change() -> ResponseReturnValue:
    """What WeChat thinks of this person."""
    order = RiskOrder.model_validate_json(request.get_data())
    state().register(order.openid, risk=order.risk, blocked=order.blocked)
    return jsonify(order.model_dump())


@bp.post("/wxa/getuserriskrank")
def getuserriskrank() -> ResponseReturnValue:
    """Of a person who was here within two hours. `unoin_id` is how WeChat spells it."""
    tokens.require()
    body = posted_json()
    if body.get("appid") != state().appid:
        raise Refused(40013, "invalid appid")
    if body.get("scene") not in (0, 1, 2):
        raise Refused(40129, "invalid scene")
    try:
        ipaddress.ip_address(str(body.get("client_ip")))
    except ValueError:
        raise Refused(47001, "data format error") from None
    user = visitor(state(), body.get("openid"))
    return jsonify(errcode=0, errmsg="getuserriskrank succ", risk_rank=user.risk, unoin_id=secrets.randbelow(2**31))
