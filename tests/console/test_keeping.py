"""消息, 审计, 系统: what could not be delivered is sent again, the chain is checked, what waits is seen."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from server import leases
from server.__main__ import main
from server.audit import chain
from server.audit.words import ACTIONS
from server.console.audit_words import Words
from server.db import Database
from server.notify.models import Notice
from tests.cast import Cast
from tests.client import Api
from tests.console.conftest import Desks
from tests.miniprogram.conftest import RunningClock

SERVER = Path(__file__).parents[2] / "server"


def dead_notice(db: Database, cast: Cast, clock: RunningClock) -> None:
    with db.transaction() as session:
        session.add(
            Notice(
                county_id=1,
                member_id=cast["chen"].id,
                kind="checkin_pending",
                dedupe_key=str(uuid.uuid4()),
                facts={"on": "2026-11-24"},
                state="refused",
                due_at=clock(),
                channel="subscribe",
                tries=[{"channel": "subscribe", "at": clock().isoformat(), "outcome": "never", "error": "43101"}],
                last_error="WeChat errcode 43101: user refuse to accept the msg",
                created_at=clock(),
            )
        )


def test_what_was_not_delivered_is_sent_again(desk: Desks, db: Database, cast: Cast, clock: RunningClock, rows) -> None:
    dead_notice(db, cast, clock)
    sitting = desk("bureau")
    page = sitting.at("/notices")
    row = page.get_by_role("row").filter(has_text="chen")
    expect(row).to_contain_text("本人没有订阅，或订阅次数用完了。")
    sitting.shot("notices")
    assert sitting.barriers() == []
    row.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("已重新排队")
    expect(page.get_by_text("没有送不到的消息")).to_be_visible()
    page.get_by_role("link", name="等待发送").click()
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("等待发送")
    assert rows("SELECT state, channel FROM notices") == [("pending", None)]


def test_the_audit_is_searched_and_the_search_is_in_it(desk: Desks, api: Api, db: Database) -> None:
    checkin = api.check_in("chen").json["id"]
    with db.transaction() as session:
        chain.link(session, 1)
    sitting = desk("bureau")
    page = sitting.at("/audit")
    row = page.get_by_role("row").filter(has_text="提交打卡")
    expect(row).to_contain_text("chen")
    row.get_by_text("详情").click()
    for word in ("机器结论", "通过", "类型", "驻点打卡"):
        expect(row).to_contain_text(word)
    api.get(f"/checkins/{checkin}", "supervisor")
    page.get_by_label("关于谁（姓名）").fill("chen")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("row").filter(has_text="提交打卡")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="查看打卡")).to_contain_text("chen 11月24日 周二的打卡")
    page.get_by_label("关于谁（姓名）").fill("")
    page.get_by_label("谁做的（姓名）").fill("supervisor")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("row").filter(has_text="查看打卡")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="提交打卡")).to_have_count(0)
    page.get_by_label("谁做的（姓名）").fill("")
    page.get_by_label("做了什么").select_option("audit.searched")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("row").filter(has_text="bureau").first).to_contain_text("待入链")
    sitting.shot("audit")
    assert sitting.barriers() == []
    page.get_by_label("关于谁（姓名）").fill("没有这个人")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("没有叫“没有这个人”的人。")).to_be_visible()


@pytest.mark.parametrize(
    ("action", "facts", "said"),
    [
        ("checkin.submitted", {"kind": "station", "verdict": "review"}, {"类型": "驻点打卡", "机器结论": "待核"}),
        ("lead.moved", {"from": "lead", "to": "talks"}, {"原阶段": "线索", "新阶段": "洽谈"}),
        ("list.exported", {"list": "flags", "filters": {"状态": "未解除"}}, {"列表": "预警", "筛选": "状态：未解除"}),
        ("lead.updated", {"corroborated": False}, {"打卡能印证": "否"}),
        ("notice.settings_changed", {"changed": [["reminder", "wechat", False]]}, {"改动": "打卡提醒（微信）关"}),
        ("company.changed", {"changed": {"home_city": {"from": None, "to": "无锡"}}}, {"改动": "所在城市：无 → 无锡"}),
        ("draw.announced", {"moment_at": "2026-11-24T02:00:03+00:00"}, {"取种子的时刻": "11月24日 周二 10:00"}),
        ("lead.reported", {"squad": "east-1"}, {"小分队": "east-1"}),
        ("role.granted", {"role": "admin", "unit": "east"}, {"角色": "管理员", "单位": "east"}),
        ("escort.asked", {"leader": "chen"}, {"县领导": "chen"}),
    ],
)
def test_what_an_event_says_is_said_in_words(cast: Cast, db: Database, action: str, facts: Any, said: Any) -> None:
    ids = {"squad": cast.squads, "unit": cast.units, "leader": {"chen": cast["chen"].id}}
    asked = {key: str(ids[key][value]) if key in ids else value for key, value in facts.items()}
    with db.reading() as session:
        assert Words(session, 1, [asked]).said(action, asked, "Asia/Shanghai") == said


def test_the_chain_is_checked_and_a_change_is_found(desk: Desks, api: Api, db: Database) -> None:
    api.check_in("chen")
    with db.transaction() as session:
        chain.link(session, 1)
    page = desk("admin").at("/audit")
    page.get_by_role("button", name="核对整条记录链").click()
    expect(page.get_by_text("记录链完整。")).to_be_visible()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_payloads SET body = replace(body, 'station', 'visit')")
    page.get_by_role("button", name="核对整条记录链").click()
    expect(page.get_by_text("条记录被改动过。")).to_be_visible()


@pytest.mark.parametrize(
    "address",
    [
        *("/leaves?state=foo", "/audit?since=0001-01-01", "/audit?until=9999-12-31", f"/audit?before={10**22}"),
        *("/notices?state=sent&endpoint=x&_method=PUT", "/people?endpoint=x", "/flags?cursor=x"),
    ],
)
def test_an_odd_address_is_refused_in_words_or_taken(desk: Desks, address: str) -> None:
    here = desk("bureau")
    answer = here.page.goto(f"{here.server}/console{address}")
    assert answer is not None
    assert answer.status in (200, 422), address


def test_every_action_has_a_word() -> None:
    """Of every call of record, record_all or event_rows in the source."""
    call = re.compile(r'\b(?:record|record_all|event_rows)\([^"]*?"([a-z_]+\.[a-z_]+)"', re.DOTALL)
    said = {action for path in SERVER.rglob("*.py") for action in call.findall(path.read_text())}
    assert len(said) > 30
    assert said - set(ACTIONS) == set()


def test_the_system_says_what_waits_and_who_works(
    desk: Desks, db: Database, cast: Cast, clock: RunningClock, config, monkeypatch, capsys
) -> None:
    dead_notice(db, cast, clock)
    sitting = desk("admin")
    page = sitting.at("/system")
    expect(page.get_by_text("没有见到后台进程")).to_be_visible()
    expect(page.get_by_text("没有备份记录")).to_be_visible()
    with db.transaction() as session:
        leases.beat(session, "county-1:4711", clock(), clock())
        leases.note_backup(session, clock())
    sitting.at("/system")
    expect(page.get_by_text("运行中")).to_be_visible()
    expect(page.get_by_text(re.compile("最近一次备份：11月24日"))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="没送到的消息")).to_contain_text("1")
    sitting.shot("system")
    assert sitting.barriers() == []
    clock.advance(minutes=3)
    sitting.at("/system")
    expect(page.get_by_text("停了")).to_be_visible()


def test_an_operator_notes_a_backup(db: Database, config, cast: Cast, rows, monkeypatch, capsys) -> None:
    monkeypatch.setenv("DATABASE_URL", config.database_url)
    monkeypatch.setattr("server.logs.configure", lambda level: None)
    assert main(["backup", "noted"]) == 0
    assert "河湾县: 0 intact events, head empty" in capsys.readouterr().out
    assert rows("SELECT count(*) FROM schedules WHERE job = 'backup'") == [(1,)]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'backup.noted'") == [(2,)]


def test_units_do_not_see_these(desk: Desks) -> None:
    sitting = desk("supervisor")
    for path in ("/notices", "/audit", "/system"):
        page = sitting.at(path)
        expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()
