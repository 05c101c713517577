"""wechatpy 1.8.18 with its pitfalls fenced off: unbounded retry, token fetch without timeout, leaky texts, no lock."""

import json
import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import requests
from circuitbreaker import STATE_CLOSED, CircuitBreaker
from urllib3.exceptions import MaxRetryError, NewConnectionError
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from server.config import Config
from server.wechat import errors

TIMEOUT_S = 5  # to connect, and again between any two bytes of the answer …
_WHOLE = 2  # … and so many times that for the whole call, however slowly it drips in
LEFT_ALONE_S = 30  # so long is a path not asked …
_SICK_AFTER = 5  # … after as many calls in a row that WeChat did not answer properly
_TOKEN_ERRCODES = (40001, 40014, 42001)  # not the latest, malformed, expired: worth exactly one new token
_TOKEN_MARGIN_S = 120  # a token is given up this long before WeChat does
_TOKEN_WAIT_S = 12  # for whoever is fetching the token: longer than a fetch that hangs or drips
_ROOM_S = 1  # so long somebody who signs in waits for those before them
_LOOK_EVERY_S = 0.05


class TokenStore(Protocol):
    """Where the access token is shared; the store enforces the end of life, wechatpy does not (facts 2.2)."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any, ttl: int | None = None) -> None: ...
    def delete(self, key: str) -> None: ...
    def alone(self, key: str, for_s: float) -> AbstractContextManager[bool]:
        """True for the one of all processes that may fetch now; the others look again."""


class BoundedClient(WeChatClient):
    """`call` posts and answers JSON, `read` gets it, `image` posts and answers bytes, `session_of` needs no token."""

    def __init__(self, config: Config, tokens: TokenStore | None, timeout_s: float, left_alone_s: float) -> None:
        self._base = config.wechat_url
        self._tokens = tokens
        self._left_alone_s = left_alone_s
        self._breakers: dict[str, CircuitBreaker] = {}
        self._probes: dict[str, threading.Lock] = {}
        # A WeChat that hangs may hold half of the web server's threads and never all: the others serve everybody else.
        self._signing_in = threading.BoundedSemaphore(max(1, config.web_threads // 2))
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
        params = {"appid": self.appid, "secret": self.secret, "js_code": code, "grant_type": "authorization_code"}

        def get() -> Any:
            return _json(self.get(f"{self._base}/{path}", params=params | {"access_token": None}))

        if not self._signing_in.acquire(timeout=_ROOM_S):
            raise errors.RetryLater(None, "as many sign-ins are waiting for an answer as may")
        try:
            answer: dict[str, Any] = self._while_well(path, get)
        finally:
            self._signing_in.release()
        return answer

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST with the access token; a token that WeChat no longer knows is replaced once."""
        answer: dict[str, Any] = self._with_token(path, body, _json)
        return answer

    def read(self, path: str) -> dict[str, Any]:
        """The same by GET, of a path that is only asked."""
        answer: dict[str, Any] = self._with_token(path, None, _json)
        return answer

    def image(self, path: str, body: dict[str, Any]) -> bytes:
        """The same for a path that answers a picture."""
        answer: bytes = self._with_token(path, body, _picture)
        return answer

    def _with_token(self, path: str, body: dict[str, Any] | None, read: Callable[[Any], Any]) -> Any:
        token = self.access_token
        try:
            return self._ask_with(token, path, body, read)
        except errors.RetryLater as error:
            if error.errcode not in _TOKEN_ERRCODES:
                raise
        if self.session.get(self.access_token_key) == token:  # else somebody has replaced it already
            self.session.delete(self.access_token_key)
        return self._ask_with(self.access_token, path, body, read)

    def _ask_with(self, token: str, path: str, body: dict[str, Any] | None, read: Callable[[Any], Any]) -> Any:
        # The token comes in from outside of the guard: one that cannot be had is not an uncertain message.
        def ask() -> Any:
            where = {"api_base_url": self._base + "/", "params": {"access_token": token}}
            return read(self.get(path, **where) if body is None else self.post(path, data=body, **where))

        return self._while_well(path, ask)

    def _while_well(self, path: str, call: Callable[[], Any]) -> Any:
        """Run one call, unless this path has been without proper answers: waiting for what does not come holds up
        everybody else. One call is let through after a while, to see."""
        breaker = self._breakers.setdefault(
            path, CircuitBreaker(_SICK_AFTER, self._left_alone_s, _is_sick, name=f"wechat {path}")
        )
        if breaker.state == STATE_CLOSED:
            return breaker.call(_guarded, self._in_time, call)
        probe = self._probes.setdefault(path, threading.Lock())
        if breaker.opened or not probe.acquire(blocking=False):
            raise errors.RetryLater(None, "left alone for a while: it has not been answering")
        try:
            return breaker.call(_guarded, self._in_time, call)
        finally:
            probe.release()

    def _in_time(self, call: Callable[[], Any]) -> Any:
        """Run one call and wait for it as long as a whole call may take: requests knows a limit between two bytes only.
        Raises requests.Timeout; who is given up ends by itself, and nobody listens to it."""
        answered: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answered.put((call(), None))
            except BaseException as error:
                answered.put((None, error))

        threading.Thread(target=run, name="wechat", daemon=True).start()
        try:
            answer, error = answered.get(timeout=_WHOLE * float(self.timeout))
        except queue.Empty:
            raise requests.Timeout("not within the whole time of a call") from None
        if error is not None:
            raise error
        return answer

    def _ask_for_token(self) -> Any:
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._http.post(
            f"{self._base}/cgi-bin/stable_token", data=json.dumps(asked), timeout=self.timeout
        ).json()

    def _fetch_token(self) -> str:
        """stable_token: the same token for every caller, so that no process takes another's away."""
        answer: Any = None
        try:
            answer = self._in_time(self._ask_for_token)
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


def _guarded(in_time: Callable[[Callable[[], Any]], Any], call: Callable[[], Any]) -> Any:
    """Run one call; whatever wechatpy or requests raise becomes one of our errors, without their texts."""
    try:
        return in_time(call)
    except WeChatClientException as error:
        if error.errcode is None:  # HTTP status >= 400: the gateway answered, not the API
            raise errors.Uncertain(None, "HTTP error") from None
        raise errors.from_errcode(error.errcode, "refused") from None
    except requests.ConnectionError as error:
        raise (errors.RetryLater if never_left(error) else errors.Uncertain)(None, type(error).__name__) from None
    except (requests.RequestException, ValueError, KeyError) as error:
        raise errors.Uncertain(None, type(error).__name__) from None


def _json(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):  # a page of a gateway with status 200
        raise errors.Uncertain(None, "not JSON")
    return answer


def _picture(answer: Any) -> bytes:
    """wechatpy hands over the response itself when it holds no JSON."""
    if not isinstance(answer, requests.Response) or not answer.headers.get("Content-Type", "").startswith("image/"):
        raise errors.Uncertain(None, "not a picture")
    return bytes(answer.content)


def never_left(error: requests.ConnectionError) -> bool:
    """Whether no connection was made at all (refused, no such host, connect timeout): nothing can have arrived."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
