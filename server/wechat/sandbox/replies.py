"""How WeChat answers: HTTP 200 also for a refusal, an errcode, and an errmsg that ends in a trace id."""

import secrets
import time
from typing import Any

from flask import Response, jsonify, request


class Refused(Exception):
    """The call is refused with an errcode; the app turns it into an answer."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg


def refusal(errcode: int, errmsg: str) -> Response:
    """`{"errcode", "errmsg": "… rid: …"}`: nobody may compare the text for equality."""
    return jsonify(errcode=errcode, errmsg=f"{errmsg} rid: {new_id()}")


def ok(**more: Any) -> Response:
    """The call was carried out; what else it says."""
    return jsonify(errcode=0, errmsg="ok", **more)


def new_id() -> str:
    """A rid or trace_id: the second and some chance."""
    return f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def posted_json() -> dict[str, Any]:
    """The JSON object of a POST, whatever its Content-Type says. Raises Refused 43002, 44002 or 47001."""
    if request.method != "POST":
        raise Refused(43002, "require POST method")
    if not request.get_data():
        raise Refused(44002, "empty post data")
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body
