"""Every setting, typed and frozen, read once from the environment; a bad value is named and stops the boot."""

import base64
import ipaddress
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

_DEVELOPMENT_KEY = "development-only-never-use-this-key-in-public"
_DEVELOPMENT_SEALING_KEY = "ZGV2ZWxvcG1lbnQtb25seS1uZXZlci1pbi1wdWJsaWM="  # it says so
_SANDBOX_APPID = "wxsandbox0000000001"
_SANDBOX_SECRET = "sandbox-secret"  # noqa: S105  (the sandbox is on loopback; a live server must set its own)
_SANDBOX_CALLBACK_TOKEN = "sandboxcallbacktoken"  # noqa: S105
_SANDBOX_CALLBACK_KEY = "sandboxsandboxsandboxsandboxsandboxsandbox1"
PLAIN = "plain"
LIVE_WECHAT_URL, LIVE_WECOM_URL = "https://api.weixin.qq.com", "https://qyapi.weixin.qq.com"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_MOST_EMPLOYEE_TEMPLATES = 6
# server.notify.messages.SUBSCRIBED, which is floors above this one; a test holds the two together.
# A template's id, and after a bar its keys where they are not the kind's own: `id|thing4,date1,thing7`.
_TEMPLATE = re.compile(r"[^|,\s]{1,64}(\|[a-z_]+[0-9]+(,[a-z_]+[0-9]+)*)?")
TEMPLATE_KINDS = (
    *("reminder", "checkin_decided", "checkin_pending", "attestation_ended"),
    *("leave_asked", "leave_decided", "leave_withdrawn", "leave_waiting", "leave_ending"),
    *("flag_behind", "flag_at_risk", "flag_unreachable", "flag_missed", "flag_uncovered", "flag_step"),
    *("month_reached", "month_closed", "review_asked", "deletion_done"),
    *("lead_asked", "escort_asked", "lead_news", "lead_late"),
    *("spot_asked", "spot_missed", "spot_decided"),
)


class ConfigError(Exception):
    """The environment does not describe a server that may start; the text names every bad value."""


class Config(BaseSettings):
    """Read with `Config.from_env()`; each field is the environment variable of the same name in capitals.

    The order of fields matters: what a value must be may depend on those above it, so that one start names all errors.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=".env", env_ignore_empty=True)

    database_url: str = "sqlite:///var/zhudian.db"
    database_pool_size: int = Field(8, ge=1, le=100)
    photo_root: Path = Path("var/photos")
    public_url: str = "http://127.0.0.1:8000"
    web_host: str = "127.0.0.1"
    web_port: int = Field(8000, ge=1, le=65535)
    web_processes: int = Field(2, ge=1, le=64)
    web_threads: int = Field(4, ge=1, le=64)
    trusted_proxies: int = Field(0, ge=0, le=4)
    secret_key: str = Field(_DEVELOPMENT_KEY, min_length=32)
    sealing_keys: Annotated[tuple[str, ...], NoDecode] = (_DEVELOPMENT_SEALING_KEY,)
    wechat: Literal["sandbox", "live"] = "sandbox"
    wechat_appid: str = _SANDBOX_APPID
    wechat_secret: str = _SANDBOX_SECRET
    wechat_callback_token: str = Field(_SANDBOX_CALLBACK_TOKEN, pattern=r"^[A-Za-z0-9]{3,32}$")
    wechat_callback_aes_key: str = _SANDBOX_CALLBACK_KEY
    wechat_templates: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    wechat_miniprogram_state: Literal["formal", "trial", "developer"] = "formal"
    wechat_employee_templates: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    group_bots: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict, repr=False)
    smtp_url: str = Field("", repr=False)
    smtp_from: str = ""
    quiet_hours: str = Field("22:00-07:00", pattern=rf"^(off|{_TIME}-{_TIME})$")
    morning_summary_at: str = Field("off", pattern=rf"^(off|{_TIME})$")
    sandbox_port: int = Field(8001, ge=1, le=65535)
    session_days: int = Field(30, ge=1, le=365)
    console_hours: int = Field(12, ge=1, le=72)
    photo_link_s: int = Field(300, ge=10, le=3600)
    nightly_at: str = Field("21:30", pattern=f"^{_TIME}$")
    map_tiles: str = ""
    map_datum: Literal["wgs84", "gcj02", "cgcs2000"] = "wgs84"
    map_attribution: str = Field("", max_length=200, pattern=r"^[^<>&]*$")  # a line of text; Leaflet reads it as HTML
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # their texts may hold the password
            raise ValueError("is not an address such as postgresql+psycopg://user:password@host/zhudian") from None
        if url.drivername == "sqlite" and not url.database:
            raise ValueError("names no file; sqlite:///var/zhudian.db does")
        return value

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http(s) address such as https://zhudian.example.gov.cn")
        if parts.scheme != "https" and not _is_loopback(parts.hostname):
            raise ValueError("must be https: photos and positions travel over it")
        return value.rstrip("/")

    @field_validator("web_host")
    @classmethod
    def _own_address(cls, value: str) -> str:
        if value == "localhost":
            return "127.0.0.1"  # granian takes numbers only
        try:
            if "%" in value:  # a zone, which it does not take either
                raise ValueError
            ipaddress.ip_address(value)
        except ValueError:
            raise ValueError("must be an IP address of this machine, 0.0.0.0 or localhost") from None
        return value

    @field_validator("map_tiles")
    @classmethod
    def _tile_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s;,'\"{}]", parts.netloc):
            raise ValueError("must be an http(s) address of one host")
        if not all(f"{{{name}}}" in value for name in "xyz"):
            raise ValueError("must name {x}, {y} and {z}, such as https://tiles.example.gov.cn/{z}/{x}/{y}.png")
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret(cls, value: str, info: ValidationInfo) -> str:
        # Behind a proxy on this machine the sandbox may do for a trial, a key that everybody can read may not.
        if value == _DEVELOPMENT_KEY and (who := _public(info) or (info.data.get("trusted_proxies") and "a proxy")):
            raise ValueError(f"is the development key; {who} needs at least 32 random characters")
        return value

    @field_validator("sealing_keys", mode="before")
    @classmethod
    def _read_keys(cls, value: Any) -> Any:
        return tuple(key.strip() for key in value.split(",")) if isinstance(value, str) else value

    @field_validator("sealing_keys")
    @classmethod
    def _sealing(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for place, key in enumerate(value, 1):
            if not _is_fernet_key(key):
                raise ValueError(f"number {place} is not 32 bytes in URL-safe base64 (44 characters)")
        if _DEVELOPMENT_SEALING_KEY in value and (
            who := _public(info) or (info.data.get("trusted_proxies") and "a proxy")
        ):
            raise ValueError(f"has the development key; {who} needs its own")
        return value

    @field_validator("wechat")
    @classmethod
    def _real_wechat(cls, value: str, info: ValidationInfo) -> str:
        if value == "sandbox" and (who := _public(info)):
            raise ValueError(f"sandbox signs anybody in; {who} needs live")
        return value

    @field_validator("wechat_appid", "wechat_secret")
    @classmethod
    def _own_program(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("wechat") == "live" and value in (_SANDBOX_APPID, _SANDBOX_SECRET):
            raise ValueError("is the sandbox's; WECHAT=live needs your mini-program's own")
        return value

    @field_validator("wechat_callback_aes_key")
    @classmethod
    def _sealing_key(cls, value: str) -> str:
        if value != PLAIN and not re.fullmatch(r"[A-Za-z0-9]{43}", value):
            raise ValueError(
                f"must be the 43 letters and digits of 消息推送, or {PLAIN} where pushes are not encrypted"
            )
        return value

    @field_validator("wechat_callback_token", "wechat_callback_aes_key")
    @classmethod
    def _own_callback(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("wechat") == "live" and value in (_SANDBOX_CALLBACK_TOKEN, _SANDBOX_CALLBACK_KEY):
            raise ValueError("is the sandbox's, which everybody can read; WECHAT=live needs your own, from 消息推送")
        return value

    @field_validator("wechat_templates", "wechat_employee_templates", "group_bots", mode="before")
    @classmethod
    def _read_texts(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        try:
            read = json.loads(value)
        except ValueError:
            read = None
        if not isinstance(read, dict) or not all(isinstance(v, str) and v.strip() for v in read.values()):
            like = '{"county": "key"}' if info.field_name == "group_bots" else '{"reminder": "template id", …}'
            raise ValueError(f"must be JSON such as {like}")
        return read

    @field_validator("group_bots")
    @classmethod
    def _bot_each(cls, value: dict[str, str]) -> dict[str, str]:
        # Twenty messages a minute are a bot's; and what is one county's is not for another's group.
        if len(set(value.values())) < len(value):
            raise ValueError("gives one key to two counties; each needs a bot of its own")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_account(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            known = parts.scheme in ("smtp", "smtps", "smtp+plain")
            sound = not value or bool(known and parts.hostname and parts.port != 0)
        except ValueError:  # its text may hold the password
            sound = False
        if not sound:
            raise ValueError("must be an address such as smtps://user:password@mail.example.gov.cn:465")
        if value.startswith("smtp+plain") and not _is_loopback(parts.hostname or ""):
            raise ValueError("smtp+plain is for a server on this machine; use smtps, or smtp with STARTTLS")
        return value

    @field_validator("smtp_from")
    @classmethod
    def _sender(cls, value: str, info: ValidationInfo) -> str:
        if value and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
            raise ValueError("must be an e-mail address")
        if info.data.get("smtp_url") and not value:
            raise ValueError("is needed with SMTP_URL: whom the mails are from")
        return value

    @field_validator("wechat_templates", "wechat_employee_templates")
    @classmethod
    def _known_kinds(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value) - set(TEMPLATE_KINDS)):
            raise ValueError(f"has unknown kinds: {', '.join(unknown)}; there are {', '.join(TEMPLATE_KINDS)}")
        if odd := sorted(kind for kind, template in value.items() if not _TEMPLATE.fullmatch(template)):
            raise ValueError(f"must be an id, or id|key,key with the template's own keys; not so: {', '.join(odd)}")
        return value

    @field_validator("wechat_templates")
    @classmethod
    def _every_kind(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if info.data.get("wechat") == "live" and (missing := [k for k in TEMPLATE_KINDS if not value.get(k)]):
            raise ValueError(f"must have the template ids of all kinds when WECHAT=live; missing: {', '.join(missing)}")
        return value

    @field_validator("wechat_employee_templates")
    @classmethod
    def _asked_at_once(cls, value: dict[str, str]) -> dict[str, str]:
        if len({template.partition("|")[0] for template in value.values()}) > _MOST_EMPLOYEE_TEMPLATES:
            raise ValueError("names more than six templates; a member binds for six at once (wx.bindEmployeeRelation)")
        return value

    @property
    def is_loopback(self) -> bool:
        """Whether PUBLIC_URL can be reached from this machine only."""
        return _is_loopback(urlsplit(self.public_url).hostname or "")

    @property
    def map_tiles_host(self) -> str:
        """Where the console's pages may fetch tiles from, as a Content-Security-Policy names it; empty: only here."""
        parts = urlsplit(self.map_tiles)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def wechat_url(self) -> str:
        """Where the WeChat API is: the real one, or the sandbox on this machine's loopback."""
        return LIVE_WECHAT_URL if self.wechat == "live" else f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def wecom_url(self) -> str:
        """Where 企业微信 is; the sandbox plays it, too."""
        return LIVE_WECOM_URL if self.wechat == "live" else self.wechat_url

    @property
    def callback_key(self) -> str | None:
        """The key that WeChat's pushes are sealed with; None when this county takes them unsealed."""
        return None if self.wechat_callback_aes_key == PLAIN else self.wechat_callback_aes_key

    @classmethod
    def from_env(cls) -> "Config":
        """The configuration of this process. Raises ConfigError naming every bad value by its variable."""
        try:
            return cls()
        except ValidationError as error:
            raise ConfigError(_name_all(error)) from None


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _public(info: ValidationInfo) -> str | None:
    """By which setting other machines reach this server, in words; None when none of those read so far says so."""
    if (url := info.data.get("public_url")) and not _is_loopback(urlsplit(url).hostname or ""):
        return "a server with a public PUBLIC_URL"
    if (host := info.data.get("web_host")) and not _is_loopback(host):
        return f"a server that other machines reach (WEB_HOST={host})"
    return None


def _name_all(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False, include_context=False):
        name = str(item["loc"][0]).upper() if item["loc"] else "configuration"
        lines.append(f"  {name}: {item['msg'].removeprefix('Value error, ')}")
    return "The server cannot start; correct these settings (see .env.example):\n" + "\n".join(lines)
