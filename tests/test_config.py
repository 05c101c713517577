"""Config.from_env(): every bad value is named at boot, and a server that must not be public does not start."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from server.config import Config, ConfigError

ROOT = Path(__file__).parents[1]
PUBLIC = {
    "PUBLIC_URL": "https://zhudian.example.gov.cn",
    "SECRET_KEY": "a-real-key-of-more-than-thirty-two-characters",
    "WECHAT": "live",
}


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    for field in Config.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    return monkeypatch


def test_nothing_set_is_a_loopback_sandbox_on_sqlite(env: pytest.MonkeyPatch) -> None:
    config = Config.from_env()
    assert (config.database_url, config.wechat, config.is_loopback) == ("sqlite:///var/zhudian.db", "sandbox", True)
    assert config.wechat_url == "http://127.0.0.1:8001"


def test_every_bad_value_is_named_at_once(env: pytest.MonkeyPatch) -> None:
    env.setenv("DATABASE_URL", "mysql://x")
    env.setenv("WEB_PORT", "99999")
    env.setenv("PUBLIC_URL", "zhudian")
    env.setenv("NIGHTLY_AT", "25:00")
    with pytest.raises(ConfigError) as caught:
        Config.from_env()
    for name in ("DATABASE_URL", "WEB_PORT", "PUBLIC_URL", "NIGHTLY_AT"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"WECHAT": "sandbox"}, "WECHAT=sandbox"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"PUBLIC_URL": "http://zhudian.example.gov.cn"}, "PUBLIC_URL must be https"),
    ],
)
def test_a_public_server_refuses_what_is_for_one_machine(env: pytest.MonkeyPatch, change: dict, named: str) -> None:
    for name, value in (PUBLIC | change).items():
        env.setenv(name, value)
    with pytest.raises(ConfigError, match=re.escape(named)):
        Config.from_env()


def test_a_public_server_with_all_it_needs_starts(env: pytest.MonkeyPatch) -> None:
    for name, value in PUBLIC.items():
        env.setenv(name, value)
    assert Config.from_env().wechat_url == "https://api.weixin.qq.com"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000", "http://127.8.9.1"])
def test_what_is_loopback(env: pytest.MonkeyPatch, url: str) -> None:
    env.setenv("PUBLIC_URL", url)
    assert Config.from_env().is_loopback


def test_it_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Config(_env_file=None).web_port = 1  # type: ignore[misc]


def test_the_process_says_what_is_wrong_and_exits_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "web"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PUBLIC_URL": "https://zhudian.example.gov.cn"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "WECHAT=sandbox" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_documents_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert set(documented) == {name.upper() for name in Config.model_fields}
    default = Config(_env_file=None)
    for name, value in documented.items():
        if name not in ("SECRET_KEY", "WECHAT_TEMPLATES"):
            assert value == str(getattr(default, name.lower())), name
