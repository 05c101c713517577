"""The webhook of 企业微信群机器人: no token, the key in the address is the secret (wechat-facts, section 12)."""

import json

import requests

from server.wechat import errors
from server.wechat.bounded import never_left

MOST_BYTES = 4096  # of markdown, in UTF-8
_TIMEOUT_S = 5


class GroupBotClient:
    """Posts markdown. `base`: where qyapi.weixin.qq.com is, or the sandbox."""

    def __init__(self, base: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._url = f"{base}/cgi-bin/webhook/send"
        self._timeout_s = timeout_s

    def send_markdown(self, key: str, text: str) -> None:
        """One message into the bot's group. Raises WechatError, in whose text there is no key."""
        body = json.dumps({"msgtype": "markdown", "markdown": {"content": text}}, ensure_ascii=False).encode()
        try:
            answer = requests.post(self._url, params={"key": key}, data=body, timeout=self._timeout_s)
        except requests.ConnectionError as error:
            kind = errors.RetryLater if never_left(error) else errors.Uncertain
            raise kind(None, type(error).__name__) from None
        except requests.RequestException as error:
            raise errors.Uncertain(None, type(error).__name__) from None
        if answer.status_code >= 400:
            raise errors.Uncertain(None, "HTTP error")
        try:
            errcode = answer.json()["errcode"]
        except (ValueError, KeyError, TypeError):  # a page of a gateway
            raise errors.Uncertain(None, "not an answer") from None
        if errcode:
            raise errors.from_errcode(errcode, "refused")
