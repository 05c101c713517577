"""用工关系消息: where the county has templates, what takes no subscribe message goes to staff."""

from typing import Any

import pytest
import requests

from tests.notify.test_deliver import SEND, spoil

STAFF = "/cgi-bin/message/wxopen/employeerelationmsg/send"
TEMPLATES = {"checkin_decided": "sandbox-staff-decided"}


@pytest.fixture
def is_staff(sandbox):
    """openid-0 is bound as staff and takes every template; or these only."""

    def bind(*templates: str, openid: str = "openid-0") -> None:
        order = {"openid": openid, **({"template_ids": list(templates)} if templates else {})}
        assert requests.post(f"{sandbox.url}/_sandbox/staff", json=order).status_code == 200

    return bind


def outcomes(notice: Any) -> list[tuple[str, str]]:
    return [(one["channel"], one["outcome"]) for one in notice.tries]


def test_who_takes_no_more_gets_it_as_staff(decided, delivery, notices, sandbox, is_staff):
    is_staff()
    sandbox.state.credits["openid-0", "sandbox-decided"] = 0
    decided()
    delivery(staff=TEMPLATES).run()
    (notice,) = notices()
    assert (notice.state, outcomes(notice)) == ("sent", [("subscribe", "refused"), ("employee", "sent")])
    (message,) = sandbox.state.messages
    assert (message.template_id, message.fields["thing1"]) == ("sandbox-staff-decided", "11月24日 周二的打卡")


def test_where_the_county_has_none_nobody_asks(decided, delivery, notices, sandbox):
    sandbox.state.credits["openid-0", "sandbox-decided"] = 0
    decided()
    delivery().run()
    assert notices()[0].state == "refused"
    assert "43101" in notices()[0].last_error
    assert STAFF not in sandbox.state.calls


@pytest.mark.parametrize(("bound", "errcode"), [(None, "40256"), (["sandbox-staff-flag"], "50001")])
def test_who_is_not_staff_or_took_another_template_is_refused(
    decided, delivery, notices, sandbox, is_staff, bound, errcode
):
    if bound:
        is_staff(*bound)
    sandbox.state.credits["openid-0", "sandbox-decided"] = 0
    decided()
    delivery(staff=TEMPLATES).run()
    assert notices()[0].state == "refused"
    assert errcode in notices()[0].last_error


def test_of_which_nobody_knows_goes_to_no_other_channel(decided, delivery, notices, sandbox, is_staff, clock):
    is_staff()
    decided()
    spoil(sandbox, reset=True)
    hand = delivery(staff=TEMPLATES)
    hand.run()
    sandbox.state.credits["openid-0", "sandbox-decided"] = 0
    clock.advance(minutes=11)
    hand.run()
    assert notices()[0].state == "uncertain"
    assert sandbox.state.calls[SEND] == 2
    assert STAFF not in sandbox.state.calls
