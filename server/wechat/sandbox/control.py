"""The control plane, ours and not WeChat's: mint codes, name personas, set credits, inject faults, read messages."""

from dataclasses import asdict
from datetime import timedelta
from typing import Literal

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from server.wechat.sandbox import login, tokens
from server.wechat.sandbox.state import Fault, Message, state

bp = Blueprint("control", __name__, url_prefix="/_sandbox")


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CodeOrder(_Order):
    openid: str = Field(min_length=1, max_length=64)


class Persona(_Order):
    openid: str = Field(min_length=1, max_length=64)
    name: str = ""
    role: str = ""


class CreditsOrder(_Order):
    openid: str
    template_id: str | None = Field(None, description="every template when absent")
    credits: int = Field(ge=0)


class FaultOrder(_Order):
    path: str = Field(pattern="^/")
    times: int = Field(ge=0, description="0 takes the path's faults away")
    errcode: int | None = None
    http_status: int | None = Field(None, ge=200, le=599)
    hang_s: float = Field(0, ge=0, le=600)
    reset: bool = False
    body: str | None = None
    carried_out: bool = Field(False, description="the call takes effect, only its answer is spoilt")
    truncate: Literal["json", "body"] | None = Field(None, description="half of the call's own answer")
    duplicate: bool = Field(False, description="what the call makes WeChat push is pushed twice")


class ClockOrder(_Order):
    advance_s: float = Field(0, ge=0)
    frozen: bool | None = Field(None, description="stops, or goes on from where it stands")


@bp.post("/codes")
def codes() -> ResponseReturnValue:
    """What wx.login returns on this person's phone; an openid never seen becomes a user."""
    order = CodeOrder.model_validate_json(request.get_data())
    return jsonify(code=login.mint(state(), order.openid))


@bp.post("/personas")
def personas() -> ResponseReturnValue:
    """Who the users are, for the page: [{openid, name, role}]. They become users, so messages can reach them."""
    people = TypeAdapter(list[Persona]).validate_json(request.get_data())
    for person in people:
        state().register(person.openid, name=person.name, role=person.role)
    return jsonify(personas=len(people))


@bp.get("/messages")
def messages() -> ResponseReturnValue:
    """What arrived, oldest first; `?openid=` for one person."""
    openid = request.args.get("openid")
    with state().lock:
        arrived = [message for message in state().messages if openid is None or message.openid == openid]
    return jsonify([_shown(message) for message in arrived])


@bp.post("/credits")
def credits() -> ResponseReturnValue:
    """How many messages the person has accepted and not yet received."""
    order = CreditsOrder.model_validate_json(request.get_data())
    known = state()
    with known.lock:
        for template_id in [order.template_id] if order.template_id else known.templates:
            known.credits[order.openid, template_id] = order.credits
    return jsonify(credits=order.credits)


@bp.post("/faults")
def faults() -> ResponseReturnValue:
    """Spoil the next calls of a path; faults of one path are met in the order they were asked for."""
    order = FaultOrder.model_validate_json(request.get_data())
    known = state()
    with known.lock:
        known.faults = [f for f in known.faults if f.times > 0 and (order.times > 0 or f.path != order.path)]
        if order.times:
            known.faults.append(Fault(**order.model_dump()))
        return jsonify(waiting=[asdict(fault) for fault in known.faults])


@bp.post("/tokens/expire")
def expire_tokens() -> ResponseReturnValue:
    """Every access token is from now on answered with 42001."""
    return jsonify(expired=tokens.expire_all(state()))


@bp.post("/tokens/supersede")
def supersede_tokens() -> ResponseReturnValue:
    """Every access token is from now on answered with 40001, as when somebody else has fetched one."""
    return jsonify(superseded=tokens.supersede_all(state()))


@bp.post("/clock")
def clock() -> ResponseReturnValue:
    """Let time pass in the sandbox, or stop it."""
    order = ClockOrder.model_validate_json(request.get_data())
    if order.frozen is not None:
        state().freeze(order.frozen)
    state().advance(timedelta(seconds=order.advance_s))
    return jsonify(now=state().now().isoformat())


@bp.get("/calls")
def calls() -> ResponseReturnValue:
    """How often each WeChat path was called since the start."""
    with state().lock:
        return jsonify(dict(state().calls))


def _shown(message: Message) -> dict[str, object]:
    return asdict(message) | {"at": message.at.isoformat()}
