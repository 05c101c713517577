"""The sandbox's phone scans: one click, and the browser is at the console as that person, by the server's own doors."""

from collections.abc import Iterator
from threading import Thread

import pytest
import requests
from werkzeug.serving import make_server

from server.config import Config
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from server.wechat.sandbox.state import Callback
from tests.cast import Cast


@pytest.fixture
def sandbox(serve, config: Config) -> Iterator[RunningSandbox]:
    """A local WeChat and a server that know each other."""
    running = RunningSandbox(create_sandbox(config.wechat_appid, config.wechat_secret))
    app = serve(config.model_copy(update={"sandbox_port": running.port}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    running.state.callback = Callback(url=f"http://127.0.0.1:{server.port}/wechat/callback")
    yield running
    server.shutdown()
    running.stop()


def test_one_click_and_one_is_at_the_console(sandbox: RunningSandbox, cast: Cast, rows) -> None:
    browser = requests.Session()
    page = browser.get(f"{sandbox.url}/_sandbox/scan?openid={cast['bureau'].openid}", timeout=20)
    assert (page.status_code, "bureau" in page.text, "总览" in page.text) == (200, True, True)
    standing = rows("SELECT kind FROM sign_ins WHERE device IS NOT NULL AND revoked_at IS NULL")
    assert standing == [("console",)], "the phone that scanned has signed out again"


def test_who_supervises_nobody_is_told_so(sandbox: RunningSandbox, cast: Cast) -> None:
    page = requests.get(f"{sandbox.url}/_sandbox/scan?openid={cast['chen'].openid}", timeout=20)
    assert (page.status_code, page.text) == (403, "您的角色不能做这一步。")


def test_a_stranger_is_told_so(sandbox: RunningSandbox) -> None:
    page = requests.get(f"{sandbox.url}/_sandbox/scan?openid=o-stranger", timeout=20)
    assert (page.status_code, "还没有绑定" in page.text) == (403, True)


def test_without_a_server_there_is_nowhere_to_go(sandbox: RunningSandbox) -> None:
    sandbox.state.callback = Callback()
    page = requests.get(f"{sandbox.url}/_sandbox/scan?openid=o-chen", timeout=20)
    assert (page.status_code, "make run" in page.text) == (409, True)
