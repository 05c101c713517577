"""企业微信群机器人 in the sandbox: no token, the key is all; twenty a minute; lengths in bytes of UTF-8."""

from datetime import timedelta
from typing import Any

import pytest
import requests

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def post(sandbox):
    def send(text: Any = "一", kind: str = "markdown", key: str = KEY) -> int:
        body = {"msgtype": kind, kind: {"content": text}}
        answer = requests.post(f"{sandbox.url}/cgi-bin/webhook/send", params={"key": key}, json=body)
        assert answer.status_code == 200
        return answer.json()["errcode"]

    return send


def test_a_message_is_in_the_group_and_the_key_on_no_page(sandbox, post):
    assert post("**11月驻点情况**\n> 城关镇：派驻 5 人") == 0
    page = requests.get(sandbox.url).text
    assert "企业微信群" in page
    assert "城关镇：派驻 5 人" in page
    assert KEY not in page


@pytest.mark.parametrize(
    ("text", "kind", "errcode"),
    [
        ("汉" * 1365, "markdown", 0),
        ("汉" * 1366, "markdown", 40058),  # 4098 bytes
        ("a" * 2048, "text", 0),
        ("a" * 2049, "text", 40058),
        ("", "markdown", 40008),
        (None, "markdown", 40008),
        ("一", "voice", 40008),
    ],
)
def test_what_it_takes(post, text, kind, errcode):
    assert post(text, kind) == errcode


def test_a_wrong_key(post):
    assert post(key="") == 93000


def test_twenty_a_minute_each_bot(sandbox, post):
    assert [post() for _ in range(21)] == [0] * 20 + [45009]
    assert post(key="another-bots-key") == 0
    sandbox.state.advance(timedelta(seconds=60))
    assert post() == 0
