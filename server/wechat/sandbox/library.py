"""The account's own templates (newtmpl): listed, put together from the public library's keywords, deleted."""

import re
import secrets
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from server.wechat.sandbox import tokens
from server.wechat.sandbox.message_templates import TEMPLATES, MessageTemplate
from server.wechat.sandbox.replies import Refused, ok, posted_json
from server.wechat.sandbox.state import state

bp = Blueprint("library", __name__, url_prefix="/wxaapi/newtmpl")
_MOST = 25
_EXAMPLES = {"thing": "示例内容", "phrase": "已通过", "date": "2026年11月3日", "time": "15:01", "number": "20"}
# What our own templates were put together from: title by tid, and its keywords (label, type) by kid.
_PUBLIC: dict[str, tuple[str, dict[int, tuple[str, str]]]] = {
    str(1001 + place): (
        template.title,
        {kid: (label, re.sub(r"\d+$", "", key)) for kid, (label, key) in enumerate(template.lines, 1)},
    )
    for place, template in enumerate(TEMPLATES.values())
}


@bp.get("/gettemplate")
def gettemplate() -> ResponseReturnValue:
    """All of them; the keys of a template are in its `content` and nowhere else."""
    tokens.require()
    with state().lock:
        return ok(data=[_told(template) for template in state().templates.values()])


@bp.get("/getcategory")
def getcategory() -> ResponseReturnValue:
    """The one category of this mini-program."""
    tokens.require()
    return ok(data=[{"id": 321, "name": "政务民生"}])


@bp.post("/addtemplate")
def addtemplate() -> ResponseReturnValue:
    """A template of two to five keywords of one public one, which can be sent at once."""
    tokens.require()
    body, known = posted_json(), state()
    public = _PUBLIC.get(str(body.get("tid")))
    if public is None:
        raise Refused(200014, "invalid tid")
    content = _content(public[1], body.get("kidList"))
    said = body.get("sceneDesc")
    if not isinstance(said, str) or not 1 <= len(said.strip()) <= 15:
        raise Refused(200021, "invalid sceneDesc")
    with known.lock:
        if any((t.title, sorted(t.lines)) == (public[0], _lines(content)) for t in known.templates.values()):
            raise Refused(200022, "same template exists")
        if len(known.templates) >= _MOST:
            raise Refused(200012, "template count reach limit")
        made = MessageTemplate(secrets.token_urlsafe(32), public[0], content)
        known.templates[made.id] = made
    return jsonify(errmsg="ok", errcode=0, priTmplId=made.id)


@bp.post("/deltemplate")
def deltemplate() -> ResponseReturnValue:
    """Take one away; what was sent with it stays on the phones."""
    tokens.require()
    known = state()
    with known.lock:
        if known.templates.pop(str(posted_json().get("priTmplId")), None) is None:
            raise Refused(200014, "invalid template id")
    return ok()


def _content(keywords: dict[int, tuple[str, str]], wanted: Any) -> str:
    ids = wanted if isinstance(wanted, list) else []
    known = all(isinstance(kid, int) and kid in keywords for kid in ids)
    if not known or not 2 <= len(ids) <= 5 or len(set(ids)) != len(ids):
        raise Refused(200020, "invalid kidList")
    return "".join(f"{keywords[kid][0]}:{{{{{keywords[kid][1]}{kid}.DATA}}}}\n" for kid in ids)


def _lines(content: str) -> list[tuple[str, str]]:
    return sorted(MessageTemplate("", "", content).lines)


def _told(template: MessageTemplate) -> dict[str, Any]:
    kinds = [(label, re.sub(r"[0-9]+$", "", key)) for label, key in template.lines]
    return {
        "priTmplId": template.id,
        "title": template.title,
        "content": template.content,
        "example": "".join(f"{label}:{_EXAMPLES.get(kind, '示例')}\n" for label, kind in kinds),
        "type": template.type,
    }
