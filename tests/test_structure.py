"""The house rules that no linter knows: purity of the engine, models without services, sizes, no third party's file."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

import server.api

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "server"


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_import_directions_are_as_drawn() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted((SERVER / "evidence").rglob("*.py")), ids=lambda p: p.name)
def test_the_engine_uses_the_standard_library_alone(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | {"server"}
    assert {name.split(".")[0] for name in imports_of(path)} <= allowed
    assert all(n.startswith("server.evidence") for n in imports_of(path) if n.startswith("server"))


@pytest.mark.parametrize("path", sorted(SERVER.rglob("models.py")), ids=lambda p: p.parent.name)
def test_models_never_import_services(path: Path) -> None:
    ours = {name for name in imports_of(path) if name.startswith("server")}
    assert all(name == "server.db" or name.endswith(".models") for name in ours)


@pytest.mark.parametrize("path", sorted((SERVER / "evidence" / "signals").glob("[a-z]*.py")), ids=lambda p: p.stem)
def test_a_signal_is_one_small_module(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 50


def test_every_module_opens_with_its_idea() -> None:
    silent = [p for p in SERVER.rglob("*.py") if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


def test_no_file_of_shared_data_is_committed(shared_data: Path) -> None:
    import hashlib

    theirs = {
        hashlib.sha256(p.read_bytes()).hexdigest() for p in shared_data.rglob("*") if p.is_file() and p.stat().st_size
    }
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    ours = {hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in tracked if (ROOT / name).is_file()}
    assert theirs & ours == set()


def test_no_two_schemas_of_the_api_bear_one_name() -> None:
    """/openapi.json knows them by their names: of two the later would be told for both."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(server.api.__path__, "server.api."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if isinstance(one, type) and issubclass(one, BaseModel):
                found.setdefault(name, set()).add(one.__module__)
    assert len(found) > 100
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    top = {name.split("/")[0] for name in tracked if name}
    assert top <= {
        ".ci",
        ".dockerignore",
        ".env.example",
        ".gitignore",
        "Makefile",
        "README.md",
        "README.zh-CN.md",
        "deploy",
        "migrations",
        "miniprogram",
        "pyproject.toml",
        "requirements.in",
        "requirements.txt",
        "server",
        "tests",
    }
