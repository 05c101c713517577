"""用工关系消息 in the sandbox: its data is text, and only whoever is bound and took the template gets it."""

import json
from typing import Any

import pytest
import requests

from server.wechat.client import WechatClient
from tests.wechat.conftest import OPENID, SECRET

PATH = "/cgi-bin/message/wxopen/employeerelationmsg/send"
FIELDS = {"thing1": "11月24日的打卡", "phrase2": "通过", "thing3": "已计入在岗"}
TEMPLATE = "sandbox-staff-decided"


@pytest.fixture
def call(sandbox):
    """POST to the endpoint with a token of ours, and `changes` to a body that is right."""
    app = {"grant_type": "client_credential", "appid": "wxtest", "secret": SECRET}
    token = requests.post(f"{sandbox.url}/cgi-bin/stable_token", json=app).json()["access_token"]

    def post(**changes: Any) -> dict[str, Any]:
        data = json.dumps({"data": {key: {"value": value} for key, value in FIELDS.items()}})
        body = {"touser": OPENID, "template_id": TEMPLATE, "page": "pages/today/today", "data": data} | changes
        return requests.post(f"{sandbox.url}{PATH}", params={"access_token": token}, json=body).json()

    return post


def bind(sandbox, **order: Any) -> None:
    assert requests.post(f"{sandbox.url}/_sandbox/staff", json={"openid": OPENID, **order}).status_code == 200


def test_it_arrives_in_the_assistant_and_uses_nothing_up(sandbox, client: WechatClient):
    bind(sandbox)
    for _time in range(2):
        client.send_employee(OPENID, TEMPLATE, FIELDS, "pages/today/today")
    assert [message.fields for message in sandbox.state.messages] == [FIELDS, FIELDS]
    assert not sandbox.state.credits
    page = requests.get(sandbox.url).text
    assert "小程序助手" in page
    assert "已计入在岗" in page


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"data": {"data": {}}}, 40097),  # an object, where text is wanted
        ({"data": "not JSON"}, 40097),
        ({"data": "[]"}, 40097),
        ({"template_id": "sandbox-decided"}, 40097),  # a subscribe template
        ({"touser": 1}, 40097),
        ({"touser": "o-unbound"}, 40256),
        ({"template_id": "sandbox-staff-flag"}, 50001),
        ({"data": json.dumps({"data": {"thing1": {"value": "长" * 21}}})}, 47003),
    ],
    ids=str,
)
def test_what_it_refuses(sandbox, call, changes, errcode):
    bind(sandbox, template_ids=[TEMPLATE])
    assert call(**changes)["errcode"] == errcode
    assert not sandbox.state.messages


def test_who_was_unbound_gets_nothing_more(sandbox, call):
    bind(sandbox)
    assert call()["errcode"] == 0
    bind(sandbox, bound=False)
    assert call()["errcode"] == 40256


def test_without_a_token_nobody_is_written_to(sandbox):
    assert requests.post(f"{sandbox.url}{PATH}", json={}).json()["errcode"] == 41001
