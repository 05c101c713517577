"""One client for every call to WeChat: stable_token, timeouts everywhere, one bounded retry, no secret in an error."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import requests
import structlog
from circuitbreaker import CircuitBreaker
from urllib3.exceptions import MaxRetryError, NewConnectionError
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from server.config import Config
from server.errors import AppError
from server.wechat import errors

log = structlog.get_logger()
_TIMEOUT_S = 5  # to connect, and again between any two bytes of the answer
_BAD_CODE = (40029, 40163)  # unknown or expired, used before
_BLOCKED = 40226
_TOKEN_ERRCODES = (40001, 40014, 42001)  # not the latest, malformed, expired: worth exactly one new token
_TOKEN_MARGIN_S = 120  # a token is given up this long before WeChat does
_TOKEN_WAIT_S = 12  # for whoever is fetching the token: longer than a fetch that hangs
_LOOK_EVERY_S = 0.05
_SICK_AFTER = 5  # calls of one path in a row that WeChat did not answer properly …
_LEFT_ALONE_S = 30  # … and it is not asked again for so long


class TokenStore(Protocol):
    """Where the access token is shared; the store enforces the end of life, wechatpy does not (facts 2.2)."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any, ttl: int | None = None) -> None: ...
    def delete(self, key: str) -> None: ...
    def alone(self, key: str, for_s: float) -> AbstractContextManager[bool]:
        """True for the one of all processes that may fetch now; the others look again."""


class WechatClient:
    """The calls this project makes. `tokens` may be left out by whoever only signs people in."""

    def __init__(
        self,
        config: Config,
        tokens: TokenStore | None = None,
        timeout_s: float = _TIMEOUT_S,
        left_alone_s: float = _LEFT_ALONE_S,
    ) -> None:
        self._api = _BoundedClient(config, tokens, timeout_s, left_alone_s)

    def openid_of(self, code: str) -> str:
        """The openid behind a wx.login code. Raises AppError 401 for a bad code, 403 for a person WeChat blocks,
        503 when WeChat does not answer or does not accept this server."""
        try:
            return str(self._api.session_of(code)["openid"])
        except (errors.WechatError, KeyError) as error:
            errcode = error.errcode if isinstance(error, errors.WechatError) else None
        if errcode in _BAD_CODE:
            raise AppError(401, "wechat_code_invalid", "登录码已失效，请重新进入小程序。", {"errcode": errcode})
        if errcode == _BLOCKED:
            raise AppError(403, "wechat_blocked", "微信暂不允许此账号登录，请在微信里查看原因。", {"errcode": errcode})
        log.warning("login_unavailable", errcode=errcode)  # 40013 and 40125: APPID or SECRET of this server is wrong
        raise AppError(503, "wechat_unavailable", "微信登录暂时不可用，请稍后再试。", {"retry_after_s": 5})

    def send_subscribe(self, openid: str, template_id: str, fields: dict[str, str], page: str) -> None:
        """One subscribe message. `fields` maps template keys (thing1, date2 …) to fitted values. Raises WechatError."""
        self._api.call(
            "cgi-bin/message/subscribe/send",
            {
                "touser": openid,
                "template_id": template_id,
                "page": page,
                "data": {key: {"value": value} for key, value in fields.items()},
            },
        )


class _BoundedClient(WeChatClient):
    """wechatpy 1.8.18 with its pitfalls fenced off: unbounded retry, token fetch without timeout, leaky texts."""

    def __init__(self, config: Config, tokens: TokenStore | None, timeout_s: float, left_alone_s: float) -> None:
        self._base = config.wechat_url
        self._tokens = tokens
        self._left_alone_s = left_alone_s
        self._breakers: dict[str, CircuitBreaker] = {}
        super().__init__(config.wechat_appid, config.wechat_secret, session=tokens, timeout=timeout_s, auto_retry=False)

    @property
    def access_token(self) -> str:
        """The token all processes share; of those that find none, one fetches it and the others wait for it."""
        held = self.session.get(self.access_token_key)
        if held or self._tokens is None:
            return str(held or self._fetch_token())
        give_up_at = time.monotonic() + _TOKEN_WAIT_S
        while time.monotonic() < give_up_at:
            with self._tokens.alone(self.access_token_key, _TOKEN_WAIT_S) as may_fetch:
                if held := self.session.get(self.access_token_key):
                    return str(held)
                if may_fetch:
                    return self._fetch_token()
            time.sleep(_LOOK_EVERY_S)
        raise errors.RetryLater(None, "another process has been fetching the token for too long")

    def session_of(self, code: str) -> dict[str, Any]:
        """jscode2session without the access token that wechatpy would fetch for it needlessly."""
        path = "sns/jscode2session"
        return self._while_well(
            path,
            lambda: self.get(
                f"{self._base}/{path}",
                params={
                    "appid": self.appid,
                    "secret": self.secret,
                    "js_code": code,
                    "grant_type": "authorization_code",
                    "access_token": None,
                },
            ),
        )

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST with the access token; a token that WeChat no longer knows is replaced once."""
        token = self.access_token
        try:
            return self._post_with(token, path, body)
        except errors.RetryLater as error:
            if error.errcode not in _TOKEN_ERRCODES:
                raise
        if self.session.get(self.access_token_key) == token:  # else somebody has replaced it already
            self.session.delete(self.access_token_key)
        return self._post_with(self.access_token, path, body)

    def _post_with(self, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        # The token comes in from outside of the guard: one that cannot be had is not an uncertain message.
        return self._while_well(
            path, lambda: self.post(path, api_base_url=self._base + "/", params={"access_token": token}, data=body)
        )

    def _while_well(self, path: str, call: Callable[[], Any]) -> dict[str, Any]:
        """Run one call, unless this path has been without proper answers: waiting for what does not come holds up
        everybody else. One call is let through after a while, to see."""
        breaker = self._breakers.setdefault(
            path, CircuitBreaker(_SICK_AFTER, self._left_alone_s, _is_sick, name=f"wechat {path}")
        )
        if breaker.opened:
            raise errors.RetryLater(None, "left alone for a while: it has not been answering")
        answer: dict[str, Any] = breaker.call(_guarded, call)
        return answer

    def _fetch_token(self) -> str:
        """stable_token: the same token for every caller, so that no process takes another's away."""
        answer: Any = None
        try:
            answer = self._http.post(
                f"{self._base}/cgi-bin/stable_token",
                data=json.dumps({"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}),
                timeout=self.timeout,
            ).json()
            token, lives_s = str(answer["access_token"]), int(answer["expires_in"])
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            errcode = answer.get("errcode") if isinstance(answer, dict) else None
            # Even a wrong secret is worth another try later: the operator corrects it, the message still goes out.
            refused = errors.QuotaSpent if errors.is_quota(errcode) else errors.RetryLater
            raise refused(errcode, f"no token ({type(error).__name__})") from None
        self.session.set(self.access_token_key, token, lives_s - _TOKEN_MARGIN_S)
        return token


def _is_sick(_kind: type[BaseException], error: BaseException) -> bool:
    """No answer, or "system busy"; whoever refuses a call with reason is well."""
    return isinstance(error, errors.WechatError) and error.errcode in (None, -1)


def _guarded(call: Callable[[], Any]) -> dict[str, Any]:
    """Run one call; whatever wechatpy or requests raise becomes one of our errors, without their texts."""
    try:
        answer = call()
    except WeChatClientException as error:
        if error.errcode is None:  # HTTP status >= 400: the gateway answered, not the API
            raise errors.Uncertain(None, "HTTP error") from None
        raise errors.from_errcode(error.errcode, "refused") from None
    except requests.ConnectionError as error:
        raise (errors.RetryLater if _never_left(error) else errors.Uncertain)(None, type(error).__name__) from None
    except (requests.RequestException, ValueError, KeyError) as error:
        raise errors.Uncertain(None, type(error).__name__) from None
    if not isinstance(answer, dict):  # a page of a gateway with status 200
        raise errors.Uncertain(None, "not JSON")
    return answer


def _never_left(error: requests.ConnectionError) -> bool:
    """Whether no connection was made at all (refused, no such host, connect timeout): nothing can have arrived."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
