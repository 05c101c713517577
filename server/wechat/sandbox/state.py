"""What the sandbox knows, in memory and under one lock; the messages on the phones may outlive it in a journal."""

import base64
import json
import secrets
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from flask import current_app

from server.wechat.sandbox.message_templates import TEMPLATES

_MESSAGES_KEPT = 100_000
_Own = TypeVar("_Own")


def new_session_key() -> str:
    """16 random bytes in base64, as WeChat's."""
    return base64.b64encode(secrets.token_bytes(16)).decode()


@dataclass(slots=True)
class User:
    """Somebody with WeChat on a phone. `name` and `role` are only shown on the page; `risk` is 0 to 4."""

    openid: str
    name: str = ""
    role: str = ""
    session_key: str = field(default_factory=new_session_key)
    last_visit_at: datetime | None = None
    risk: int = 0
    blocked: bool = False


@dataclass(slots=True)
class LoginCode:
    """What wx.login returned."""

    openid: str
    expires_at: datetime
    used: bool = False


@dataclass(slots=True)
class Token:
    """An access token; from `superseded_at` on it answers 40001, from `expires_at` on 42001. `corp`: WeCom's."""

    value: str
    kind: Literal["token", "stable", "corp"]
    expires_at: datetime
    superseded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One subscribe message as it arrived on a phone."""

    msgid: int
    openid: str
    template_id: str
    title: str
    fields: dict[str, str]
    page: str | None
    miniprogram_state: str
    at: datetime
    lang: str = "zh_CN"


@dataclass(slots=True)
class Fault:
    """What the next `times` calls of `path` meet. `carried_out`: the call takes effect, only its answer is spoilt.

    `truncate`: of the call's own answer only the first half comes, as a whole answer (`json`) or as a connection that
    ends too early (`body`). `duplicate`: what the call makes WeChat push is pushed twice.
    """

    path: str
    times: int
    errcode: int | None = None
    http_status: int | None = None
    hang_s: float = 0
    reset: bool = False
    body: str | None = None
    carried_out: bool = False
    truncate: Literal["json", "body"] | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """Where events are pushed to, and how they are signed, sealed and written (消息推送 in WeChat's console)."""

    url: str | None = None
    token: str = ""
    aes_key: str | None = None
    mode: Literal["plain", "compatible", "secure"] = "plain"
    format: Literal["json", "xml"] = "json"
    timeout_s: float = 5

    def changed(self, **values: Any) -> "Callback":
        return replace(self, **values)


class State:
    """Plain values; whoever reads or writes more than one of them holds `lock`. What only one group of endpoints needs
    is a class of its own there, of which `of` keeps the one instance."""

    def __init__(
        self,
        appid: str,
        secret: str,
        default_credits: int,
        send_takes_s: float,
        journal: Path | None = None,
        callback: Callback | None = None,
    ) -> None:
        self.appid = appid
        self.secret = secret
        self.default_credits = default_credits
        self.send_takes_s = send_takes_s
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.codes: dict[str, LoginCode] = {}
        self.templates = dict(TEMPLATES)
        self.tokens: dict[str, Token] = {}
        self.forced_refreshes: list[datetime] = []
        self.credits: dict[tuple[str, str], int] = {}
        self.always: dict[tuple[str, str], str] = {}  # 总是保持以上选择, by person and template
        self.callback = callback or Callback()
        self.sending: set[str] = set()
        self.messages: deque[Message] = deque(maxlen=_MESSAGES_KEPT)
        self.faults: list[Fault] = []
        self.calls: Counter[str] = Counter()
        self._ahead = timedelta()
        self._frozen_at: datetime | None = None
        self._own: dict[type[Any], Any] = {}
        self._journal = journal
        self._recall()

    def now(self) -> datetime:
        """The sandbox's clock, UTC."""
        return (self._frozen_at or datetime.now(UTC)) + self._ahead

    def freeze(self, still: bool) -> None:
        """Stop the clock, but for what it is advanced; or let it go on from where it stands."""
        with self.lock:
            stands = self.now()
            self._frozen_at = datetime.now(UTC) if still else None
            self._ahead = stands - (self._frozen_at or datetime.now(UTC))

    def of(self, kind: type[_Own]) -> _Own:
        """What one group keeps, made at first use."""
        with self.lock:
            return cast(_Own, self._own.setdefault(kind, kind()))

    def advance(self, by: timedelta) -> None:
        """Let time pass at once: codes and tokens grow old."""
        with self.lock:
            self._ahead += by

    def register(self, openid: str, **shown: Any) -> User:
        """The user with this openid, made at first sight; `shown` (name, role) replaces what the page shows."""
        with self.lock:
            user = self.users.setdefault(openid, User(openid))
            for name, value in shown.items():
                setattr(user, name, value)
            return user

    def spend_credit(self, openid: str, template_id: str) -> bool:
        """Take one of the person's acceptances of this template; False when none is left."""
        with self.lock:
            left = self.credits.get((openid, template_id), self.default_credits)
            if left < 1:
                return False
            self.credits[openid, template_id] = left - 1
            return True

    def keep(self, **what: Any) -> Message:
        """Put a message on the phone, numbered and dated here."""
        with self.lock:
            last = self.messages[-1].msgid if self.messages else 3_000_000_000_000_000_000
            message = Message(msgid=last + 1, at=self.now(), **what)
            self.messages.append(message)
            if self._journal:
                with self._journal.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(message), default=datetime.isoformat, ensure_ascii=False) + "\n")
            return message

    def _recall(self) -> None:
        """What lies on the phones already; a line that a kill cut off is passed over."""
        if not self._journal or not self._journal.exists():
            return
        for line in self._journal.read_text(encoding="utf-8").splitlines():
            try:
                stored = json.loads(line)
                self.messages.append(Message(**{**stored, "at": datetime.fromisoformat(stored["at"])}))
            except (ValueError, TypeError, KeyError):
                continue


def state() -> State:
    """The state of the sandbox that answers the current request."""
    return cast(State, current_app.extensions["sandbox"])
