"""What every call that sends was really answered, by what it was about: the truth that a notice's reasons are held
against."""

import json
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from server.notify import course
from server.wechat.sandbox.group_bot import group_of
from server.wechat.sandbox.state import Fault
from tests.soak.faults import BOT, SEND, STAFF, TOKEN

_ERRCODE = "WeChat errcode "
_NO_ANSWER = f"{_ERRCODE}None: "
NO_TOKEN, NOT_ASKED = "no token", (f"{_NO_ANSWER}another process", f"{_NO_ANSWER}left alone", "database: ")
# What a caller can say about each way in which an answer is lost.
_HANGS, _RESETS = ("Timeout",), ("ConnectionError", "ChunkedEncodingError")
_GATEWAY, _SPOILT = ("HTTP error",), ("not JSON", "not an answer", "JSONDecodeError")


def words(openid: str, fields: dict[str, str]) -> str:
    """One message's content: of one notice only, and the same on the phone as in the call."""
    return json.dumps([openid, fields], sort_keys=True, ensure_ascii=False)


class Answers:
    """Listens in the sandbox. `of`: by content, the reasons that a caller may truly give, each as often as it was
    given cause; `tokens`: the same of calls for a token; `without_credit`: who was answered 43101."""

    def __init__(self, wechat: Flask) -> None:
        self._lock = threading.Lock()
        self.of: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.tokens: set[str] = set()
        self.without_credit: set[str] = set()
        wechat.after_request(self._hear)

    def _hear(self, response: Response) -> Response:
        fault: Fault | None = g.get("fault")
        if request.path in (SEND, STAFF, BOT, TOKEN) and (fault or response.is_json):
            with suppress(BadRequest):  # half a call: who made it was killed, and nobody is told anything
                self._keep(request.path, request.get_json(force=True), cause(fault, response))
        return response

    def _keep(self, path: str, body: dict[str, Any], reason: str) -> None:
        with self._lock:
            if path == TOKEN:
                self.tokens.add(reason)
                return
            openid, fields = _content(path, body)
            self.of[words(openid, fields)][reason] += 1
            if reason == "43101":
                self.without_credit.add(openid)


def cause(fault: Fault | None, response: Response) -> str:
    """An errcode, or how the answer was lost."""
    if fault is None:
        return str(response.get_json(force=True).get("errcode", 0))
    if fault.errcode is not None:
        return str(fault.errcode)
    return "hang" if fault.hang_s else "reset" if fault.reset else "gateway" if fault.http_status else "spoilt"


def named(error: str) -> str:
    """Which cause a reason of ours names: the same words as `cause`. Raises ValueError for one that names none."""
    if error.startswith(_ERRCODE) and not error.startswith(_NO_ANSWER):
        return error.removeprefix(_ERRCODE).partition(":")[0]
    said = error.removeprefix(_NO_ANSWER)
    for lost, texts in {"hang": _HANGS, "reset": _RESETS, "gateway": _GATEWAY, "spoilt": _SPOILT}.items():
        if any(text in said for text in texts):
            return lost
    raise ValueError(error)


def untrue(tries: list[Any], openid: str | None, content: str, answers: Answers) -> str | None:
    """The first reason in a notice's tries that nothing gave cause to; None when all are true."""
    left = Counter(answers.of[content])
    for error in (one["error"] for one in tries):
        if error is None or error == course.CUT_OFF or error.startswith(NOT_ASKED):
            continue
        if error == course.NO_CREDIT:
            true = openid in answers.without_credit
        elif error in (course.NO_ADDRESS, course.GONE):
            true = False  # these are ends, not tries
        elif NO_TOKEN in error:
            true = _token_cause(error) & answers.tokens != set()
        else:
            left[named(error)] -= 1
            true = left[named(error)] >= 0
        if not true:
            return str(error)
    return None


def _token_cause(error: str) -> set[str]:
    """A token that never came is told by the kind of exception, and a spoilt answer is no JSON or has no token."""
    if not error.startswith(_NO_ANSWER):
        return {named(error)}
    return {"hang", "reset", "gateway", "spoilt"}


def _content(path: str, body: dict[str, Any]) -> tuple[str, dict[str, str]]:
    if path == BOT:
        return group_of(request.args["key"]), {"content": body["markdown"]["content"]}
    data = json.loads(body["data"])["data"] if path == STAFF else body["data"]
    return body["touser"], {key: one["value"] for key, one in data.items()}
