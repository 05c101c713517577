"""A county's first day, as an operator has it: one command, an invite, and its admin does the rest."""

import re

from server.__main__ import main
from server.config import Config
from server.db import Database
from server.org import signin
from server.org.models import Member


def test_an_operator_founds_a_county(db: Database, config: Config, rows, clock, monkeypatch, capsys) -> None:
    monkeypatch.setenv("DATABASE_URL", config.database_url)
    monkeypatch.setattr("server.logs.configure", lambda level: None)
    order = ["county", "add", "青山县", "--admin", "王芳"]
    assert main(order) == 0
    (code,) = re.findall(r"Invite code ([0-9A-Z]{8})", capsys.readouterr().out)
    with db.transaction() as session:
        member = signin.bind(session, "o-wang", code, clock())
        assert isinstance(member, Member)
        assert member.name == "王芳"
    assert rows("SELECT role FROM role_grants") == [("admin",)]
    assert main(order) == 1
    assert "已有同名的县" in capsys.readouterr().err
    assert main(["county", "add", "绿水县", "--admin", "李强", "--tz", "Asia/Nowhere"]) == 1
    assert rows("SELECT name FROM counties") == [("青山县",)]
