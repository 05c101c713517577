"""The push side: events to the callback as WeChat sends them (facts section 4), three attempts at most."""

import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

import requests
import xmltodict
from flask import Blueprint, g, jsonify
from flask import request as flask_request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox.seal import seal, sign
from server.wechat.sandbox.state import Callback, Fault, State, state

bp = Blueprint("pushes", __name__, url_prefix="/_sandbox")
_ATTEMPTS = 3
_THANKS = ("success", "")  # what WeChat takes for an acknowledgement


class CallbackOrder(BaseModel):
    """Where events go; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid")
    url: str = Field(pattern="^https?://")
    token: str | None = None
    aes_key: str | None = None
    mode: Literal["plain", "compatible", "secure"] | None = None
    format: Literal["json", "xml"] | None = None
    timeout_s: float | None = Field(None, gt=0, le=60)


class PushOrder(BaseModel):
    """Events in the order in which they shall arrive. `times`: each is pushed anew so often, with a stamp of its own;
    `replay`: the very same request comes once more; `wrong_signature`: a probe, which is not tried again."""

    model_config = ConfigDict(extra="forbid")
    events: list[dict[str, Any]] = Field(min_length=1, max_length=1000)
    mode: Literal["plain", "compatible", "secure"] | None = None
    format: Literal["json", "xml"] | None = None
    times: int = Field(1, ge=1, le=100)
    replay: bool = False
    wrong_signature: bool = False


@bp.post("/callback")
def configure() -> ResponseReturnValue:
    """Set the callback, if it answers the greeting by which WeChat's console tries it."""
    order = CallbackOrder.model_validate_json(flask_request.get_data())
    known = state()
    wanted = known.callback.changed(**order.model_dump(exclude_none=True))
    echo = secrets.token_hex(8)
    try:
        query = _stamp(wanted) | {"echostr": echo}
        answer = requests.get(order.url, params=query, timeout=wanted.timeout_s)
        verified = (answer.status_code, answer.text) == (200, echo)
    except requests.RequestException:
        verified = False
    verified = verified and (wanted.mode == "plain" or wanted.aes_key is not None)
    if verified:
        known.callback = wanted
    return jsonify(verified=verified), 200 if verified else 400


@bp.post("/push")
def push() -> ResponseReturnValue:
    """Push any events; the answer lists the attempts of each: status (null: no answer in time) and body."""
    order = PushOrder.model_validate_json(flask_request.get_data())
    known = state()
    to = known.callback.changed(**{k: v for k in ("mode", "format") if (v := getattr(order, k))})
    if to.url is None or (to.mode != "plain" and to.aes_key is None):
        return jsonify(error="no callback is set, or no key to seal with"), 409
    told = []
    for event in order.events:
        for _time in range(order.times):
            told.append(deliver(known, event, to, order.wrong_signature, order.replay))
    return jsonify(pushed=told)


def deliver(
    known: State, event: Mapping[str, Any], to: Callback, wrong_signature: bool = False, replay: bool = False
) -> list[dict[str, Any]]:
    """One push, and again with the same body until it is acknowledged, three times in all; what each attempt met."""
    body, sealed = _written(known, event, to)
    attempts: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    for _attempt in range(1 if wrong_signature else _ATTEMPTS):
        query = _stamp(to, sealed)
        if sealed:
            query |= {"openid": str(event.get("FromUserName", "")), "encrypt_type": "aes"}
        if wrong_signature:
            query |= dict.fromkeys(("signature", "msg_signature") if sealed else ("signature",), "0" * 40)
        attempts.append(_attempted(to, query, body))
        if attempts[-1]["status"] == 200 and attempts[-1]["body"] in _THANKS:
            break
    if replay:
        attempts.append(_attempted(to, query, body))
    return attempts


def later(known: State, event: Mapping[str, Any]) -> None:
    """Push when whatever causes the event has been answered; nothing when no callback is set. Twice, if that is the
    fault of the current call."""
    if known.callback.url is None:
        return
    fault: Fault | None = g.get("fault")
    for _time in range(2 if fault is not None and fault.duplicate else 1):
        threading.Thread(target=deliver, args=(known, event, known.callback), daemon=True).start()


def _attempted(to: Callback, query: Mapping[str, str], body: str) -> dict[str, Any]:
    kind = "application/json" if to.format == "json" else "text/xml"
    try:
        answer = requests.post(
            str(to.url), params=query, data=body.encode(), headers={"Content-Type": kind}, timeout=to.timeout_s
        )
    except requests.RequestException:
        return {"status": None, "body": ""}
    return {"status": answer.status_code, "body": answer.text[:200]}


def _stamp(to: Callback, sealed: str | None = None) -> dict[str, str]:
    """timestamp, nonce and signatures. By the real clock: the sandbox's may be ahead, to see tokens grow old."""
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    query = {"signature": sign(to.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    if sealed is not None:
        query["msg_signature"] = sign(to.token, timestamp, nonce, sealed)
    return query


def _written(known: State, event: Mapping[str, Any], to: Callback) -> tuple[str, str | None]:
    """The body, and its sealed part."""
    said = dict(event)
    if to.mode == "plain":
        return _text(said, to.format), None
    sealed = seal(_text(said, to.format), str(to.aes_key), known.appid)
    open_part = said if to.mode == "compatible" else {"ToUserName": said.get("ToUserName", "")}
    return _text(open_part | {"Encrypt": sealed}, to.format), sealed


def _text(said: dict[str, Any], form: str) -> str:
    """JSON has a bare List, an object when one entry and an array when several; XML nests it in the event's name."""
    entries = said.get("List")
    if isinstance(entries, list) and len(entries) == 1:
        said = said | {"List": entries[0]}
    if form == "json":
        return json.dumps(said, ensure_ascii=False)
    if entries is not None:
        name = "".join(part.title() for part in str(said.get("Event", "")).split("_"))
        said = {key: value for key, value in said.items() if key != "List"} | {name: {"List": entries}}
    return str(xmltodict.unparse({"xml": said}, full_document=False))
