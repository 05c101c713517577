"""compose.yaml, read as YAML: what a county's safety hangs on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from server.config import Config
from tests.deploy.site import NGINX, ROOT

FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker")


def test_the_services():
    assert set(SERVICES) == {"nginx", "web", "worker", "migrate", "db"}
    assert {SERVICES[name]["command"][0] for name in OURS} == set(OURS)


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_confined(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert not {"SYS_ADMIN", "NET_ADMIN", "DAC_OVERRIDE"} & set(service.get("cap_add", []))
    assert {"memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert service["logging"]["options"]["max-size"]


def test_only_nginx_is_reached_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx"}
    assert COMPOSE["networks"]["data"]["internal"] is True
    assert SERVICES["db"]["networks"] == ["data"]
    assert SERVICES["nginx"]["networks"] == ["edge"]


def test_no_secret_stands_in_the_file():
    words = ("PASSWORD", "SECRET", "DATABASE_URL")
    for name, service in SERVICES.items():
        assert not [key for key in service.get("environment", {}) if any(word in key for word in words)]
        for file in service.get("env_file", []):
            assert file.startswith("local/"), name
    assert "/local/" in (FILE.parent / ".gitignore").read_text().splitlines()


def test_images_are_pinned():
    for name in ("nginx", "db"):
        tag = SERVICES[name]["image"].partition(":")[2]
        assert tag[0].isdigit(), SERVICES[name]["image"]


def test_what_runs_for_long_is_watched_and_comes_back():
    for name in ("nginx", "web", "worker", "db"):
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= 60
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("nginx", "db"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert "healthcheck" not in SERVICES["web"]  # the image's own
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_database_may_lose_nothing():
    command = SERVICES["db"]["command"]
    assert {"fsync=on", "full_page_writes=on", "synchronous_commit=on"} <= set(command)
    assert SERVICES["db"]["volumes"] == ["database:/var/lib/postgresql/data"]
    assert "database" in COMPOSE["volumes"]


def test_the_servers_own_settings_are_settings():
    """Each name in `environment` is one that the server reads, and names the volume the photos are on."""
    for name in OURS:
        environment = SERVICES[name]["environment"]
        assert {key.lower() for key in environment} <= set(Config.model_fields)
        assert environment["TRUSTED_PROXIES"] == "1"
        assert f"photos:{environment['PHOTO_ROOT']}" in SERVICES[name]["volumes"]
        assert SERVICES[name]["init"] is True
        # Uploads above 500 KB pass through a file in /tmp while they are read (werkzeug).
        assert SERVICES[name]["tmpfs"][0].startswith("/tmp:size=")


def test_every_file_of_the_site_is_mounted_where_nginx_looks():
    mounted = {}
    for volume in SERVICES["nginx"]["volumes"]:
        source, target = volume.split(":")[:2]
        mounted[target] = source
        if source.startswith("./nginx"):
            assert (FILE.parent / source).is_file(), source
    assert mounted["/etc/nginx/conf.d/default.conf"] == "./nginx/zhudian.conf"
    needed = {path.name for path in (NGINX / "zhudian").iterdir()} | {"upstream.conf", "name.conf", "tls"}
    assert {Path(target).name for target in mounted if target.startswith("/etc/nginx/zhudian/")} == needed


def test_the_build_finds_its_dockerfile():
    build = SERVICES["web"]["build"]
    assert (FILE.parent / build["context"] / build["dockerfile"]).is_file()
