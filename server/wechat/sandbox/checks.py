"""Content security (facts section 5): text at once, media later by a push; and version 1, which wechatpy calls."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import requests
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox import pushes, tokens
from server.wechat.sandbox.login import visitor
from server.wechat.sandbox.replies import Refused, new_id, ok, posted_json
from server.wechat.sandbox.state import State, state

bp = Blueprint("checks", __name__)
_MOST_TEXT = 2500
_MOST_MEDIA = 10 * 1024 * 1024
_MOST_IMAGE = 1024 * 1024  # of the first version
_DOWNLOAD_S = 5
_CLEAR = ("pass", 100)


@dataclass(slots=True)
class Verdicts:
    """What the next checks find; without any, that there is nothing. `takes_s`: until the push about media."""

    waiting: list[tuple[str, int]] = field(default_factory=list)
    takes_s: float = 1

    def next(self) -> tuple[str, int]:
        return self.waiting.pop(0) if self.waiting else _CLEAR


class VerdictOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    suggest: Literal["pass", "review", "risky"] = "risky"
    label: int = Field(20002, description="20001 politics, 20002 porn, 20006 crime, 21000 other …")
    times: int = Field(1, ge=0, le=1000)
    takes_s: float | None = Field(None, ge=0, le=3600)


@bp.post("/_sandbox/verdicts")
def verdicts() -> ResponseReturnValue:
    """What the next checks of any kind find."""
    order, known = VerdictOrder.model_validate_json(request.get_data()), state()
    with known.lock:
        kept = known.of(Verdicts)
        kept.waiting += [(order.suggest, order.label)] * order.times
        kept.takes_s = kept.takes_s if order.takes_s is None else order.takes_s
        return jsonify(waiting=len(kept.waiting))


@bp.post("/wxa/msg_sec_check")
def msg_sec_check() -> ResponseReturnValue:
    """Text, at once."""
    tokens.require()
    body, known = posted_json(), state()
    content = body.get("content")
    if not isinstance(content, str) or not 1 <= len(content) <= _MOST_TEXT:
        raise Refused(47001, "data format error")
    if "version" not in body:
        return _first_version(known)
    _check_asker(known, body)
    suggest, label = _found(known)
    return ok(result={"suggest": suggest, "label": label}, detail=[_detail(suggest, label)], trace_id=new_id())


@bp.post("/wxa/media_check_async")
def media_check_async() -> ResponseReturnValue:
    """An image or a sound: it is downloaded and judged later, and the result is pushed."""
    tokens.require()
    body, known = posted_json(), state()
    url = body.get("media_url")
    if body.get("media_type") not in (1, 2):
        raise Refused(40004, "invalid media type")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(47001, "data format error")
    if "version" in body:
        _check_asker(known, body)
    trace_id, (suggest, label) = new_id(), _found(known)
    event = {"appid": known.appid, "trace_id": trace_id} | (
        {"version": 2, "detail": [_detail(suggest, label)], "result": {"suggest": suggest, "label": label}}
        if "version" in body
        else {"isrisky": int(suggest == "risky"), "extra_info_json": "", "status_code": 0}
    )
    threading.Thread(target=_judge, args=(known, url, event, known.of(Verdicts).takes_s), daemon=True).start()
    return ok(trace_id=trace_id)


@bp.post("/wxa/img_sec_check")
def img_sec_check() -> ResponseReturnValue:
    """The first version for images: the bytes themselves, as `media` of a form."""
    tokens.require()
    media = request.files.get("media")
    image = media.read() if media else b""
    if not image:
        raise Refused(41005, "media data missing")
    if len(image) > _MOST_IMAGE:
        raise Refused(40006, "invalid meida size")  # as WeChat spells it
    return _first_version(state())


def _first_version(known: State) -> ResponseReturnValue:
    if _found(known)[0] == "risky":
        raise Refused(87014, "risky content")
    return ok()


def _check_asker(known: State, body: Mapping[str, Any]) -> None:
    if body.get("scene") not in (1, 2, 3, 4):
        raise Refused(40129, "invalid scene")
    visitor(known, body.get("openid"))


def _found(known: State) -> tuple[str, int]:
    with known.lock:
        return known.of(Verdicts).next()


def _detail(suggest: str, label: int) -> dict[str, Any]:
    return {"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}


def _judge(known: State, url: str, event: dict[str, Any], after_s: float) -> None:
    """Download it, as the platform would, and push what was found, or -1008."""
    time.sleep(after_s)
    if "version" in event:
        event |= {"errcode": 0, "errmsg": "ok"} if _downloads(url) else {"errcode": -1008, "errmsg": "download failed"}
    elif not _downloads(url):
        event |= {"status_code": 4294966288}  # -1008 as an unsigned number, which the first version tells
    head = {"ToUserName": "gh_sandbox", "FromUserName": "o-platform", "CreateTime": int(time.time())}
    if known.callback.url:
        pushes.deliver(known, head | {"MsgType": "event", "Event": "wxa_media_check"} | event, known.callback)


def _downloads(url: str) -> bool:
    try:
        with requests.get(url, stream=True, timeout=_DOWNLOAD_S) as answer:
            size = 0
            for block in answer.iter_content(65_536):
                size += len(block)
                if size > _MOST_MEDIA:
                    return False
            return answer.status_code == 200 and size > 0
    except requests.RequestException:
        return False
