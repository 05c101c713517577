"""The image: what stands in the Dockerfile, read as Docker reads it, and nothing that should stay out gets in."""

import json
import re
import shlex
import subprocess
import sys

from tests.deploy.site import ROOT

Step = tuple[str, str]


def stages() -> list[list[Step]]:
    """The stages of the Dockerfile, each a list of (instruction, rest of the line)."""
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found: list[list[Step]] = []
    for line in filter(None, joined.splitlines()):
        instruction, _, rest = line.partition(" ")
        assert instruction.isupper(), f"not an instruction: {line}"
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, rest.strip()))
    return found


def of(stage: list[Step], instruction: str) -> list[str]:
    return [rest for name, rest in stage if name == instruction]


ASSETS, BUILD, FINAL = stages()


def test_bases_are_pinned_and_speak_the_python_of_the_lock():
    for stage in (BUILD, FINAL):
        image = stage[0][1].split()[0]
        assert re.fullmatch(r"python:3\.\d+-slim-\w+", image), image
    assert BUILD[0][1].split()[0] == FINAL[0][1].split()[0]
    assert re.fullmatch(r"node:\d+-\w+-slim", ASSETS[0][1].split()[0])


def test_requirements_are_installed_with_their_hashes():
    (install,) = [run for run in of(BUILD, "RUN") if " install " in run]
    for option in ("--require-hashes", "--only-binary :all:", "--no-cache-dir"):
        assert option in install


def test_every_requirement_is_a_wheel_whose_hash_is_known():
    """The image has no compiler. uv resolves what the build would install, from its cache if it can; nothing is."""
    asked = ["--dry-run", "--reinstall", "--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"]
    for offline in (["--offline"], []):
        command = [sys.executable, "-m", "uv", "pip", "install", *offline, *asked]
        resolved = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        if resolved.returncode == 0:
            break
    locked = set(re.findall(r"^([a-z0-9._-]+==[^ ]+)", (ROOT / "requirements.txt").read_text(), re.M))
    assert locked == set(re.findall(r"^ [+~] (\S+)", resolved.stderr, re.M)), resolved.stderr


def test_the_final_stage_installs_nothing_and_runs_as_nobody():
    for run in of(FINAL, "RUN"):
        assert not re.search(r"\b(apt|apt-get|pip|uv|curl|wget)\b", run), run
    (user,) = of(FINAL, "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    after = [name for name, _ in FINAL[FINAL.index(("USER", user)) :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)


def test_only_the_server_and_its_migrations_are_copied():
    copied = [shlex.split(rest) for rest in of(BUILD, "COPY") + of(ASSETS, "COPY")]
    sources = {source for words in copied for source in words[:-1] if not words[0].startswith("--from=assets")}
    packages = {"server/console/package.json", "server/console/package-lock.json"}
    assert sources == {"requirements.txt", "server", "migrations", *packages}
    assert all((ROOT / source).exists() for source in sources)
    assert all(rest.startswith("--from=build ") for rest in of(FINAL, "COPY"))
    assert not of(ASSETS, "ADD") + of(BUILD, "ADD") + of(FINAL, "ADD")


def test_what_the_pages_load_comes_by_its_lock_and_lands_where_they_look_for_it():
    (install,) = of(ASSETS, "RUN")
    assert "npm ci --omit=dev --ignore-scripts" in install
    (brought,) = [rest for rest in of(BUILD, "COPY") if rest.startswith("--from=assets ")]
    assert brought == "--from=assets /console/static/vendor /app/server/console/static/vendor"
    packages = json.loads((ROOT / "server" / "console" / "package.json").read_text())
    assert "static/vendor" in packages["scripts"]["vendor"]


def test_the_context_lets_in_what_is_copied_and_nothing_else():
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {"requirements.txt", "server", "migrations"}
    assert rules[-1] == "**/__pycache__"


def test_commands_are_run_without_a_shell_between():
    """A shell as the first process would swallow the SIGTERM that lets a request in flight finish."""
    assert [json.loads(rest) for rest in of(FINAL, "ENTRYPOINT")] == [["python", "-m", "server"]]
    assert [json.loads(rest) for rest in of(FINAL, "CMD")] == [["web"]]


def test_the_health_check_asks_whether_the_server_is_ready(running):
    """It is run here as Docker would run it, against a real server and against none."""
    (check,) = of(FINAL, "HEALTHCHECK")
    command = json.loads(check[check.index("CMD") + 3 :])
    assert command[0] == "python"
    for port, healthy in ((running.site.web_port, True), (1, False)):
        asked = subprocess.run([sys.executable, *command[1:]], env={"WEB_PORT": str(port)}, capture_output=True)
        assert (asked.returncode == 0) is healthy, asked.stderr
