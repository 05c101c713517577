"""The access token in the database: one fetch for every process, and an end of life that nobody can overlook."""

import subprocess
import sys

import pytest

from server.config import Config
from server.notify.tokens import DatabaseTokens
from server.wechat import errors
from server.wechat.client import WechatClient
from server.wechat.sandbox.state import Fault

PATH = "/cgi-bin/stable_token"


def test_two_clients_fetch_once(members, write, delivery, sandbox):
    write(members[0], "one")
    delivery().run()
    write(members[1], "two")
    delivery().run()
    assert len(sandbox.state.messages) == 2
    assert sandbox.state.calls["/cgi-bin/stable_token"] == 1


def test_a_token_ends_two_minutes_before_wechat_ends_it(members, write, delivery, sandbox, clock):
    write(members[0], "one")
    delivery().run()
    clock.advance(seconds=7200 - 121)
    write(members[0], "two")
    delivery().run()
    assert sandbox.state.calls["/cgi-bin/stable_token"] == 1
    clock.advance(seconds=5)
    write(members[0], "three")
    delivery().run()
    assert sandbox.state.calls["/cgi-bin/stable_token"] == 2


def test_wechatpys_interface(db, clock):
    tokens = DatabaseTokens(db, clock)
    assert tokens.get("k") is None
    assert tokens.get("k", "default") == "default"
    tokens.set("k", "x" * 512, 60)
    tokens.set("k", "y" * 512, 60)
    assert tokens.get("k") == "y" * 512
    clock.advance(seconds=60)
    assert tokens.get("k") is None
    tokens.set("k", "z", 60)
    tokens.delete("k")
    assert tokens.get("k") is None


_COLD = """
import sys
from server.clock import system_clock
from server.config import Config
from server.db import Database
from server.notify.tokens import DatabaseTokens
from server.wechat.client import WechatClient

url, port = sys.argv[1:]
config = Config(_env_file=None, wechat_appid="wxtest", wechat_secret="a-secret", sandbox_port=int(port))
client = WechatClient(config, DatabaseTokens(Database(url), system_clock))
print("ready", flush=True)
sys.stdin.readline()
print(client._api.access_token, flush=True)
"""


def test_eight_cold_processes_fetch_once(db, sandbox):
    """All at the same instant; the fetch takes long enough for each of them to find none."""
    sandbox.state.faults.append(Fault(PATH, times=1, hang_s=0.5))  # then it goes on
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _COLD, db.url, str(sandbox.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        held = {process.stdout.readline() for process in processes}
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert len(held) == 1
    assert sandbox.state.calls[PATH] == 1


def test_who_was_killed_while_fetching_keeps_the_others_waiting_for_seconds_only(db, clock):
    tokens = DatabaseTokens(db, clock)
    with tokens.alone("k", 12) as first:
        with tokens.alone("k", 12) as second:
            assert (first, second) == (True, False)
        clock.advance(seconds=13)
        with tokens.alone("k", 12) as third:
            assert third
    with tokens.alone("k", 12) as again:  # whoever lost it does not give another's away
        assert again


def test_a_fetch_that_fails_lets_the_next_one_try(db, clock, sandbox):
    config = Config(_env_file=None, wechat_appid="wxtest", wechat_secret="a-secret", sandbox_port=sandbox.port)
    client = WechatClient(config, DatabaseTokens(db, clock))
    sandbox.state.faults.append(Fault(PATH, times=1, errcode=-1))
    with pytest.raises(errors.RetryLater):
        _ = client._api.access_token
    assert client._api.access_token in sandbox.state.tokens
