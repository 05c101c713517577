"""Every setting, typed and frozen, read once from the environment; a bad value is named and stops the boot."""

import ipaddress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_DEVELOPMENT_KEY = "development-only-never-use-this-key-in-public"
LIVE_WECHAT_URL = "https://api.weixin.qq.com"


class ConfigError(Exception):
    """The environment does not describe a server that may start; the text names every bad value."""


class Config(BaseSettings):
    """Read with `Config.from_env()`; each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=".env", env_ignore_empty=True)

    database_url: str = "sqlite:///var/zhudian.db"
    database_pool_size: int = Field(8, ge=1, le=100)
    photo_root: Path = Path("var/photos")
    secret_key: str = Field(_DEVELOPMENT_KEY, min_length=32)
    public_url: str = "http://127.0.0.1:8000"
    web_host: str = "127.0.0.1"
    web_port: int = Field(8000, ge=1, le=65535)
    web_processes: int = Field(2, ge=1, le=64)
    web_threads: int = Field(4, ge=1, le=64)
    trusted_proxies: int = Field(0, ge=0, le=4)
    wechat: Literal["sandbox", "live"] = "sandbox"
    wechat_appid: str = "wxsandbox0000000001"
    wechat_secret: str = "sandbox-secret"  # noqa: S105  (the sandbox is on loopback; a live server must set its own)
    wechat_templates: dict[str, str] = Field(default_factory=dict)
    sandbox_port: int = Field(8001, ge=1, le=65535)
    session_days: int = Field(30, ge=1, le=365)
    photo_link_s: int = Field(300, ge=10, le=3600)
    nightly_at: str = Field("21:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http(s) address such as https://zhudian.example.gov.cn")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fit_for_the_public(self) -> Self:
        if self.is_loopback:
            return self
        wrong = []
        if self.wechat == "sandbox":
            wrong.append("WECHAT=sandbox signs anybody in; a server with a public PUBLIC_URL needs WECHAT=live")
        if self.secret_key == _DEVELOPMENT_KEY:
            wrong.append("SECRET_KEY is the development key; set at least 32 random characters")
        if not self.public_url.startswith("https://"):
            wrong.append("PUBLIC_URL must be https: photos and positions travel over it")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether PUBLIC_URL can be reached from this machine only."""
        host = urlsplit(self.public_url).hostname or ""
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def wechat_url(self) -> str:
        """Where the WeChat API is: the real one, or the sandbox on this machine's loopback."""
        return LIVE_WECHAT_URL if self.wechat == "live" else f"http://127.0.0.1:{self.sandbox_port}"

    @classmethod
    def from_env(cls) -> "Config":
        """The configuration of this process. Raises ConfigError naming every bad value by its variable."""
        try:
            return cls()
        except ValidationError as error:
            raise ConfigError(_name_all(error)) from None


def _name_all(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False, include_context=False):
        name = str(item["loc"][0]).upper() if item["loc"] else "configuration"
        lines.append(f"  {name}: {item['msg'].removeprefix('Value error, ')}")
    return "The server cannot start; correct these settings (see .env.example):\n" + "\n".join(lines)
