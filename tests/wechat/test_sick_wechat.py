"""A WeChat that does not answer is left alone for a while, path by path; one that refuses is well."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from server.errors import AppError
from server.wechat import errors
from server.wechat.client import WechatClient

LOGIN, SEND = "/sns/jscode2session", "/cgi-bin/message/subscribe/send"
FIELDS = {"thing1": "苏州驻点", "date2": "2026年11月24日", "thing3": "今天还没有打卡"}


@pytest.fixture
def client(config) -> WechatClient:
    return WechatClient(config, left_alone_s=1)


def send(client: WechatClient) -> None:
    client.send_subscribe("openid-zhou", "sandbox-reminder", FIELDS, "pages/today/today")


@pytest.mark.parametrize("fault", [{"http_status": 502}, {"errcode": -1}, {"reset": True}, {"body": "<html>"}], ids=str)
def test_after_five_calls_without_an_answer_it_is_not_asked(client, control, sandbox, fault):
    control("faults", path=SEND, times=100, **fault)
    for _ in range(5):
        with pytest.raises(errors.WechatError):
            send(client)
    with pytest.raises(errors.RetryLater) as caught:  # known not to have left: neither uncertain nor lost
        send(client)
    assert caught.value.errcode is None
    assert sandbox.state.calls[SEND] == 5


def test_then_one_call_looks_whether_it_is_well(client, control, sandbox):
    control("faults", path=SEND, times=6, http_status=502)
    for _ in range(5):
        with pytest.raises(errors.Uncertain):
            send(client)
    time.sleep(1.1)
    with pytest.raises(errors.Uncertain):
        send(client)  # still sick: closed again at once
    with pytest.raises(errors.RetryLater):
        send(client)
    assert sandbox.state.calls[SEND] == 6
    time.sleep(1.1)
    send(client)
    send(client)
    assert len(sandbox.state.messages) == 2


def test_refusals_never_close_it(client, control, sandbox):
    control("faults", path=SEND, times=20, errcode=47003)
    for _ in range(20):
        with pytest.raises(errors.Never):
            send(client)
    send(client)
    assert sandbox.state.calls[SEND] == 21


def test_messages_that_fail_keep_nobody_from_signing_in(client, control, login_code):
    control("faults", path=SEND, times=5, http_status=502)
    for _ in range(5):
        with pytest.raises(errors.Uncertain):
            send(client)
    assert client.openid_of(login_code) == "openid-zhou"


def test_a_sick_login_is_told_at_once(client, control, login_code):
    """Ten people waiting five seconds each would hold every thread of the server."""
    control("faults", path=LOGIN, times=5, http_status=502)
    for _ in range(6):
        with pytest.raises(AppError) as caught:
            client.openid_of(login_code)
        assert (caught.value.status, caught.value.code) == (503, "wechat_unavailable")
    time.sleep(1.1)
    assert client.openid_of(login_code) == "openid-zhou"


def test_only_one_of_many_looks_whether_it_is_well(client, control, sandbox):
    control("faults", path=SEND, times=5, http_status=502)
    for _ in range(5):
        with pytest.raises(errors.Uncertain):
            send(client)
    time.sleep(1.1)
    control("faults", path=SEND, times=100, hang_s=0.4)
    outcomes = in_threads(8, lambda: send(client))
    assert sandbox.state.calls[SEND] == 6
    assert outcomes.count(errors.RetryLater) == 7


def test_a_hanging_sign_in_leaves_room_for_everybody_else(config, control, sandbox):
    """Four threads a process: two may wait for WeChat, the others are told within a second or so."""
    client = WechatClient(config.model_copy(update={"web_threads": 4}), timeout_s=3)
    control("faults", path=LOGIN, times=100, hang_s=3)
    began = time.monotonic()
    answered: list[float] = []

    def sign_in() -> None:
        try:
            client.openid_of("a-code")
        finally:
            answered.append(time.monotonic() - began)

    assert in_threads(6, sign_in) == [AppError] * 6
    assert len([took for took in answered if took < 2.5]) == 4
    assert sandbox.state.calls[LOGIN] == 2


@pytest.fixture
def dripping() -> Iterator[int]:
    """A server that answers a byte at a time, far more often than any timeout between two bytes notices."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nX: ")
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_an_answer_that_drips_in_is_given_up_after_twice_the_timeout(config, dripping):
    client = WechatClient(config.model_copy(update={"sandbox_port": dripping}), timeout_s=0.5)
    began = time.monotonic()
    with pytest.raises(AppError) as caught:
        client.openid_of("a-code")
    assert caught.value.code == "wechat_unavailable"
    with pytest.raises(errors.RetryLater):  # the token's fetch drips as well
        send(client)
    assert time.monotonic() - began < 6


def in_threads(many: int, call) -> list[type[BaseException] | None]:
    """What each of them met."""
    met: list[type[BaseException] | None] = []

    def run() -> None:
        try:
            call()
            met.append(None)
        except BaseException as error:
            met.append(type(error))

    threads = [threading.Thread(target=run) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return met
