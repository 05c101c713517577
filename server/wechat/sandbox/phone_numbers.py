"""Phone numbers: what getPhoneNumber gives the mini-program is exchanged once, within five minutes, for the number."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox import tokens
from server.wechat.sandbox.replies import Refused, ok, posted_json
from server.wechat.sandbox.state import state

bp = Blueprint("phone_numbers", __name__)
_CODE_LIVES = timedelta(seconds=300)


@dataclass(slots=True)
class PhoneCode:
    """Another kind of code than wx.login's: neither is taken for the other."""

    openid: str
    number: str
    country_code: str
    made_at: datetime
    used: bool = False


@dataclass(slots=True)
class PhoneCodes:
    by_code: dict[str, PhoneCode] = field(default_factory=dict)


class PhoneCodeOrder(BaseModel):
    """The person may choose a number that is not the one of their WeChat."""

    model_config = ConfigDict(extra="forbid")
    openid: str = Field(min_length=1, max_length=64)
    number: str = Field(pattern=r"^[0-9]{4,15}$", description="without the country's code")
    country_code: str = Field("86", pattern=r"^[0-9]{1,4}$")


@bp.post("/_sandbox/phone-codes")
def mint() -> ResponseReturnValue:
    """What `e.detail.code` is when this person lets the mini-program have this number."""
    order = PhoneCodeOrder.model_validate_json(request.get_data())
    known, made = state(), secrets.token_hex(32)
    with known.lock:
        known.register(order.openid)
        known.of(PhoneCodes).by_code[made] = PhoneCode(**order.model_dump(), made_at=known.now())
    return jsonify(code=made)


@bp.post("/wxa/business/getuserphonenumber")
def getuserphonenumber() -> ResponseReturnValue:
    """The number; with an `openid` that is not the code's owner the code is refused, and not used up."""
    tokens.require()
    body, known = posted_json(), state()
    with known.lock:
        code = known.of(PhoneCodes).by_code.get(str(body.get("code")))
        openid = body.get("openid")
        if code is None or code.used or known.now() - code.made_at >= _CODE_LIVES or openid not in (None, code.openid):
            raise Refused(40029, "invalid code")
        code.used = True
    abroad = code.country_code != "86"
    return ok(
        phone_info={
            "phoneNumber": f"+{code.country_code}{code.number}" if abroad else code.number,
            "purePhoneNumber": code.number,
            "countryCode": code.country_code,
            "watermark": {"timestamp": int(code.made_at.timestamp()), "appid": known.appid},
        }
    )
