"""What each path refuses by itself, as WeChat's documentation says: a table of bodies and their errcodes."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from PIL import Image

from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from server.wechat.sandbox.checks import Verdicts
from tests.wechat.caller import CARD, CARD_HASH, FIELDS, Caller, read_code
from tests.wechat.conftest import OPENID, SECRET

PAGE = "pages/today/today"
CODE, LINK, SCHEME = "/wxa/getwxacodeunlimit", "/wxa/generate_urllink", "/wxa/generatescheme"
TEXT, MEDIA, SEND = "/wxa/msg_sec_check", "/wxa/media_check_async", "/cgi-bin/message/subscribe/send"
RISK, ADD, FACE = "/wxa/getuserriskrank", "/wxaapi/newtmpl/addtemplate", "/cityservice/face/identify/getverifyid"
CORP = "/cgi-bin/message/send"
ASKED = {"version": 2, "scene": 1, "openid": OPENID}
RISKY = {"appid": "wxtest", "openid": OPENID, "scene": 0, "client_ip": "1.2.3.4"}
NEW = {"tid": "1001", "kidList": [1, 2], "sceneDesc": "打卡"}
LOOK = {"out_seq_no": "number-1", "cert_info": CARD, "openid": OPENID}
NOTE = {"touser": "zhou", "agentid": 1000002, "msgtype": "text", "text": {"content": "小结"}}


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A mini-program of which one page is released, one person who is here and one who never came."""
    running = RunningSandbox(create_sandbox("wxtest", SECRET, send_takes_s=0))
    running.state.register("openid-never-here")
    calling = Caller(running)
    calling.visit()
    calling.order("settings", released=[PAGE])
    yield calling
    running.stop()


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        (CODE, {"scene": "a" * 32, "page": PAGE}, None),
        (CODE, {"scene": "a" * 33, "page": PAGE}, 40169),
        (CODE, {"page": PAGE}, 40169),
        (CODE, {"scene": "", "page": PAGE}, 40129),
        (CODE, {"scene": "100%", "page": PAGE}, 40129),
        (CODE, {"scene": "驻点", "page": PAGE}, 40129),
        (CODE, {"scene": "!#$&'()*+,/:;=?@-._~", "page": PAGE}, None),
        (CODE, {"scene": "a", "page": "pages/new/new"}, 41030),
        (CODE, {"scene": "a", "page": "pages/new/new", "check_path": False}, None),
        (CODE, {"scene": "a", "page": f"/{PAGE}"}, 41030),
        (CODE, {"scene": "a", "page": f"{PAGE}?a=1"}, 41030),
        (CODE, {"scene": "scancode_time", "page": PAGE}, 85096),
        (CODE, {"scene": "a", "page": PAGE, "env_version": "formal"}, 40097),
        (CODE, {"scene": "a", "page": PAGE, "width": 279}, 40097),
        (CODE, {"scene": "a", "page": PAGE, "line_color": {"r": "red"}}, 40097),
        ("/wxa/getwxacode", {"path": ""}, 40159),
        ("/wxa/getwxacode", {"path": "p" * 1025}, 40159),
        ("/cgi-bin/wxaapp/createwxaqrcode", {"path": "p" * 129}, 40159),
        (LINK, {"path": "pages/new/new", "expire_type": 1, "expire_interval": 1}, 40165),
        (LINK, {"query": "a" * 1025, "expire_type": 1, "expire_interval": 1}, 40212),
        (LINK, {"query": "名=1", "expire_type": 1, "expire_interval": 1}, 40212),
        (LINK, {"env_version": "formal", "expire_type": 1, "expire_interval": 1}, 85402),
        (LINK, {"expire_type": 1, "expire_interval": 31}, 85401),
        (LINK, {"expire_type": 0, "expire_time": 1}, 85401),
        (LINK, {}, 85401),
        (SCHEME, {"jump_wxa": {"path": f"/{PAGE}"}}, None),
        (SCHEME, {"jump_wxa": {"path": "pages/new/new"}}, 40165),
        (SCHEME, {"jump_wxa": {}, "is_expire": True, "expire_type": 1, "expire_interval": 40}, 85401),
        (SCHEME, {"jump_wxa": "pages"}, 47001),
        (TEXT, {"content": "字" * 2501, **ASKED}, 47001),
        (TEXT, {"content": "字", **ASKED, "scene": 5}, 40129),
        (TEXT, {"content": "字", **ASKED, "openid": "openid-of-nobody"}, 40003),
        (TEXT, {"content": "字", **ASKED, "openid": "openid-never-here"}, 61010),
        (TEXT, {"content": "the first version asks for nobody"}, None),
        (MEDIA, {"media_url": "http://127.0.0.1:1/", "media_type": 3, **ASKED}, 40004),
        (MEDIA, {"media_url": "photo.jpg", "media_type": 2, **ASKED}, 47001),
        (MEDIA, {"media_url": "http://127.0.0.1:1/", "media_type": 2, **ASKED, "openid": "openid-never-here"}, 61010),
        (RISK, RISKY | {"appid": "wxother"}, 40013),
        (RISK, RISKY | {"scene": 3}, 40129),
        (RISK, RISKY | {"client_ip": "here"}, 47001),
        (RISK, RISKY | {"openid": "openid-never-here"}, 61010),
        (ADD, NEW | {"tid": "9999"}, 200014),
        (ADD, NEW | {"kidList": [1]}, 200020),
        (ADD, NEW | {"kidList": [1, 1]}, 200020),
        (ADD, NEW | {"kidList": [1, 9]}, 200020),
        (ADD, NEW | {"kidList": [[], {}]}, 200020),
        (ADD, NEW | {"sceneDesc": ""}, 200021),
        (ADD, NEW | {"sceneDesc": "长" * 16}, 200021),
        (ADD, NEW | {"kidList": [3, 2, 1]}, 200022),  # the one there is already, in another order
        ("/wxaapi/newtmpl/deltemplate", {"priTmplId": "nothing"}, 200014),
        (SEND, {"touser": OPENID, "template_id": "sandbox-reminder", "data": FIELDS, "page": "pages/new/new"}, 41030),
        (SEND, {"touser": OPENID, "template_id": "sandbox-reminder", "data": FIELDS, "page": f"{PAGE}?on=1"}, None),
        (FACE, without(LOOK, "out_seq_no"), 84010),
        (FACE, LOOK | {"out_seq_no": "a/b/c"}, 84011),
        (FACE, without(LOOK, "cert_info"), 84012),
        (FACE, LOOK | {"cert_info": CARD | {"cert_type": "PASSPORT"}}, 84013),
        (FACE, LOOK | {"cert_info": CARD | {"cert_name": " "}}, 84014),
        (FACE, LOOK | {"cert_info": CARD | {"cert_no": "12"}}, 84015),
        (FACE, without(LOOK, "openid"), 84016),
        (FACE, LOOK | {"openid": "openid-of-nobody"}, 40003),
        ("/wxa/business/unbinduserb2cauthinfo", {}, 40097),
        ("/wxa/business/unbinduserb2cauthinfo", {"openid_list": OPENID}, 40097),
        ("/wxa/business/unbinduserb2cauthinfo", {"openid_list": [OPENID, "openid-of-nobody"]}, 40003),
        ("/cgi-bin/openapi/quota/get", {"cgi_path": "/sns/jscode2session"}, 76022),
        ("/cgi-bin/openapi/quota/get", {"cgi_path": "wxa/msg_sec_check"}, 76021),
        ("/cgi-bin/openapi/quota/get", {"cgi_path": ["x"]}, 76021),
        ("/cgi-bin/openapi/quota/get", {"cgi_path": "/_sandbox/faults"}, 76021),
        ("/cgi-bin/clear_quota", {"appid": "wxother"}, 40013),
        (CORP, NOTE | {"agentid": 7}, 40056),
        (CORP, NOTE | {"touser": "nobody|stranger"}, 81013),
        (CORP, NOTE | {"touser": "|".join("u" for _ in range(1001))}, 40031),
        (CORP, NOTE | {"msgtype": "voice"}, 40008),
        (CORP, NOTE | {"text": {}}, 44004),
        (CORP, NOTE | {"msgtype": "markdown", "markdown": {"content": "字" * 683}}, 45002),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_is_refused(caller: Caller, path: str, body: dict[str, Any], errcode: int | None) -> None:
    answer = caller.call("POST", path, body, "corp" if path == CORP else "app")
    said = answer.json() if answer.headers["Content-Type"] == "application/json" else {"errcode": 0}
    assert said["errcode"] == (errcode or 0)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_cannot_be_read(caller: Caller, body: bytes) -> None:
    answer = caller.session.post(caller.running.url + TEXT, params={"access_token": caller.tokens["app"]}, data=body)
    assert answer.json()["errcode"] == (47001 if body else 44002)


def test_an_image_that_is_missing_empty_or_too_large(caller: Caller) -> None:
    assert caller.call("POST", "/wxa/img_sec_check", b"").json()["errcode"] == 41005
    assert caller.call("POST", "/wxa/img_sec_check", b"x" * (1024 * 1024 + 1)).json()["errcode"] == 40006


def test_a_session_key_that_was_reset_signs_no_more(caller: Caller) -> None:
    old = caller.signed()
    assert caller.call("GET", "/wxa/checksession", old).json()["errcode"] == 0
    assert caller.call("GET", "/wxa/resetusersessionkey", old).json()["errcode"] == 0
    for changed, errcode in (
        ({}, 87009),
        ({"sig_method": "md5"}, 87008),
        ({"openid": "openid-never-here"}, 87007),
        ({"signature": ""}, 40097),
    ):
        assert caller.call("GET", "/wxa/checksession", old | changed).json()["errcode"] == errcode


def test_a_phone_code_serves_once_for_its_owner_and_is_no_login_code(caller: Caller) -> None:
    path = "/wxa/business/getuserphonenumber"
    code = caller.order("phone-codes", openid=OPENID, number="15112345678", country_code="49")["code"]
    assert caller.call("POST", path, {"code": code, "openid": "openid-never-here"}).json()["errcode"] == 40029
    told = caller.call("POST", path, {"code": code, "openid": OPENID}).json()["phone_info"]
    assert (told["phoneNumber"], told["purePhoneNumber"], told["countryCode"]) == (
        *("+4915112345678", "15112345678"),
        "49",
    )
    assert told["watermark"]["appid"] == "wxtest"
    assert caller.call("POST", path, {"code": code}).json()["errcode"] == 40029
    login = caller.order("codes", openid=OPENID)["code"]
    assert caller.call("POST", path, {"code": login}).json()["errcode"] == 40029
    asked = {"appid": "wxtest", "secret": SECRET, "grant_type": "authorization_code"}
    stale = caller.order("phone-codes", openid=OPENID, number="13800001234")["code"]
    as_login = requests.get(f"{caller.running.url}/sns/jscode2session", params=asked | {"js_code": stale}).json()
    assert as_login["errcode"] == 40029


def test_faces_are_asked_for_by_whoever_opened_the_session(caller: Caller) -> None:
    path, verify_id = FACE.replace("getverifyid", "queryverifyinfo"), caller.verify_id("number-2")
    right = {"verify_id": verify_id, "out_seq_no": "number-2", "cert_hash": CARD_HASH, "openid": OPENID}
    assert caller.call("POST", path, right).json()["verify_ret"] == 10300, "nobody looked yet"
    caller.order("faces", verify_id=verify_id, result=10004)
    assert caller.call("POST", path, right).json()["verify_ret"] == 10004
    assert caller.call("POST", FACE, LOOK | {"out_seq_no": "number-2"}).json()["errcode"] == 84019
    for changed, errcode in (
        ({"verify_id": ""}, 84021),
        ({"verify_id": "other"}, 84022),
        ({"openid": "openid-never-here"}, 84017),
        ({"cert_hash": "0" * 64}, 84018),
        ({"out_seq_no": "number-3"}, 84020),
    ):
        assert caller.call("POST", path, right | changed).json()["errcode"] == errcode


def test_a_template_is_put_together_sent_with_and_deleted(caller: Caller) -> None:
    added = caller.call("POST", ADD, NEW | {"kidList": [3, 1]}).json()["priTmplId"]
    listed = caller.call("GET", "/wxaapi/newtmpl/gettemplate", {}).json()["data"]
    (told,) = [template for template in listed if template["priTmplId"] == added]
    assert (told["title"], told["content"], told["type"]) == (
        *("打卡提醒", "温馨提示:{{thing3.DATA}}\n驻点名称:{{thing1.DATA}}\n"),
        2,
    )
    body = {"touser": OPENID, "template_id": added, "data": {k: FIELDS[k] for k in ("thing1", "thing3")}}
    assert caller.call("POST", SEND, body).json()["errcode"] == 0
    assert caller.call("POST", "/wxaapi/newtmpl/deltemplate", {"priTmplId": added}).json()["errcode"] == 0
    assert caller.call("POST", SEND, body).json()["errcode"] == 40037
    assert "还没有打卡" in caller.session.get(caller.running.url).text, "what was sent stays on the phone"


def test_a_lasting_template_takes_no_credit(caller: Caller) -> None:
    state = caller.running.state
    state.templates["lasting"] = replace(state.templates["sandbox-reminder"], id="lasting", type=3)
    caller.order("credits", openid=OPENID, template_id="lasting", credits=0)
    body = {"touser": OPENID, "template_id": "lasting", "data": FIELDS}
    assert [caller.call("POST", SEND, body).json()["errcode"] for _ in range(2)] == [0, 0]


def test_a_code_is_of_the_size_and_colour_that_is_asked_for(caller: Caller) -> None:
    body = {"scene": "x", "page": PAGE, "env_version": "trial", "width": 280, "is_hyaline": True}
    answer = caller.call("POST", CODE, body | {"line_color": {"r": "0", "g": 82, "b": "217"}})
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.size, image.mode) == ("PNG", (280, 280), "RGBA")
    assert set(image.get_flattened_data() if hasattr(image, "get_flattened_data") else image.getdata()) == {
        (255, 255, 255, 0),
        (0, 82, 217, 255),
    }
    on_white = Image.new("RGBA", image.size, "white")
    on_white.alpha_composite(image)
    written = io.BytesIO()
    on_white.convert("RGB").save(written, "PNG")
    assert read_code(written.getvalue()) == f"weixin://sandbox/wxtest/trial/{PAGE}?scene=x"


def test_codes_for_paths_are_counted_for_ever(caller: Caller) -> None:
    used = [
        int(caller.call("POST", path, {"path": PAGE}).headers["Num-Used"])
        for path in ("/wxa/getwxacode", "/cgi-bin/wxaapp/createwxaqrcode")
    ]
    assert used[1] == used[0] + 1


def test_nothing_released_means_no_link_at_all(caller: Caller) -> None:
    caller.order("settings", released=[])
    answer = caller.call("POST", LINK, {"expire_type": 1, "expire_interval": 1})
    caller.order("settings", released=[PAGE])
    assert answer.json()["errcode"] == 85079


def test_what_a_check_finds_is_told_as_wechat_tells_it(caller: Caller) -> None:
    caller.order("verdicts", suggest="risky", label=20001, times=3)
    found = caller.call("POST", TEXT, {"content": "字", **ASKED}).json()
    assert (found["result"], found["detail"][0]["label"]) == ({"suggest": "risky", "label": 20001}, 20001)
    assert caller.call("POST", TEXT, {"content": "字"}).json()["errcode"] == 87014
    assert caller.call("POST", "/wxa/img_sec_check", b"x").json()["errcode"] == 87014
    assert caller.call("POST", TEXT, {"content": "字", **ASKED}).json()["result"]["suggest"] == "pass"
    assert caller.running.state.of(Verdicts).waiting == []


def test_wecom_names_whom_it_does_not_know_and_sends_the_same_once(caller: Caller) -> None:
    body = NOTE | {"touser": "zhou|nobody", "enable_duplicate_check": 1}
    said = [caller.call("POST", CORP, body, "corp").json() for _ in range(2)]
    assert [(s["errcode"], s["invaliduser"]) for s in said] == [(0, "nobody")] * 2
    sent = caller.session.get(f"{caller.running.url}/_sandbox/corp/messages").json()
    assert [m["users"] for m in sent if m.get("enable_duplicate_check")] == [["zhou"]]
    caller.order("clock", advance_s=1800)
    caller.call("POST", CORP, body, "corp")
    assert len(caller.session.get(f"{caller.running.url}/_sandbox/corp/messages").json()) == len(sent) + 1


def test_wecoms_token_stays_the_same_and_its_secret_is_its_own(caller: Caller) -> None:
    assert caller._corp_token() == caller.tokens["corp"]
    for params, errcode in (({"corpid": "wwother"}, 40013), ({"corpid": "wwsandbox", "corpsecret": SECRET}, 40001)):
        answer = requests.get(f"{caller.running.url}/cgi-bin/gettoken", params=params)
        assert json.loads(answer.text)["errcode"] == errcode
