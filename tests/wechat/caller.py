"""Somebody who calls a sandbox's paths, with what each needs: a token, fresh codes, a signature."""

import hashlib
import hmac
import io
import json
from typing import Any

import cv2
import numpy as np
import requests

from server.wechat.sandbox.app import RunningSandbox
from server.wechat.sandbox.wecom import Corp
from tests.wechat.conftest import OPENID, SECRET

APP = {"grant_type": "client_credential", "appid": "wxtest", "secret": SECRET}
FIELDS = {"thing1": {"value": "苏州驻点"}, "date2": {"value": "2026年11月24日"}, "thing3": {"value": "还没有打卡"}}
CARD = {"cert_type": "IDENTITY_CARD", "cert_name": "张三", "cert_no": "310101199801011234"}
CARD_HASH = "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"  # facts section 13


class Caller:
    """`kind` of a call: with which token, `app`, `corp` or none."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running
        self.session = requests.Session()
        self.tokens = {
            "app": self.session.post(f"{running.url}/cgi-bin/stable_token", json=APP).json()["access_token"],
            "corp": self.order("corp", members=["zhou"]) and self._corp_token(),
        }

    def _corp_token(self) -> str:
        corp = self.running.state.of(Corp)
        asked = {"corpid": corp.corp_id, "corpsecret": corp.secret}
        return self.session.get(f"{self.running.url}/cgi-bin/gettoken", params=asked).json()["access_token"]

    def order(self, what: str, **order: Any) -> Any:
        answer = self.session.post(f"{self.running.url}/_sandbox/{what}", json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def visit(self) -> None:
        """The person opens the mini-program."""
        code = self.order("codes", openid=OPENID)["code"]
        asked = {"appid": "wxtest", "secret": SECRET, "js_code": code, "grant_type": "authorization_code"}
        assert "openid" in self.session.get(f"{self.running.url}/sns/jscode2session", params=asked).json()

    def signed(self) -> dict[str, str]:
        key = self.running.state.users[OPENID].session_key
        signature = hmac.new(key.encode(), b"", hashlib.sha256).hexdigest()
        return {"openid": OPENID, "signature": signature, "sig_method": "hmac_sha256"}

    def verify_id(self, number: str) -> str:
        body = {"out_seq_no": number, "cert_info": CARD, "openid": OPENID}
        answer = self.call("POST", "/cityservice/face/identify/getverifyid", body).json()
        return str(answer["verify_id"])

    def call(self, method: str, path: str, given: Any, kind: str | None = "app") -> requests.Response:
        query = {"access_token": self.tokens[kind]} if kind else {}
        if method == "GET":
            return self.session.get(self.running.url + path, params=query | given)
        if isinstance(given, bytes):
            return self.session.post(self.running.url + path, params=query, files={"media": io.BytesIO(given)})
        # without a Content-Type, as wechatpy posts
        return self.session.post(self.running.url + path, params=query, data=json.dumps(given).encode())


def read_code(image: bytes) -> str:
    text, _points, _straight = cv2.QRCodeDetector().detectAndDecode(
        cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    )
    return text
