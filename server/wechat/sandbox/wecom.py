"""企业微信: an application's token and its messages to members (facts section 12). The group bot is elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from server.wechat.sandbox import limits, tokens
from server.wechat.sandbox.replies import Refused, new_id, posted_json
from server.wechat.sandbox.state import Token, state

bp = Blueprint("wecom", __name__)
# By kind of message: its text, and how many bytes of it there may be.
_TEXTS = {"text": ("content", 2048), "markdown": ("content", 2048), "textcard": ("description", 512)}
_MOST_MEMBERS, _MOST_PARTIES = 1000, 100
_USUAL_S, _LONGEST_S = 1800, 4 * 3600  # for which the same is not sent twice
_TO_ONE = (limits.Limit(30, limits.MINUTE_S, 45009),)


@dataclass(slots=True)
class Corp:
    """The corporation: its members' user ids, and what they were sent."""

    corp_id: str = "wwsandbox"
    secret: str = "sandbox-corp-secret"  # noqa: S105
    agent_id: int = 1000002
    members: set[str] = field(default_factory=set)
    parties: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, datetime] = field(default_factory=dict)


class CorpOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    members: set[str] = set()
    parties: set[str] = set()


@bp.post("/_sandbox/corp")
def change() -> ResponseReturnValue:
    """Who is in it."""
    order, corp = CorpOrder.model_validate_json(request.get_data()), state().of(Corp)
    corp.members, corp.parties = order.members, order.parties
    return jsonify(corp_id=corp.corp_id, corp_secret=corp.secret, agent_id=corp.agent_id)


@bp.get("/_sandbox/corp/messages")
def sent() -> ResponseReturnValue:
    """What arrived, oldest first."""
    return jsonify(state().of(Corp).sent)


@bp.get("/cgi-bin/gettoken")
def gettoken() -> ResponseReturnValue:
    """The same token until it ends."""
    known = state()
    corp = known.of(Corp)
    if request.args.get("corpid") != corp.corp_id:
        raise Refused(40013, "invalid corpid")
    if request.args.get("corpsecret") != corp.secret:
        raise Refused(40001, "invalid credential")
    limits.spend(known, request.path)
    with known.lock:
        now = known.now()
        alive = [t for t in known.tokens.values() if t.kind == "corp" and not t.superseded_at and t.expires_at > now]
        held: Token = alive[0] if alive else tokens.make(known, "corp")
    return jsonify(
        errcode=0, errmsg="ok", access_token=held.value, expires_in=int((held.expires_at - now).total_seconds())
    )


@bp.post("/cgi-bin/message/send")
def send() -> ResponseReturnValue:
    """To members and parties. Who is unknown is named in the answer; when all are, nothing is sent."""
    tokens.require(corp=True)
    body, known = posted_json(), state()
    corp = known.of(Corp)
    if str(body.get("agentid")) != str(corp.agent_id):
        raise Refused(40056, "invalid agentid")
    users, parties = (_listed(body, name) for name in ("touser", "toparty"))
    if len(users) > _MOST_MEMBERS or len(parties) > _MOST_PARTIES:
        raise Refused(40031 if len(users) > _MOST_MEMBERS else 40032, "too many recipients")
    _check_text(body)
    good = corp.members if users == ["@all"] else corp.members.intersection(users)
    good_parties = corp.parties.intersection(parties)
    if not good and not good_parties:
        raise Refused(81013, "user & party & tag all invalid")
    for user in good:
        limits.spend_of(known, f"wecom {user}", _TO_ONE)
    told = {"msgid": new_id()} | _unknown("invaliduser", users, good) | _unknown("invalidparty", parties, good_parties)
    if not _repeated(corp, body, known.now()):
        kept = {key: value for key, value in body.items() if key not in ("touser", "toparty", "totag")}
        corp.sent.append(kept | {"users": sorted(good), "parties": sorted(good_parties), "msgid": told["msgid"]})
    return jsonify({"errcode": 0, "errmsg": "ok"} | told)


def _listed(body: dict[str, Any], name: str) -> list[str]:
    return [one for one in str(body.get(name) or "").split("|") if one]


def _unknown(name: str, named: list[str], good: set[str]) -> dict[str, str]:
    bad = [] if named == ["@all"] else [one for one in named if one not in good]
    return {name: "|".join(bad)} if bad else {}


def _check_text(body: dict[str, Any]) -> None:
    kind = body.get("msgtype")
    if kind not in _TEXTS:
        raise Refused(40008, "invalid message type")
    name, most = _TEXTS[kind]
    said = body.get(kind)
    text = said.get(name) if isinstance(said, dict) else None
    if not isinstance(text, str) or not text:
        raise Refused(44004, "empty content")
    if len(text.encode()) > most:
        raise Refused(45002, "content size out of limit")


def _repeated(corp: Corp, body: dict[str, Any], now: datetime) -> bool:
    """Whether the same was sent shortly before and the caller asked not to be taken twice: it is answered, not sent."""
    if body.get("enable_duplicate_check") != 1:
        return False
    same = repr(sorted(body.items(), key=lambda item: item[0]))
    before = corp.seen.get(same)
    corp.seen[same] = now
    asked = body.get("duplicate_check_interval")
    interval = timedelta(seconds=min(asked, _LONGEST_S) if isinstance(asked, int) else _USUAL_S)
    return before is not None and now - before < interval
