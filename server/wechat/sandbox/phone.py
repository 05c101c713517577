"""What people do in WeChat itself: answer a subscribe dialog, turn a template off, take their authorisation back."""

import time
from typing import Any, Literal

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox import pushes
from server.wechat.sandbox.state import State, state

bp = Blueprint("phone", __name__, url_prefix="/_sandbox")


class _Order(BaseModel):
    """`push` false: the event is only answered, to be pushed later, or before another, or never."""

    model_config = ConfigDict(extra="forbid")
    openid: str = Field(min_length=1, max_length=64)
    push: bool = True


class DialogOrder(_Order):
    """The dialog of wx.requestSubscribeMessage. `press` null: a tap after 总是保持以上选择, which shows no dialog."""

    template_ids: list[str] = Field(min_length=1, max_length=5)
    press: Literal["accept", "reject"] | None = None
    always: bool = Field(False, description="总是保持以上选择 is ticked: every later tap answers the same by itself")


class OffOrder(_Order):
    template_ids: list[str] = Field(min_length=1, max_length=50)


class RevokeOrder(_Order):
    code: str = Field(description="7 camera, 8 phone number, 13 location, 14 photos …")


@bp.post("/dialog")
def dialog() -> ResponseReturnValue:
    """Press a button of the dialog; the answer is what wx.requestSubscribeMessage would give the mini-program."""
    order = DialogOrder.model_validate_json(request.get_data())
    known = state()
    answers: dict[str, str] = {}
    with known.lock:
        for template in order.template_ids:
            answer = order.press or known.always.get((order.openid, template))
            if answer is None or template not in known.templates:
                return jsonify(error=f"nothing to press for {template}"), 400
            answers[template] = answer
        for template, answer in answers.items():
            key = order.openid, template
            if order.always:
                known.always[key] = answer
            if answer == "accept":
                known.credits[key] = known.credits.get(key, known.default_credits) + 1
    entries = [
        {"TemplateId": template, "SubscribeStatusString": answer, "PopupScene": "0"}
        for template, answer in answers.items()
    ]
    event = _event(order.openid, "subscribe_msg_popup_event", List=entries)
    return jsonify(answers=answers, **_pushed(known, event, order.push))


@bp.post("/off")
def off() -> ResponseReturnValue:
    """Turn templates off in the settings of the mini-program: what was accepted is gone."""
    order = OffOrder.model_validate_json(request.get_data())
    known = state()
    with known.lock:
        for template in order.template_ids:
            known.credits[order.openid, template] = 0
            known.always[order.openid, template] = "reject"
    entries = [{"TemplateId": template, "SubscribeStatusString": "reject"} for template in order.template_ids]
    event = _event(order.openid, "subscribe_msg_change_event", List=entries)
    return jsonify(_pushed(known, event, order.push))


@bp.post("/revoke")
def revoke() -> ResponseReturnValue:
    """Take one authorisation back."""
    order = RevokeOrder.model_validate_json(request.get_data())
    event = _privacy(state(), order.openid, "user_authorization_revoke", RevokeInfo=order.code)
    return jsonify(_pushed(state(), event, order.push))


@bp.post("/cancel")
def cancel() -> ResponseReturnValue:
    """Leave the mini-program for good: what was accepted is gone, too."""
    order = _Order.model_validate_json(request.get_data())
    known = state()
    with known.lock:
        for key in [key for key in (*known.credits, *known.always) if key[0] == order.openid]:
            known.credits[key] = 0
            known.always.pop(key, None)
    return jsonify(_pushed(known, _privacy(known, order.openid, "user_authorization_cancellation"), order.push))


def sent_event(openid: str, template_id: str, msgid: int) -> dict[str, Any]:
    """What WeChat pushes a moment after it has delivered a message."""
    entry = {"TemplateId": template_id, "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}
    return _event(openid, "subscribe_msg_sent_event", List=[entry])


def _event(openid: str, name: str, **more: Any) -> dict[str, Any]:
    """A subscribe event; its CreateTime is text, as in the documentation's sample."""
    made = {"ToUserName": "gh_sandbox", "FromUserName": openid, "CreateTime": str(int(time.time()))}
    return made | {"MsgType": "event", "Event": name, **more}


def _privacy(known: State, openid: str, name: str, **more: Any) -> dict[str, Any]:
    """A privacy event comes from the platform, names the person apart, and has a number for its time."""
    made = {"ToUserName": "gh_sandbox", "FromUserName": "o-platform", "CreateTime": int(time.time())}
    return made | {"MsgType": "event", "Event": name, "OpenID": openid, "AppID": known.appid, **more}


def _pushed(known: State, event: dict[str, Any], now: bool) -> dict[str, Any]:
    attempts = pushes.deliver(known, event, known.callback) if now and known.callback.url else []
    return {"event": event, "pushed": attempts}
