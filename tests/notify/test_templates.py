"""Which templates the account really has: asked by the worker, and held against those that are configured."""

from dataclasses import replace

import pytest

from server.config import Config
from server.notify import templates
from server.notify.messages import SUBSCRIBED
from server.notify.subscriptions import FIELDS
from server.worker import Worker
from tests.notify.test_deliver import spoil

LIST = "/wxaapi/newtmpl/gettemplate"


@pytest.fixture
def worker(db, clock, sandbox, database_url, members):
    config = Config(
        _env_file=None,
        database_url=database_url,
        wechat_appid="wxtest",
        wechat_secret="a-secret",
        sandbox_port=sandbox.port,
    )
    made = Worker(config, clock)
    yield made
    made.db.dispose()


def ask(worker: Worker) -> None:
    next(job for job in worker.jobs() if job.name == "templates").run()


@pytest.fixture
def faults(db):
    """What is wrong with a configuration by what is known of the account: (template, words)."""

    def read(configured=None):
        with db.reading() as session:
            return [
                (one.template_id, one.words) for one in templates.faults(configured or {}, templates.known(session))
            ]

    return read


def test_a_worker_that_starts_knows_what_the_account_has(worker, db, sandbox, faults):
    sandbox.state.templates["sandbox-task"] = replace(sandbox.state.templates["sandbox-task"], type=3)
    ask(worker)
    with db.reading() as session:
        known = {one.template_id: (one.title, one.keys, one.lasting) for one in templates.known(session)}
        assert templates.lasting(session) == {"sandbox-task"}
    assert known["sandbox-leave"] == ("请假审批通知", ["thing1", "thing2", "phrase3", "thing4"], False)
    assert known["sandbox-task"][2] is True
    assert faults() == []


def test_it_asks_once_an_hour_and_what_is_gone_is_gone(worker, sandbox, clock, faults):
    for _tick in range(2):
        ask(worker)
    assert sandbox.state.calls[LIST] == 1
    del sandbox.state.templates["sandbox-flag"]
    clock.advance(hours=1)
    ask(worker)
    ((template, words),) = faults()
    assert template == "sandbox-flag"
    assert words == "进度提醒、月度结果、在外情况提醒：账号里没有模板 sandbox-flag，这些消息发不出去。"


@pytest.mark.parametrize(
    "fault", [{"errcode": -1}, {"errcode": 20001}, {"http_status": 502}, {"body": "<html>"}], ids=str
)
def test_a_wechat_that_does_not_answer_takes_nothing_away(worker, sandbox, clock, faults, fault):
    ask(worker)
    clock.advance(hours=1)
    spoil(sandbox, LIST, **fault)
    ask(worker)
    assert faults() == []
    assert sandbox.state.calls[LIST] == 2
    clock.advance(hours=1)
    ask(worker)
    assert sandbox.state.calls[LIST] == 3


def test_before_wechat_has_answered_everything_is_missing(faults):
    assert {template for template, _words in faults()} == {
        *("sandbox-reminder", "sandbox-decided", "sandbox-leave", "sandbox-flag", "sandbox-task")
    }


def test_a_template_with_other_fields_is_named_with_both(worker, sandbox, faults):
    mine = replace(
        sandbox.state.templates["sandbox-reminder"],
        id="live-1",
        content="驻点:{{thing4.DATA}}\n日期:{{date1.DATA}}\n提示:{{thing7.DATA}}\n",
    )
    sandbox.state.templates["live-1"] = mine
    ask(worker)
    ((template, words),) = faults({"reminder": "live-1"})
    assert template == "live-1"
    assert words == (
        "打卡提醒：模板 live-1（打卡提醒）的字段是 thing4、date1、thing7，"
        "这里填的是 thing1、date2、thing3，微信会拒收。"
    )
    assert faults({"reminder": "live-1|thing4,date1,thing7"}) == []
    ((_template, short),) = faults({"reminder": "live-1|thing4,date1"})
    assert "这里填的是 thing4、date1，" in short


def test_the_kinds_of_one_template_are_named_together(faults):
    told = faults(dict.fromkeys(SUBSCRIBED, "live-1"))
    assert {template for template, _words in told} == {"live-1"}
    assert len(told) == len(set(FIELDS.values())), "one for each set of fields that the kinds fill in"
