"""请假和补卡: asked for, answered, withdrawn."""

import re
from datetime import date, timedelta
from typing import Any

from server.db import Database
from server.leaves.models import Leave
from tests.client import Api
from tests.miniprogram.conftest import Phones
from tests.miniprogram.phone import Phone

REASON = "写一句，审批的人会看"


def leaves(api: Api) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get("/leaves", "chen").json["items"]
    return rows


def asked(api: Api, **more: str) -> str:
    body = {"kind": "sick", "starts_on": "2026-11-26", "reason": "发热"} | more
    return str(api.post("/leaves", "chen", body).json["id"])


def test_leave_is_asked_for_in_one_page(phone: Phone, api: Api) -> None:
    phone.opens("pages/me/me").taps("请假和补卡").sees("还没有申请").taps("申请").taps("公出").taps("半天")
    phone.fills(REASON, "回县参加推介会").taps("提交").is_on("pages/leaves/leaves").sees(
        "公出", "待审批", "回县参加推介会"
    )
    phone.goes_back().is_on("pages/me/me")  # one list, not one more each time
    (row,) = leaves(api)
    assert (row["kind"], row["value"], row["starts_on"]) == ("official_trip", 0.5, "2026-11-24")


def test_without_a_reason_nothing_is_sent(phone: Phone, api: Api) -> None:
    phone.opens("pages/ask/ask").taps("提交").sees("请写一句原因，审批的人会看。")
    assert leaves(api) == []


def test_what_the_server_refuses_keeps_what_was_written(phone: Phone, api: Api) -> None:
    asked(api)
    phone.opens("pages/ask/ask", kind="sick", on="2026-11-26").fills(REASON, "还在发热").taps("提交").sees(
        "填写的内容还在"
    )
    assert phone.data["reason"] == "还在发热"
    assert len(leaves(api)) == 1


def test_a_request_is_withdrawn(phone: Phone, api: Api) -> None:
    asked(api)
    phone.opens("pages/leaves/leaves").sees("病假").taps("撤回")
    phone.page.locator(".wechat").get_by_text("撤回", exact=True).tap()  # type: ignore[union-attr]
    phone.sees("已撤回")
    assert [row["state"] for row in leaves(api)] == ["withdrawn"]


def test_a_supervisor_agrees(phones: Phones, api: Api) -> None:
    asked(api)
    phones("supervisor").opens("team/approvals/approvals").sees("病假", "发热").taps("同意").sees("没有等您审批的申请")
    assert [row["state"] for row in leaves(api)] == ["approved"]


def test_what_is_the_bureaus_to_approve_does_not_wait_for_the_unit(phones: Phones, api: Api) -> None:
    asked(api, ends_on="2026-12-20")
    phones("supervisor").opens("team/approvals/approvals").sees("没有等您审批的申请")
    phones("bureau").opens("team/approvals/approvals").sees("病假").taps("同意").sees("没有等您审批的申请")
    assert [row["state"] for row in leaves(api)] == ["approved"]


def test_one_to_answer_is_found_behind_many_that_are_anothers(phones: Phones, api: Api, db: Database) -> None:
    """Thirty younger ones of a colleague's are longer than the unit decides about: a page of them, and more."""
    asked(api)
    first = date(2026, 12, 1)
    with db.transaction() as session:
        for number in range(35):
            starts_on = first + timedelta(days=7 * number)
            session.add(
                Leave(
                    county_id=1, member_id=api.cast["colleague"].id, kind="sick", starts_on=starts_on,
                    ends_on=starts_on + timedelta(days=4), reason="住院", created_at=api.clock() + timedelta(hours=1),
                )
            )  # fmt: skip
    phones("supervisor").opens("team/approvals/approvals").sees("病假", "发热").taps("同意").sees("没有等您审批的申请")
    assert [row["state"] for row in leaves(api)] == ["approved"]


def test_a_part_of_a_long_absence_says_who_approves_it(phones: Phones, api: Api) -> None:
    """The unit may refuse it: that makes nothing longer."""
    asked(api)
    asked(api, kind="annual", starts_on="2026-11-27", ends_on="2026-12-20")
    phone = phones("supervisor").opens("team/approvals/approvals").sees("须由招商局监督员审批", "不同意")
    phone.sees_not(re.compile("^同意$"))


def test_a_refusal_needs_its_reason(phones: Phones, api: Api) -> None:
    asked(api)
    phone = phones("supervisor").opens("team/approvals/approvals").taps("不同意")
    phone.fills("队员会看到", "当天有推介会").page.locator(".wechat").get_by_text("不同意", exact=True).tap()  # type: ignore[union-attr]
    phone.sees("没有等您审批的申请")
    assert [(row["state"], row["answer"]) for row in leaves(api)] == [("rejected", "当天有推介会")]
