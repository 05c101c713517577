"""What `make lint` asks of the mini-program can say no: the sample, spoilt one way at a time."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.miniprogram.conftest import HARNESS, PACKAGES

CHECKS = HARNESS.parent / "checks"
# The sample talks to the server from its pages, on purpose; these are all it is told for.
OWN = {"camera.ts: wx.uploadFile", "camera.ts: wx.createCameraContext", "camera.wxml: <camera>"} | {
    "home.ts: wx.request",
    "more.ts: wx.getLocation",
    "app.json: usingComponents t-button",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HARNESS / "sample", tmp_path / "app"))


def told(folder: Path) -> list[str]:
    """The sentences about this mini-program, but for the sample's own."""
    done = subprocess.run(
        ("node", str(CHECKS / "rules.mjs"), str(folder), str(PACKAGES)), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    lines = done.stderr.splitlines()
    assert all(any(own in line for line in lines) for own in OWN)
    return [line for line in lines if not any(own in line for own in OWN)]


SPOILT: list[tuple[str, str, str]] = [
    ("pages/form/form.ts", "\nwx.downloadFile({ url: '' });", "the server is spoken to only in api/"),
    ("pages/form/form.ts", "\nwx.chooseMedia({});", "the camera is used only in capture/"),
    ("pages/form/form.wxml", '<image src="https://cdn.example/a.png" />', "https://cdn.example/a.png would be fetched"),
    (
        "app.wxss",
        "@font-face { font-family: t; src: url(//cdn.example/t.woff); }",
        "//cdn.example/t.woff would be fetched",
    ),
    ("pages/form/unused.ts", "export const dead = 1;", "no page leads to it"),
]


@pytest.mark.parametrize(("name", "more", "said"), SPOILT, ids=[said for *_, said in SPOILT])
def test_a_broken_rule_is_told(app: Path, name: str, more: str, said: str) -> None:
    path = app / name
    path.write_text((path.read_text() if path.exists() else "") + more)
    assert any(said in line for line in told(app))


def test_a_comment_breaks_no_rule(app: Path) -> None:
    path = app / "pages/form/form.ts"
    path.write_text(path.read_text() + "\n// wx.request is for api/\n/* wx.getLocation too */")
    assert told(app) == []


def test_a_component_that_no_template_uses_is_told(app: Path) -> None:
    path = app / "pages/form/form.json"
    path.write_text(json.dumps({"usingComponents": {"badge": "../../components/badge/badge"}}))
    assert told(app) == ["pages/form/form.json: usingComponents badge is not used"]


def test_only_what_is_used_is_packed_and_no_font_from_the_network(app: Path) -> None:
    command = ("node", str(CHECKS / "pack.mjs"), str(app), str(PACKAGES))
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    packed = [path for path in (app / "miniprogram_npm").rglob("*") if path.is_file()]
    assert (app / "miniprogram_npm/tdesign-miniprogram/cell/cell.wxml") in packed
    assert sum(path.stat().st_size for path in packed) < 300_000  # of 2 MB
    assert not any("//tdesign.gtimg.com" in path.read_text() for path in packed if path.suffix == ".wxss")


@pytest.mark.parametrize(("sizes", "over"), [
    ({"": 1024 * 1024, "team/": 2 * 1024 * 1024}, 0),
    ({"": 1024 * 1024 + 1, "team/": 0}, 1),
    ({"": 0, "team/": 2 * 1024 * 1024 + 1}, 1),
    ({"": 0, **{f"{i}/": 2 * 1024 * 1024 for i in range(16)}}, 1),
])  # fmt: skip
def test_a_package_over_its_limit_is_told(sizes: dict[str, int], over: int) -> None:
    script = f"import('{CHECKS / 'packages.mjs'}').then(m => console.log(m.tooLarge({json.dumps(sizes)}).length))"
    done = subprocess.run(("node", "-e", script), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == str(over)
