"""The access token in the database: one fetch for every process, and an end of life that nobody can overlook."""

from server.notify.tokens import DatabaseTokens


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
