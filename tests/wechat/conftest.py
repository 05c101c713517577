"""A sandbox on a free port, spoken to over real HTTP, and the client of the server in front of it."""

from collections.abc import Callable, Iterator

import pytest
import requests

from server.config import Config
from server.wechat.client import WechatClient
from server.wechat.sandbox.app import RunningSandbox, create_sandbox

SECRET = "a-secret-nobody-may-read"
OPENID = "openid-zhou"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    running = RunningSandbox(create_sandbox("wxtest", SECRET, send_takes_s=0))
    running.state.register(OPENID)
    yield running
    running.stop()


@pytest.fixture
def config(sandbox: RunningSandbox) -> Config:
    return Config(_env_file=None, wechat_appid="wxtest", wechat_secret=SECRET, sandbox_port=sandbox.port)


@pytest.fixture
def client(config: Config, patience_s: float) -> WechatClient:
    return WechatClient(config, timeout_s=patience_s)


@pytest.fixture
def control(sandbox: RunningSandbox) -> Callable[..., object]:
    """POST an order to the control plane: control("faults", path=…, times=1)."""

    def post(what: str, **order: object) -> object:
        answer = requests.post(f"{sandbox.url}/_sandbox/{what}", json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post


@pytest.fixture
def login_code(control: Callable[..., dict[str, str]]) -> str:
    return control("codes", openid=OPENID)["code"]
