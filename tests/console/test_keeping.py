"""消息, 审计, 系统: what could not be delivered is sent again, the chain is checked, what waits is seen."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from server import leases
from server.__main__ import main
from server.audit import chain
from server.audit.words import ACTIONS
from server.console.audit_words import Words
from server.console.system import JOBS
from server.db import Database
from server.notify import course, templates
from server.notify.models import ChannelPause, Notice
from server.notify.subscriptions import FIELDS
from server.wechat.client import Template
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from server.worker import Worker
from tests.cast import Cast
from tests.client import Api
from tests.console.conftest import Desks, signed_in
from tests.doors import FROM_HERE
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


def test_every_job_with_times_of_its_own_has_a_word(config, clock: RunningClock) -> None:
    worker = Worker(config.model_copy(update={"morning_summary_at": "08:30"}), clock)
    assert {job.name for job in worker.periodic()} == set(JOBS)
    worker.db.dispose()


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


def account_has(db: Database, clock: RunningClock, *without: str) -> None:
    """The worker has asked WeChat; of the templates that it should have, these are not there."""
    told = [Template(id_, "模板", keys, lasting=False) for id_, keys in FIELDS.items() if id_ not in without]
    with db.transaction() as session:
        templates.keep(session, told, clock())


def test_the_system_names_a_template_that_is_wrong(desk: Desks, db: Database, clock: RunningClock) -> None:
    sitting = desk("admin")
    page = sitting.at("/system")
    expect(page.get_by_text("还没有查到账号里的模板")).to_be_visible()
    account_has(db, clock)
    sitting.at("/system")
    expect(page.get_by_text("消息模板与配置相符")).to_be_visible()
    account_has(db, clock, "sandbox-leave")
    sitting.at("/system")
    expect(page.get_by_text("1 个模板配置有误")).to_be_visible()
    expect(
        page.get_by_text("请假审批结果、请假审批、请假撤回：账号里没有模板 sandbox-leave，这些消息发不出去。")
    ).to_be_visible()
    expect(page.get_by_text("python -m server wechat check")).to_be_visible()
    sitting.shot("system-templates")
    assert sitting.barriers() == []
    clock.advance(hours=4)
    sitting.at("/system")
    expect(page.get_by_text("4 小时前核对，此后微信没有回答")).to_be_visible()


def spent_today(db: Database, clock: RunningClock, cast: Cast) -> None:
    """WeChat has said 45009 of one template, and a notice waits for tomorrow."""
    until = course.tomorrow(clock())
    with db.transaction() as session:
        session.add(ChannelPause(name="subscribe:sandbox-decided", until=until, why="WeChat errcode 45009: refused"))
    dead_notice(db, cast, clock)
    with db.transaction() as session:
        session.execute(update(Notice).values(state="pending", due_at=until + timedelta(minutes=4), last_error=None))


def test_who_had_the_quota_cleared_lets_the_messages_go(
    desk: Desks, db: Database, cast: Cast, clock: RunningClock, rows
) -> None:
    spent_today(db, clock, cast)
    reader = desk("bureau").at("/system")
    expect(
        reader.get_by_text("微信订阅消息 sandbox-decided，到 11月25日 周三 00:01：当天的发送次数用完了。")
    ).to_be_visible()
    expect(reader.get_by_role("button", name="恢复发送")).to_have_count(0)
    sitting = desk("admin")
    page = sitting.at("/system")
    sitting.shot("system-paused")
    assert sitting.barriers() == []
    page.get_by_role("button", name="配额已在微信清零，恢复发送").click()
    expect(page.get_by_role("status")).to_contain_text("已恢复发送，1 条等着的消息马上发出。")
    expect(page.get_by_text("没有暂停的渠道，配额没有用完。")).to_be_visible()
    assert rows("SELECT count(*) FROM channel_pauses") == [(0,)]
    assert rows("SELECT count(*) FROM notices WHERE due_at <= :now", now=clock()) == [(1,)]
    ((body,),) = rows(
        "SELECT p.body FROM audit_payloads p JOIN audit_events e ON e.id = p.event_id"
        " WHERE e.action = 'notice.pause_lifted'"
    )
    assert "subscribe:sandbox-decided" in body


def test_only_an_admin_lifts_a_pause_and_a_repeat_says_that_it_is_over(
    api: Api, db: Database, cast: Cast, clock: RunningClock, rows
) -> None:
    spent_today(db, clock, cast)
    order = {"name": "subscribe:sandbox-decided"}

    def lift(who: str) -> int:
        browser = api.app.test_client()
        browser.set_cookie("zhudian", signed_in(db, cast, who, clock))
        return browser.post("/console/system/pauses/lift", data=order, headers=FROM_HERE).status_code

    assert [lift(who) for who in ("supervisor", "bureau", "county_leader")] == [403] * 3
    assert rows("SELECT count(*) FROM channel_pauses") == [(1,)]
    assert [lift("admin") for _time in range(2)] == [303, 303]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'notice.pause_lifted'") == [(1,)]


def test_an_operator_lifts_all_pauses(
    db: Database, config, cast: Cast, clock: RunningClock, rows, monkeypatch, capsys
) -> None:
    clock.set(datetime.now(UTC))
    spent_today(db, clock, cast)
    monkeypatch.setenv("DATABASE_URL", config.database_url)
    monkeypatch.setattr("server.logs.configure", lambda level: None)
    assert main(["wechat", "lift"]) == 0
    assert "解除了 1 个暂停，1 条等着的消息马上发出。" in capsys.readouterr().out
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'notice.pause_lifted'") == [(2,)], "in each county's"
    assert main(["wechat", "lift"]) == 0
    assert "解除了 0 个暂停" in capsys.readouterr().out


def test_an_operator_checks_the_templates(db: Database, config, cast: Cast, monkeypatch, capsys) -> None:
    sandbox = RunningSandbox(create_sandbox(config.wechat_appid, config.wechat_secret))
    monkeypatch.setenv("DATABASE_URL", config.database_url)
    monkeypatch.setenv("SANDBOX_PORT", str(sandbox.port))
    monkeypatch.setattr("server.logs.configure", lambda level: None)
    assert main(["wechat", "check"]) == 0
    assert "账号里有 5 个模板，0 处配置有误。" in capsys.readouterr().out
    monkeypatch.setenv("WECHAT_TEMPLATES", '{"reminder": "live-1"}')
    assert main(["wechat", "check"]) == 1
    assert "打卡提醒：账号里没有模板 live-1，这些消息发不出去。" in capsys.readouterr().out
    sandbox.stop()
    assert main(["wechat", "check"]) == 1
    assert "微信没有告诉有哪些模板" in capsys.readouterr().err


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
