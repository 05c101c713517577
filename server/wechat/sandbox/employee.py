"""用工关系消息: to staff who have bound themselves and taken the template; its data is text (facts section 3)."""

import json
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox import subscribe, tokens
from server.wechat.sandbox.message_templates import EMPLOYEE_TEMPLATES
from server.wechat.sandbox.replies import Refused, posted_json
from server.wechat.sandbox.staff import Staff
from server.wechat.sandbox.state import state

bp = Blueprint("employee", __name__)


class StaffOrder(BaseModel):
    """What wx.bindEmployeeRelation is answered with, and wx.requestSubscribeEmployeeMessage, which adds templates.
    `bound` false: refused, or ended by the person in WeChat."""

    model_config = ConfigDict(extra="forbid")
    openid: str = Field(min_length=1, max_length=64)
    template_ids: list[str] | None = Field(None, description="every one when absent")
    bound: bool = True


@bp.post("/_sandbox/staff")
def order() -> ResponseReturnValue:
    """Bind a person as staff with these templates beside those they took before, or unbind them."""
    wanted = StaffOrder.model_validate_json(request.get_data())
    with state().lock:
        staff = state().of(Staff)
        if wanted.bound:
            taken = EMPLOYEE_TEMPLATES if wanted.template_ids is None else wanted.template_ids
            staff.bound.setdefault(wanted.openid, set()).update(taken)
            staff.refused.discard(wanted.openid)
        else:
            staff.bound.pop(wanted.openid, None)
            staff.refused.add(wanted.openid)
    return _told(wanted.openid)


@bp.get("/_sandbox/staff")
def ask() -> ResponseReturnValue:
    """What wx.checkEmployeeRelation says on this person's phone, and the templates they take."""
    return _told(request.args.get("openid", ""))


def _told(openid: str) -> ResponseReturnValue:
    with state().lock:
        staff = state().of(Staff)
        status = "accept" if openid in staff.bound else "reject" if openid in staff.refused else ""
        return jsonify(bindingStatus=status, templates=sorted(staff.bound.get(openid, ())))


@bp.route("/cgi-bin/message/wxopen/employeerelationmsg/send", methods=["GET", "POST"])
def send() -> ResponseReturnValue:
    """Deliver one message to 小程序助手, or say why not. Nothing is used up by it."""
    tokens.require()
    body = posted_json()
    known, openid = state(), body.get("touser")
    template = EMPLOYEE_TEMPLATES.get(str(body.get("template_id")))
    if template is None or not isinstance(openid, str):
        raise Refused(40097, "invalid args")
    values = _values(body.get("data"))
    with known.lock:
        takes = state().of(Staff).bound.get(openid)
    if takes is None:
        raise Refused(40256, "employee relation not bound")
    if template.id not in takes:
        raise Refused(50001, "user has not subscribed the template")
    fields = subscribe.fields_of(template, values)
    with subscribe.alone(known, openid):
        known.keep(
            openid=openid,
            template_id=template.id,
            title=template.title,
            fields=fields,
            page=body.get("page"),
            miniprogram_state="formal",
        )
    return jsonify(errcode=0, errmsg="ok")


def _values(data: Any) -> Any:
    """What stands in the text. An object instead of the text is what everybody sends the first time: 40097."""
    if not isinstance(data, str):
        raise Refused(40097, "invalid args: data must be a string")
    try:
        read = json.loads(data)
    except ValueError:
        raise Refused(40097, "invalid args: data") from None
    if not isinstance(read, dict) or not isinstance(read.get("data"), dict):
        raise Refused(40097, "invalid args: data")
    return read["data"]
