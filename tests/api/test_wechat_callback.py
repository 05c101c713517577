"""/wechat/callback: WeChat's signature or nothing; sealed where a key is set; kept once; garbage is never a 500."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from server.app import create_app
from server.config import Config
from server.db import Database
from server.wechat.sandbox.seal import seal, sign
from tests.client import Api
from tests.conftest import NOON, StoppedClock

Rows = Callable[..., list]
DEFAULT = Config(_env_file=None)
TOKEN, KEY, APPID = DEFAULT.wechat_callback_token, DEFAULT.wechat_callback_aes_key, DEFAULT.wechat_appid
EVENT = {
    "ToUserName": "gh_1",
    "FromUserName": "o-chen",
    "CreateTime": int(NOON.timestamp()),
    "MsgType": "event",
    "Event": "debug_demo",
}
XML = "<xml><FromUserName><![CDATA[o-chen]]></FromUserName><CreateTime>1764000000</CreateTime><MsgType>event</MsgType><Event>debug_demo</Event></xml>"  # fmt: skip  # noqa: E501


def callback(config: Config, clock: StoppedClock, db: Database, **changed: Any) -> Client:
    return create_app(config.model_copy(update=changed), clock=clock, db=db).test_client()


@pytest.fixture
def sealed(config: Config, clock: StoppedClock, db: Database) -> Client:
    """The callback as it is configured out of the box: with a key."""
    return callback(config, clock, db)


@pytest.fixture
def plain(config: Config, clock: StoppedClock, db: Database) -> Client:
    return callback(config, clock, db, wechat_callback_aes_key="plain")


def stamp(at: datetime, *parts: str, **changed: str) -> dict[str, str]:
    """The query of a push; `parts` go into its signature beside token, timestamp and nonce."""
    query = {"timestamp": str(int(at.timestamp())), "nonce": uuid.uuid4().hex[:10]} | changed
    name = "msg_signature" if parts else "signature"
    return {name: sign(TOKEN, query["timestamp"], query["nonce"], *parts), **query}


def push_plain(client: Client, body: Any, at: datetime = NOON, **changed: str) -> TestResponse:
    data = json.dumps(body) if isinstance(body, dict) else body
    return client.post("/wechat/callback", query_string=stamp(at) | changed, data=data)


def push_sealed(
    client: Client, said: str, at: datetime = NOON, key: str = KEY, appid: str = APPID, **changed: str
) -> TestResponse:
    encrypt = seal(said, key, appid)
    query = stamp(at, encrypt) | {"encrypt_type": "aes", "openid": "o-chen"} | changed
    return client.post("/wechat/callback", query_string=query, json={"ToUserName": "gh_1", "Encrypt": encrypt})


def kept(rows: Rows) -> list[tuple[str, str]]:
    return rows("SELECT event, openid FROM pushed_events ORDER BY received_at, event")


def test_the_greeting_is_answered_when_it_is_signed(sealed: Client) -> None:
    query = stamp(NOON) | {"echostr": "4375120948345356249"}
    answer = sealed.get("/wechat/callback", query_string=query)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "4375120948345356249", "text/plain")
    assert sealed.get("/wechat/callback", query_string=query | {"nonce": "another"}).status_code == 403
    assert sealed.get("/wechat/callback").status_code == 403


def test_every_greeting_and_plain_signature_of_the_vectors(
    shared_data: Path, config: Config, clock: StoppedClock, db: Database
) -> None:
    vectors = json.loads((shared_data / "vectors/wechat.json").read_text(encoding="utf-8"))["server_signature"]
    assert len(vectors) >= 3
    for vector in vectors:
        clock.at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        client = callback(config, clock, db, wechat_callback_token=vector["token"], wechat_callback_aes_key="plain")
        query = {name: vector[name] for name in ("timestamp", "nonce")} | {"signature": vector["expect"]}
        echo = vector.get("echostr", "hello")
        assert client.get("/wechat/callback", query_string=query | {"echostr": echo}).text == echo
        assert client.post("/wechat/callback", query_string=query, json=EVENT).text == "success"


def test_every_sealed_push_of_the_vectors(
    shared_data: Path, config: Config, clock: StoppedClock, db: Database, rows: Rows
) -> None:
    vectors = json.loads((shared_data / "vectors/wechat.json").read_text(encoding="utf-8"))["message_push"]
    for vector in vectors:
        clock.at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        client = callback(
            config,
            clock,
            db,
            wechat_callback_token=vector["token"],
            wechat_callback_aes_key=vector["encodingAESKey"],
            wechat_appid=vector["appid"],
        )
        query = {name: vector[name] for name in ("timestamp", "nonce", "msg_signature")}
        query |= {"signature": vector.get("url_signature", ""), "encrypt_type": "aes"}
        xml = f"<xml><ToUserName>a</ToUserName><Encrypt><![CDATA[{vector['Encrypt']}]]></Encrypt></xml>"
        wrong = query | {"msg_signature": query["signature"]}  # the plain one is right, and relied on by nobody
        assert client.post("/wechat/callback", query_string=wrong, data=xml).status_code == 403
        assert client.post("/wechat/callback", query_string=query, data=xml).text == "success"
        again = client.post("/wechat/callback", query_string=query, json={"Encrypt": vector["Encrypt"]})
        assert (again.status_code, json.loads(again.text)["code"]) == (403, "push_replayed")
    assert kept(rows) == [("text", "messense"), ("debug_demo", "o9AgO5Kd5ggOC-bXrbNODIiE3bGY")]


@pytest.mark.parametrize("said", [json.dumps(EVENT), XML], ids=["json", "xml"])
def test_a_sealed_event_is_kept_for_the_worker(sealed: Client, rows: Rows, said: str) -> None:
    assert push_sealed(sealed, said).text == "success"
    assert kept(rows) == [("debug_demo", "o-chen")]
    assert rows("SELECT state, attempts FROM pushed_events") == [("pending", 0)]


@pytest.mark.parametrize("body", [EVENT, XML, "\n " + json.dumps(EVENT)], ids=["json", "xml", "spaced"])
def test_without_a_key_a_signed_plain_body_is_kept(plain: Client, rows: Rows, body: Any) -> None:
    assert push_plain(plain, body).text == "success"
    assert kept(rows) == [("debug_demo", "o-chen")]


def test_compatible_mode_is_read_where_the_mode_allows(plain: Client, sealed: Client, rows: Rows) -> None:
    """Beside the sealed part the open one counts only where nothing is sealed; with a key it could be anybody's."""
    encrypt = seal(json.dumps(EVENT | {"Event": "from_the_seal"}), KEY, APPID)
    both = EVENT | {"Event": "in_the_open", "Encrypt": encrypt}
    assert push_plain(plain, both).status_code == 200
    answer = sealed.post("/wechat/callback", query_string=stamp(NOON, encrypt), json=both)
    assert answer.status_code == 200
    assert [event for event, _openid in kept(rows)] == ["from_the_seal", "in_the_open"]


def test_with_a_key_a_plain_body_is_refused(sealed: Client, rows: Rows) -> None:
    assert push_plain(sealed, EVENT).status_code == 403
    assert kept(rows) == []


def test_without_a_key_a_sealed_body_says_nothing(plain: Client) -> None:
    assert push_plain(plain, {"ToUserName": "a", "Encrypt": seal("{}", KEY, APPID)}).status_code == 400


def test_wrong_signatures_keys_and_appids(sealed: Client, rows: Rows) -> None:
    said = json.dumps(EVENT)
    assert push_sealed(sealed, said, msg_signature="0" * 40).status_code == 403
    assert push_sealed(sealed, said, msg_signature="签名").status_code == 403
    assert push_sealed(sealed, said, key="B" * 43).status_code == 403
    assert push_sealed(sealed, said, appid="wxanother").status_code == 403
    assert sealed.post("/wechat/callback", json={"Encrypt": "x"}).status_code == 403
    assert kept(rows) == []


@pytest.mark.parametrize(("late_s", "status"), [(0, 200), (299, 200), (-299, 200), (301, 403), (-301, 403)])
def test_a_timestamp_is_good_for_five_minutes(sealed: Client, late_s: int, status: int) -> None:
    assert push_sealed(sealed, json.dumps(EVENT), at=NOON - timedelta(seconds=late_s)).status_code == status


@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "1e9", "٣", "9" * 30])
def test_a_timestamp_is_a_number(plain: Client, timestamp: str) -> None:
    query = stamp(NOON, timestamp=timestamp)
    assert plain.post("/wechat/callback", query_string=query, json=EVENT).status_code == 403


def test_the_same_request_again_is_a_replay_and_another_attempt_is_not(
    sealed: Client, plain: Client, rows: Rows
) -> None:
    query = stamp(NOON)
    bodies = [EVENT, EVENT, EVENT | {"Event": "forged_under_a_signature_that_was_overheard"}]
    answers = [plain.post("/wechat/callback", query_string=query, json=body).status_code for body in bodies]
    assert answers == [200, 403, 403]
    for _attempt in range(2):
        assert push_sealed(sealed, json.dumps(EVENT)).text == "success"
    assert kept(rows) == [("debug_demo", "o-chen")]


def test_what_is_the_same_and_what_is_not(plain: Client, rows: Rows) -> None:
    message = {"FromUserName": "o", "CreateTime": 1, "MsgType": "text", "MsgId": 7, "Content": "a"}
    for body in (message, message | {"Content": "b"}, message | {"MsgId": 8}):
        push_plain(plain, body)
    assert len(kept(rows)) == 2
    for body in (EVENT, dict(reversed(EVENT.items())), EVENT | {"List": []}, EVENT | {"CreateTime": 5}):
        push_plain(plain, body)
    assert len(kept(rows)) == 5


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "[]", "null", "1", '"a"', "{}", '{"MsgType": 1}', '{"MsgType": "\\ud800"}', "<xml>", "<a/>"),
        *("<xml><MsgType>a</MsgType></xml><b/>", '{"MsgType": "e", "x": "\\u0000"}', "[" * 3000, "<xml/>"),
        *(b"\xff\xfe", b"\x00", '{"MsgType": "a", "x": ' + "[" * 500 + "]" * 500 + "}"),
        *("<xml><MsgType>a</MsgType>" + "<a>" * 2000 + "</a>" * 2000 + "</xml>",),
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><MsgType>&b;</MsgType></xml>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>',
    ],
    ids=lambda body: repr(body)[:30],
)
def test_garbage_that_is_signed_is_400(plain: Client, sealed: Client, rows: Rows, body: Any) -> None:
    assert push_plain(plain, body).status_code == 400
    if isinstance(body, str):
        assert push_sealed(sealed, body).status_code == 400
    assert kept(rows) == []


def test_a_body_is_bounded(plain: Client) -> None:
    assert push_plain(plain, EVENT | {"x": "a" * 60_000}).status_code == 200
    assert push_plain(plain, EVENT | {"x": "a" * 70_000}).status_code == 413


def test_a_bearer_helps_nobody_and_harms_nobody(api: Api) -> None:
    """It is no endpoint of the API: no row of the authorisation matrix, no place in the document."""
    document = api.get("/openapi.json").json
    assert not [path for path in document["paths"] if "wechat" in path]
    client = api.app.test_client()
    for who in ("chen", "admin", "far_admin"):
        headers = {"Authorization": f"Bearer {api.cast[who].token}"}
        for method in ("GET", "POST"):
            assert client.open("/wechat/callback", method=method, headers=headers).status_code == 403
    assert client.open("/wechat/callback", method="DELETE").status_code in (401, 405)


def test_no_secret_is_logged(sealed: Client, capfd: pytest.CaptureFixture[str]) -> None:
    push_sealed(sealed, json.dumps(EVENT))
    push_sealed(sealed, "{", key="B" * 43)
    out, err = capfd.readouterr()
    assert TOKEN not in out + err
    assert KEY not in out + err


@settings(max_examples=60)
@given(
    query=st.dictionaries(
        st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "echostr", "encrypt_type", "openid"]),
        st.text(max_size=30) | st.just(str(int(NOON.timestamp()))),
    ),
    body=st.binary(max_size=300) | st.text(max_size=100).map(str.encode),
    signed=st.booleans(),
)
def test_any_query_and_any_bytes_are_answered(
    sealed: Client, plain: Client, query: dict[str, str], body: bytes, signed: bool
) -> None:
    if signed:
        query |= stamp(NOON) | {"nonce": query.get("nonce", "")}
        query["signature"] = sign(TOKEN, query["timestamp"], query["nonce"])
    for client in (sealed, plain):
        assert client.post("/wechat/callback", query_string=query, data=body).status_code in (200, 400, 403)
        assert client.get("/wechat/callback", query_string=query).status_code in (200, 403)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(["FromUserName", "OpenID", "CreateTime", "Event", "MsgId", "List", "RevokeInfo", "MsgType"])


@settings(max_examples=60)
@given(said=st.dictionaries(_names, _json), msgtype=st.text() | st.just("event"))
def test_any_fields_that_are_signed_are_kept_or_refused(
    plain: Client, sealed: Client, said: dict[str, Any], msgtype: str
) -> None:
    text = json.dumps({"MsgType": msgtype} | said)
    assert push_plain(plain, text).status_code in (200, 400)
    assert push_sealed(sealed, text).status_code in (200, 400)


def test_over_real_http_two_attempts_at_once_are_kept_once(
    config: Config, clock: StoppedClock, db: Database, rows: Rows
) -> None:
    app = create_app(config, clock=clock, db=db)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    encrypt = seal(json.dumps(EVENT), KEY, APPID)
    answers: list[str] = []

    def attempt() -> None:
        url = f"http://127.0.0.1:{server.port}/wechat/callback"
        answers.append(requests.post(url, params=stamp(NOON, encrypt), json={"Encrypt": encrypt}, timeout=10).text)

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    server.shutdown()
    thread.join()
    server.server_close()
    assert answers == ["success"] * 6
    assert kept(rows) == [("debug_demo", "o-chen")]


def test_the_sandbox_seals_as_wechat_does(shared_data: Path) -> None:
    """The vectors of what is sealed, with their random part given."""
    for vector in json.loads((shared_data / "vectors/wechat.json").read_text(encoding="utf-8"))["message_reply"]:
        sealed = seal(vector["plaintext"], vector["encodingAESKey"], vector["appid"], vector["random"].encode())
        assert sealed == vector["expect_Encrypt"]
        parts = (vector["timestamp"], vector["nonce"], sealed)
        assert sign(vector["token"], *parts) == vector["expect_MsgSignature"]
