"""Section 14 of the facts, walked row by row: each path's success, and each errcode of its row through a fault."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from server.wechat.sandbox.checks import Verdicts
from server.wechat.sandbox.wecom import Corp
from tests.wechat.caller import APP, CARD, CARD_HASH, FIELDS, Caller, read_code
from tests.wechat.conftest import OPENID, SECRET

TOKEN_CODES = (40001, 40014, 41001, 42001)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    running = RunningSandbox(create_sandbox("wxtest", SECRET, send_takes_s=0))
    running.state.register(OPENID)
    running.state.of(Verdicts).takes_s = 0
    calling = Caller(running)
    calling.visit()
    yield calling
    running.stop()


def has(**fields: type) -> Callable[[requests.Response], None]:
    """The answer is JSON with errcode 0 and these fields of these types."""

    def check(answer: requests.Response) -> None:
        said = answer.json()
        assert said["errcode"] == 0
        assert {name: type(said.get(name)) for name in fields} == fields

    return check


def bare(**fields: type) -> Callable[[requests.Response], None]:
    """The same of an answer that says no errcode."""

    def check(answer: requests.Response) -> None:
        said = answer.json()
        assert "errcode" not in said
        assert {name: type(said.get(name)) for name in fields} == fields

    return check


def code_of(path: str) -> Callable[[requests.Response], None]:
    def check(answer: requests.Response) -> None:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert read_code(answer.content) == f"weixin://sandbox/wxtest/release/{path}"

    return check


@dataclass(frozen=True)
class Row:
    """`given`: the query of a GET, or what is posted; `token`: which kind goes with it."""

    method: str
    path: str
    given: Callable[[Caller], Any]
    succeeds: Callable[[requests.Response], None]
    errcodes: tuple[int, ...]
    token: str | None = "app"


def _login(caller: Caller) -> dict[str, str]:
    return {
        "appid": "wxtest",
        "secret": SECRET,
        "js_code": caller.order("codes", openid=OPENID)["code"],
        "grant_type": "authorization_code",
    }


def _corp(caller: Caller) -> dict[str, str]:
    corp = caller.running.state.of(Corp)
    return {"corpid": corp.corp_id, "corpsecret": corp.secret}


def _new_template(caller: Caller) -> dict[str, Any]:
    for one in [t for t in caller.running.state.templates.values() if not t.id.startswith("sandbox-")]:
        del caller.running.state.templates[one.id]
    return {"tid": "1001", "kidList": [1, 3], "sceneDesc": "打卡提醒"}


def _added_template(caller: Caller) -> dict[str, str]:
    added = caller.call("POST", "/wxaapi/newtmpl/addtemplate", _new_template(caller)).json()
    return {"priTmplId": added["priTmplId"]}


def _face(caller: Caller) -> dict[str, str]:
    number = f"face-{secrets.token_hex(4)}"
    verify_id = caller.verify_id(number)
    caller.order("faces", verify_id=verify_id)
    return {"verify_id": verify_id, "out_seq_no": number, "cert_hash": CARD_HASH, "openid": OPENID}


CHECKED = {"version": 2, "scene": 1, "openid": OPENID}
TABLE = (
    Row("GET", "/cgi-bin/token", lambda c: APP, bare(access_token=str, expires_in=int),
        (-1, 40001, 40002, 40013, 40125, 40164, 40243, 41004, 45009), token=None),
    Row("POST", "/cgi-bin/stable_token", lambda c: APP, bare(access_token=str, expires_in=int),
        (40002, 40013, 40125, 40164, 41002, 41004, 43002, 45009, 45011), token=None),
    Row("GET", "/sns/jscode2session", _login, bare(openid=str, session_key=str),
        (-1, 40029, 40163, 40226, 45011, 40013, 40125), token=None),
    Row("GET", "/wxa/checksession", lambda c: c.signed(), has(), (87009, 87007, 87008, 40097)),
    Row("GET", "/wxa/resetusersessionkey", lambda c: c.signed(), has(session_key=str, openid=str),
        (87009, 87007, 87008, 40097)),
    Row("POST", "/wxa/business/getuserphonenumber",
        lambda c: {"code": c.order("phone-codes", openid=OPENID, number="13800001234")["code"]},
        has(phone_info=dict), (-1, 40013, 40029, 45011)),
    Row("POST", "/cgi-bin/message/subscribe/send",
        lambda c: {"touser": OPENID, "template_id": "sandbox-reminder", "data": FIELDS}, has(msgid=int),
        (40003, 40037, 41030, 43101, 43107, 43108, 45168, 47003, 45009)),
    Row("GET", "/wxaapi/newtmpl/gettemplate", lambda c: {}, has(data=list), (20001, 200100)),
    Row("GET", "/wxaapi/newtmpl/getcategory", lambda c: {}, has(data=list), (20001, 200100)),
    Row("POST", "/wxaapi/newtmpl/addtemplate", _new_template, has(priTmplId=str),
        (20001, 200011, 200012, 200013, 200014, 200020, 200021, 200022, 200100)),
    Row("POST", "/wxaapi/newtmpl/deltemplate", _added_template, has(), (20001, 200014, 200100)),
    Row("POST", "/wxa/business/unbinduserb2cauthinfo", lambda c: {"openid_list": [OPENID]}, has(),
        (40097, 40256, 40257, 43104, 50001)),
    Row("POST", "/wxa/media_check_async",
        lambda c: {"media_url": f"{c.running.url}/", "media_type": 2, **CHECKED}, has(trace_id=str),
        (40003, 40004, 43104, 44991, 45009, 61010, 87020)),
    Row("POST", "/wxa/msg_sec_check", lambda c: {"content": "今天见了客商", **CHECKED},
        has(result=dict, detail=list, trace_id=str),
        (40003, 40129, 43002, 43104, 44002, 44991, 45009, 47001, 61010)),
    Row("POST", "/wxa/img_sec_check", lambda c: b"\xff\xd8 a picture", has(), (87014,)),
    Row("POST", "/wxa/getwxacodeunlimit", lambda c: {"scene": "a=1", "page": "pages/day/day"},
        code_of("pages/day/day?scene=a=1"), (40097, 40129, 40169, 41030, 85096, 45009)),
    Row("POST", "/wxa/getwxacode", lambda c: {"path": "pages/day/day?id=7"}, code_of("pages/day/day?id=7"),
        (40097, 40159, 45029, 85096)),
    Row("POST", "/cgi-bin/wxaapp/createwxaqrcode", lambda c: {"path": "pages/day/day"}, code_of("pages/day/day"),
        (40159, 45029, 85096)),
    Row("POST", "/wxa/generate_urllink",
        lambda c: {"path": "pages/day/day", "query": "id=7", "expire_type": 1, "expire_interval": 30},
        has(url_link=str), (40002, 40165, 40212, 44990, 44993, 85079, 85401, 85402)),
    Row("POST", "/wxa/generatescheme", lambda c: {"jump_wxa": {"path": "pages/day/day"}}, has(openlink=str),
        (40002, 40165, 40212, 44990, 44993, 85079, 85401, 85402)),
    Row("POST", "/wxa/getuserriskrank",
        lambda c: {"appid": "wxtest", "openid": OPENID, "scene": 0, "client_ip": "1.2.3.4"},
        has(risk_rank=int, unoin_id=int), (48001, 61010, 61081)),
    Row("POST", "/cgi-bin/openapi/quota/get", lambda c: {"cgi_path": "/wxa/msg_sec_check"},
        has(quota=dict, rate_limit=dict), (76021, 76022)),
    Row("POST", "/cgi-bin/clear_quota", lambda c: {"appid": "wxtest"}, has(), (40013, 48006)),
    Row("POST", "/cgi-bin/clear_quota/v2", lambda c: {"appid": "wxtest", "appsecret": SECRET}, has(), (40013, 48006),
        token=None),
    Row("GET", "/cgi-bin/getcallbackip", lambda c: {}, bare(ip_list=list), (40001,)),
    Row("GET", "/cgi-bin/get_api_domain_ip", lambda c: {}, bare(ip_list=list), (40001,)),
    Row("POST", "/cityservice/face/identify/getverifyid",
        lambda c: {"out_seq_no": f"face-{secrets.token_hex(4)}", "cert_info": CARD, "openid": OPENID},
        has(verify_id=str, expires_in=int), tuple(range(84010, 84023))),
    Row("POST", "/cityservice/face/identify/queryverifyinfo", _face, has(verify_ret=int), tuple(range(84010, 84023))),
    Row("GET", "/cgi-bin/gettoken", _corp, has(access_token=str, expires_in=int), (-1, 40001, 40013), token=None),
    Row("POST", "/cgi-bin/message/send",
        lambda c: {"touser": "zhou", "agentid": 1000002, "msgtype": "text", "text": {"content": "本月小结"}},
        has(msgid=str), (40014, 42001, 81013), token="corp"),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.path)
def test_each_row_succeeds_and_each_of_its_errcodes_can_be_injected(caller: Caller, row: Row) -> None:
    row.succeeds(caller.call(row.method, row.path, row.given(caller), row.token))
    for errcode in (*row.errcodes, *(TOKEN_CODES if row.token else ())):
        caller.order("faults", path=row.path, times=1, errcode=errcode)
        answer = caller.call(row.method, row.path, {}, row.token)
        assert (answer.status_code, answer.json()["errcode"]) == (200, errcode)
        assert " rid: " in answer.json()["errmsg"]


@pytest.mark.parametrize("row", [row for row in TABLE if row.token], ids=lambda row: row.path)
def test_any_path_with_a_token_refuses_the_four_that_are_no_good(caller: Caller, row: Row) -> None:
    other = "corp" if row.token == "app" else "app"
    held = caller.running.state.tokens
    old = next(value for value, token in held.items() if token.kind == ("corp" if row.token == "corp" else "stable"))
    for value, errcode in (("", 41001), ("nonsense", 40014), ("96_" + "x" * 128, 40001), (caller.tokens[other], 40001)):
        query = {"access_token": value}
        answer = caller.session.request(row.method, caller.running.url + row.path, params=query)
        assert answer.json()["errcode"] == errcode
    ends_at, held[old].expires_at = held[old].expires_at, caller.running.state.now()
    assert caller.call(row.method, row.path, {}, row.token).json()["errcode"] == 42001
    held[old].expires_at = ends_at


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.path)
def test_the_other_method_is_refused_in_wechats_way(caller: Caller, row: Row) -> None:
    other, errcode = ("POST", 43001) if row.method == "GET" else ("GET", 43002)
    assert caller.session.request(other, caller.running.url + row.path).json()["errcode"] == errcode
