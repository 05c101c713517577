"""/wechat/callback: where WeChat greets us and pushes events; answered at once, handled later by the worker.

A plain blueprint: it stands in no OpenAPI document, since the protocol is WeChat's and no client of ours speaks it.
It carries its own signature, so no session is asked for, and none helps.
"""

from flask import Blueprint, Response, request

from server.api.services import now, services, transaction
from server.errors import AppError, forbidden
from server.pushes.keep import keep
from server.wechat.push import NotWechats, Push, Unreadable

bp = Blueprint("wechat", __name__)
MOST_BYTES = 64 * 1024


@bp.get("/wechat/callback")
def greet() -> Response:
    """WeChat's console tries the address: what it sent is answered, when it is signed with our token."""
    if not services().pushes.is_greeting(request.args):
        raise forbidden("signature_wrong", "签名不对。")
    return Response(request.args.get("echostr", ""), mimetype="text/plain")


@bp.post("/wechat/callback")
def receive() -> Response:
    """Keep the event and say so; WeChat waits five seconds and sends it three times at most."""
    push = _read()
    with transaction() as session:
        keep(session, push, now())
    return Response("success", mimetype="text/plain")


def _read() -> Push:
    request.max_content_length = MOST_BYTES
    if (request.content_length or 0) > MOST_BYTES:
        raise AppError(413, "push_too_large", "内容太大。")
    try:
        return services().pushes.read(request.args, request.get_data(cache=False), now())
    except NotWechats:
        raise forbidden("signature_wrong", "签名不对，或时间不对。") from None
    except Unreadable:
        raise AppError(400, "push_unreadable", "内容读不懂。") from None
