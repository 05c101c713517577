"""`python -m server sandbox`: up in seconds on loopback, gone on SIGTERM with exit code 0."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_and_stops(tmp_path, stop):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    root = os.getcwd()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "sandbox"],
        env=os.environ | {"SANDBOX_PORT": str(port), "PYTHONPATH": root},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    try:
        assert "服务通知" in first_answer(f"http://127.0.0.1:{port}/")
    finally:
        process.send_signal(stop)
        _out, logged = process.communicate(timeout=10)
    assert process.returncode == 0
    assert b"Traceback" not in logged


def first_answer(url: str) -> str:
    until = time.monotonic() + 15
    while True:
        try:
            return requests.get(url, timeout=1).content.decode()
        except requests.ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
