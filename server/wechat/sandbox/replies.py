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
    rid = f"{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return jsonify(errcode=errcode, errmsg=f"{errmsg} rid: {rid}")


def posted_json() -> dict[str, Any]:
    """The JSON object of a POST, whatever its Content-Type says. Raises Refused 43002 or 47001."""
    if request.method != "POST":
        raise Refused(43002, "require POST method")
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body
