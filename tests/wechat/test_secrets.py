"""Neither the secret nor a token is in any error of ours or in what would be logged of it."""

import traceback

import pytest
import requests

from server.errors import AppError
from server.logs import scrub
from server.wechat import errors
from tests.wechat.conftest import OPENID, SECRET
from tests.wechat.test_send import PATH, TOKEN_PATH, send

FAULTS = [{"http_status": 502}, {"reset": True}, {"hang_s": 0.8}, {"errcode": 40013}, {"body": "<html>"}]


def logged(error: BaseException) -> str:
    """What structlog's format_exc_info writes: the chain as the interpreter prints it, and each link's texts."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_failed_login_does_not_tell_the_secret(client, control, login_code, fault):
    control("faults", path="/sns/jscode2session", times=1, **fault)
    with pytest.raises(AppError) as caught:
        client.openid_of(login_code)
    assert SECRET not in logged(caught.value)
    assert login_code not in logged(caught.value)


@pytest.mark.parametrize("path", [PATH, TOKEN_PATH])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_failed_send_tells_neither_secret_nor_token(client, control, sandbox, path, fault):
    control("faults", path=path, times=1, **fault)
    with pytest.raises(errors.WechatError) as caught:
        send(client)
    said = logged(caught.value)
    assert SECRET not in said
    assert not [token for token in sandbox.state.tokens if token in said]


def test_a_stopped_wechat_does_not_tell_them_either(client, sandbox):
    sandbox.stop()
    with pytest.raises(AppError) as login:
        client.openid_of("a-login-code")
    with pytest.raises(errors.RetryLater) as sending:
        send(client)
    assert SECRET not in logged(login.value) + logged(sending.value)


def test_the_log_scrubs_what_requests_would_say(sandbox):
    """The text of requests' own error holds the whole URL; the log's processor is the second fence."""
    sandbox.stop()
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get(f"{sandbox.url}/sns/jscode2session", params={"secret": SECRET, "access_token": "96_abc"})
    assert SECRET in str(caught.value)
    assert SECRET not in scrub(str(caught.value))
    assert "96_abc" not in scrub(str(caught.value))


def test_the_sandbox_itself_logs_no_url(client, login_code, capfd):
    client.openid_of(login_code)
    send(client, openid=OPENID)
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    assert "access_token" not in out + err
