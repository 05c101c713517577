"""A process of somebody who uses wechatpy as it is: the old token endpoint, and a store that all processes share.

`python -m tests.wechat.old_token_process SANDBOX_URL STORE_FILE OPENID`; each line on stdin is an order, answered by a
line: `send` sends a message and tells with which token, `age` lets the token's two hours pass in this process's eyes.
"""

import sqlite3
import sys

from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.session import SessionStorage

LIVE = "https://api.weixin.qq.com"
DATA = {"thing1": {"value": "苏州驻点"}, "date2": {"value": "2026年11月24日"}, "thing3": {"value": "还没有打卡"}}


class Redirected(HTTPAdapter):
    """What would go to the real WeChat goes to the sandbox."""

    def __init__(self, url: str, live: str = LIVE) -> None:
        super().__init__()
        self.url, self.live = url, live

    def send(self, request, **kwargs):
        request.url = self.url + request.url.removeprefix(self.live)
        return super().send(request, **kwargs)


class FileStorage(SessionStorage):
    """One file for all processes, as Redis would be."""

    def __init__(self, path: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("CREATE TABLE IF NOT EXISTS kv (k TEXT PRIMARY KEY, v TEXT)")

    def get(self, key, default=None):
        row = self.db.execute("SELECT v FROM kv WHERE k = ?", (key,)).fetchone()
        return row[0] if row else default

    def set(self, key, value, ttl=None):
        self.db.execute("INSERT OR REPLACE INTO kv VALUES (?, ?)", (key, value))

    def delete(self, key):
        self.db.execute("DELETE FROM kv WHERE k = ?", (key,))


def main(url: str, store: str, openid: str) -> None:
    client = WeChatClient("wxtest", "a-secret-nobody-may-read", session=FileStorage(store))
    client._http.mount(LIVE + "/", Redirected(url))
    print("ready", flush=True)
    for order in sys.stdin:
        if order.strip() == "age":
            client.expires_at -= 7200
        else:
            client.wxa.send_subscribe_message(openid, "sandbox-reminder", DATA)
        print(client.session.get(client.access_token_key), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
