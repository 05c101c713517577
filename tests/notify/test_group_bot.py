"""企业微信群机器人: summaries go to the group, twenty a minute at most."""

from datetime import timedelta

import pytest

from server.notify import outbox
from server.notify.channels.group_bot import GroupBot
from server.notify.group_text import WHY
from server.wechat.group_bot import GroupBotClient
from tests.notify.test_deliver import spoil

WEBHOOK = "/cgi-bin/webhook/send"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def bot(sandbox) -> GroupBot:
    return GroupBot(GroupBotClient(sandbox.url), {1: KEY}.get)


def tell_group(db, clock, *texts: str, key: str = "circular") -> bool:
    with db.transaction() as session:
        return outbox.tell_group(session, 1, "month_circular", key, texts, clock())


def test_a_summary_goes_to_the_group_in_its_order_and_to_no_member(members, db, clock, delivery, bot, notices, sandbox):
    assert tell_group(db, clock, "第一页", "第二页")
    assert not tell_group(db, clock, "第一页", "第二页")
    delivery(channels=[bot]).run()
    assert [message.fields["content"] for message in sandbox.state.messages] == [f"第一页{WHY}", f"第二页{WHY}"]
    assert [(notice.state, notice.member_id) for notice in notices()] == [("sent", None), ("sent", None)]
    assert KEY not in str([notice.tries for notice in notices()])


def test_twenty_a_minute_is_kept_by_all_workers_together(members, db, clock, delivery, bot, notices, sandbox):
    for number in range(25):
        tell_group(db, clock, f"第{number}条", key=f"c{number:02}")
    for _worker in range(3):
        delivery(channels=[bot]).run()
    assert sandbox.state.calls[WEBHOOK] == 20, "none was refused"
    clock.advance(seconds=62)
    sandbox.state.advance(timedelta(seconds=62))
    delivery(channels=[bot]).run()
    assert {notice.state for notice in notices()} == {"sent"}
    assert sandbox.state.calls[WEBHOOK] == 25


@pytest.mark.parametrize(
    ("fault", "state", "outcome"),
    [
        ({"errcode": 45009}, "pending", "later"),  # somebody else used the bot as well
        ({"errcode": 93000}, "failed", "failed"),
        ({"errcode": -1}, "pending", "later"),
        ({"reset": True}, "pending", "uncertain"),
        ({"http_status": 502}, "pending", "uncertain"),
    ],
    ids=str,
)
def test_what_the_bot_says(members, db, clock, delivery, bot, notices, sandbox, fault, state, outcome):
    spoil(sandbox, WEBHOOK, **fault)
    tell_group(db, clock, "一")
    delivery(channels=[bot]).run()
    (notice,) = notices()
    assert (notice.state, notice.tries[0]["outcome"]) == (state, outcome)
    assert KEY not in str(notice.tries)
