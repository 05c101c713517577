"""Config.from_env(): every bad value is named at boot, and a server that must not be public does not start."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from server.config import TEMPLATE_KINDS, Config, ConfigError
from server.notify.messages import SUBSCRIBED

ROOT = Path(__file__).parents[1]
KEY = {"SECRET_KEY": "a-real-key-of-more-than-thirty-two-characters", "SEALING_KEYS": "c2VhbA" + "A" * 37 + "="}
LIVE = {
    "WECHAT": "live",
    "WECHAT_APPID": "wx0123456789abcdef",
    "WECHAT_SECRET": "the-mini-program's-own",
    "WECHAT_CALLBACK_TOKEN": "ourOwnToken",
    "WECHAT_CALLBACK_AES_KEY": "k" * 43,
    "WECHAT_TEMPLATES": json.dumps(dict.fromkeys(SUBSCRIBED, "template-id")),
}
CALLBACK = {"WECHAT_CALLBACK_TOKEN", "WECHAT_CALLBACK_AES_KEY"}
PUBLIC = {"PUBLIC_URL": "https://zhudian.example.gov.cn"} | KEY | LIVE


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


def errors(env: pytest.MonkeyPatch, settings: dict[str, str]) -> dict[str, str]:
    """What the boot with these settings says, by variable."""
    for name, value in settings.items():
        env.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        Config.from_env()
    said = dict(line.strip().split(": ", 1) for line in str(caught.value).splitlines()[1:])
    assert set(said) <= {name.upper() for name in Config.model_fields}
    return said


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (PUBLIC | {"WECHAT": "sandbox"}, {"WECHAT"}),
        (PUBLIC | {"SECRET_KEY": ""}, {"SECRET_KEY"}),
        (PUBLIC | {"SEALING_KEYS": ""}, {"SEALING_KEYS"}),
        (PUBLIC | {"SEALING_KEYS": KEY["SEALING_KEYS"] + ",too short"}, {"SEALING_KEYS"}),
        (PUBLIC | {"PUBLIC_URL": "http://zhudian.example.gov.cn"}, {"PUBLIC_URL"}),
        (PUBLIC | {"WECHAT_APPID": "", "WECHAT_SECRET": ""}, {"WECHAT_APPID", "WECHAT_SECRET"}),
        (LIVE | {"WECHAT_APPID": "wxsandbox0000000001"}, {"WECHAT_APPID"}),  # on loopback as well
        (PUBLIC | {"WECHAT_TEMPLATES": ""}, {"WECHAT_TEMPLATES"}),
        (PUBLIC | {"WECHAT_TEMPLATES": '{"reminder": "a", "flag_behind": "b"}'}, {"WECHAT_TEMPLATES"}),
        (PUBLIC | {"WEB_PORT": "0", "WECHAT": "sandbox", "SECRET_KEY": ""}, {"WEB_PORT", "WECHAT", "SECRET_KEY"}),
        ({"WEB_HOST": "0.0.0.0"}, {"WECHAT", *KEY}),  # noqa: S104
        ({"WEB_HOST": "::"} | KEY, {"WECHAT"}),
        ({"WEB_HOST": "192.168.1.5"} | LIVE, set(KEY)),
        ({"TRUSTED_PROXIES": "1"}, set(KEY)),
        ({"WECHAT_TEMPLATES": "abc", "WEB_PORT": "0"}, {"WECHAT_TEMPLATES", "WEB_PORT"}),
        ({"WECHAT_TEMPLATES": '["reminder"]'}, {"WECHAT_TEMPLATES"}),
        ({"WECHAT_TEMPLATES": '{"reminder": ""}'}, {"WECHAT_TEMPLATES"}),
        ({"WECHAT_TEMPLATES": '{"nope": "a"}'}, {"WECHAT_TEMPLATES"}),
        ({"DATABASE_URL": "sqlite:///"}, {"DATABASE_URL"}),
        ({"DATABASE_URL": "postgresql+psycopg://u:hush@h:port/d"}, {"DATABASE_URL"}),
        (LIVE | {"WECHAT_CALLBACK_TOKEN": "", "WECHAT_CALLBACK_AES_KEY": ""}, CALLBACK),
        ({"WECHAT_CALLBACK_TOKEN": "hush hush", "WECHAT_CALLBACK_AES_KEY": "hush" * 10}, CALLBACK),
        ({"WECHAT_CALLBACK_AES_KEY": "k" * 42 + "+"}, {"WECHAT_CALLBACK_AES_KEY"}),
        ({"WEB_HOST": "banana"}, {"WEB_HOST"}),
        ({"SMTP_URL": "mail.example"}, {"SMTP_URL"}),
        ({"SMTP_URL": "smtps://u:hush@mail.example:port", "SMTP_FROM": "a@b.example"}, {"SMTP_URL"}),
        ({"SMTP_URL": "smtps://u:hush@mail.example"}, {"SMTP_FROM"}),
        ({"SMTP_URL": "smtp+plain://u:hush@mail.example", "SMTP_FROM": "a@b.example"}, {"SMTP_URL"}),
        ({"SMTP_FROM": "驻点通 <a@b.example>"}, {"SMTP_FROM"}),
        ({"GROUP_BOTS": '{"甲县": "hush-hush", "乙县": "hush-hush"}'}, {"GROUP_BOTS"}),
        ({"GROUP_BOTS": '["hush-hush"]'}, {"GROUP_BOTS"}),
        ({"QUIET_HOURS": "22-7"}, {"QUIET_HOURS"}),
        ({"MORNING_SUMMARY_AT": "25:00"}, {"MORNING_SUMMARY_AT"}),
        ({"WEB_HOST": "127.0.0.1:8000"}, {"WEB_HOST"}),
        ({"MAP_TILES": "tiles.example/{z}/{x}/{y}"}, {"MAP_TILES"}),
        ({"MAP_TILES": "https://tiles.example/{z}/{x}"}, {"MAP_TILES"}),
        ({"MAP_TILES": "https://a; script-src *.example/{z}/{x}/{y}"}, {"MAP_TILES"}),  # it stands in a header
        ({"MAP_DATUM": "bd09", "MAP_ATTRIBUTION": "<b>"}, {"MAP_DATUM", "MAP_ATTRIBUTION"}),
        ({"WEB_HOST": "fe80::1%eth0"} | KEY | LIVE, {"WEB_HOST"}),
    ],
    ids=lambda value: ",".join(sorted(map(str, value))),
)
def test_what_is_refused_is_named_all_at_once(
    env: pytest.MonkeyPatch, settings: dict[str, str], named: set[str]
) -> None:
    said = errors(env, settings)
    assert set(said) == named
    assert "hush" not in str(said)


def test_the_kinds_that_are_refused_or_missing_are_named(env: pytest.MonkeyPatch) -> None:
    assert set(TEMPLATE_KINDS) == set(SUBSCRIBED)
    assert "nope" in errors(env, {"WECHAT_EMPLOYEE_TEMPLATES": '{"nope": "a"}'})["WECHAT_EMPLOYEE_TEMPLATES"]
    env.delenv("WECHAT_EMPLOYEE_TEMPLATES")
    assert "nope" in errors(env, {"WECHAT_TEMPLATES": '{"nope": "a"}'})["WECHAT_TEMPLATES"]
    missing = errors(env, PUBLIC | {"WECHAT_TEMPLATES": '{"reminder": "a"}'})["WECHAT_TEMPLATES"].partition("missing:")
    assert set(missing[2].replace(",", "").split()) == set(SUBSCRIBED) - {"reminder"}


@pytest.mark.parametrize(
    "settings",
    [
        PUBLIC | {"WEB_HOST": "0.0.0.0", "TRUSTED_PROXIES": "1"},  # noqa: S104  (the container)
        {"WEB_HOST": "0.0.0.0"} | KEY | LIVE,  # noqa: S104
        {"PUBLIC_URL": "https://127.0.0.1:8443", "TRUSTED_PROXIES": "1"} | KEY,  # a trial behind nginx on one machine
        {"WEB_HOST": "localhost"},
        {"WEB_HOST": "::1"},
        LIVE | {"WECHAT_CALLBACK_AES_KEY": "plain"},
        {"WECHAT_TEMPLATES": '{"reminder": "a"}'},
        {
            "MAP_TILES": "https://tiles.example:8443/{z}/{x}/{y}.png",
            "MAP_DATUM": "gcj02",
            "MAP_ATTRIBUTION": "© 审图号",
        },
        {"DATABASE_URL": "postgresql+psycopg://zhudian@/zhudian?host=/run/postgresql"},
        LIVE,
    ],
    ids=lambda value: ",".join(sorted(map(str, value))),
)
def test_what_starts(env: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        env.setenv(name, value)
    config = Config.from_env()
    if templates := settings.get("WECHAT_TEMPLATES"):
        assert config.wechat_templates == json.loads(templates)


def test_localhost_is_an_address_that_the_web_server_takes(env: pytest.MonkeyPatch) -> None:
    env.setenv("WEB_HOST", "localhost")
    assert Config.from_env().web_host == "127.0.0.1"


def test_templates_may_stand_in_the_env_file(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('WECHAT_TEMPLATES=\'{"reminder": "a"}\'\n', encoding="utf-8")
    assert Config.from_env().wechat_templates == {"reminder": "a"}


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
    assert "WECHAT: sandbox signs anybody in" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_documents_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert set(documented) == {name.upper() for name in Config.model_fields}
    default = Config(_env_file=None)
    for name, value in documented.items():
        if name not in ("SECRET_KEY", "SEALING_KEYS", "WECHAT_TEMPLATES"):
            assert value == str(getattr(default, name.lower())), name


def test_every_template_is_named_where_an_operator_reads() -> None:
    for path in (".env.example", "deploy/README.md"):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert [kind for kind in SUBSCRIBED if f'"{kind}":' not in text] == [], path
