"""日历: the month by days, each opening as what it was counted from; at midnight another month begins."""

from datetime import UTC, datetime

from tests.client import Api
from tests.miniprogram.conftest import Phones, RunningClock
from tests.miniprogram.phone import Phone


def test_a_day_opens_as_what_it_was_counted_from(phone: Phone, api: Api) -> None:
    api.check_in("chen")
    phone.opens().taps("日历").sees("2026年11月", "确认 1 + 待核 0 + 公出培训 0 = 1 天，目标 20 天。")
    phone.taps("24").sees("11月24日 周二", "确认1天。", "10:00 打卡", "通过")
    phone.taps("10:00 打卡").is_on("pages/evidence/evidence").sees("逐项核验")


def test_leave_and_attestation_stand_in_the_day_in_words(phone: Phone, api: Api) -> None:
    made = api.post("/leaves", "chen", {"kind": "training", "starts_on": "2026-11-23", "reason": "县里培训"}).json
    api.post(f"/leaves/{made['id']}/decision", "supervisor", {"approved": True})
    body = {"member": str(api.cast["chen"].id), "on": "2026-11-22", "value": 0.5, "reason": "一起接待客商"}
    api.post("/attestations", "supervisor", body)
    phone.opens("pages/calendar/calendar").sees("2026年11月").taps("23").sees("培训", "抵作在岗")
    phone.taps("22").sees("证明", "半天 · 一起接待客商", "◐")


def test_what_nobody_has_decided_on_says_so(phone: Phone, api: Api) -> None:
    for kind, day in (("training", "2026-11-22"), ("make_up", "2026-11-23")):
        api.post("/leaves", "chen", {"kind": kind, "starts_on": day, "reason": "县里培训"})
    phone.opens("pages/calendar/calendar").sees("2026年11月").taps("22").sees("培训", "等待审批")
    phone.taps("23").sees("补卡", "等待审批", "待核1天（含等待审批的申请），不计为缺勤。")


def test_an_empty_day_offers_to_be_made_up_while_the_rules_allow_it(phone: Phone) -> None:
    phone.opens().sees("上海驻点").taps("日历").taps("20").sees("补卡要在 3 天内提出，这一天已经过了。").sees_not(
        "申请补卡"
    )
    phone.taps("21").sees("11月21日 周六", "申请补卡")
    phone.taps("23").sees("11月23日 周一", "这一天没有打卡，也没有请假。").taps("申请补卡")
    phone.is_on("pages/ask/ask").sees("2026-11-23")


def test_months_are_leafed_through_and_none_lies_ahead(phone: Phone) -> None:
    phone.opens("pages/calendar/calendar").sees("2026年11月").taps("上个月").sees("2026年10月")
    phone.taps("下个月").sees("2026年11月")
    assert phone.page.get_by_label("下个月").locator("visible=true").count() == 0  # type: ignore[union-attr]


def test_at_midnight_of_the_month_the_pages_go_on_to_the_next(phones: Phones, clock: RunningClock) -> None:
    clock.set(datetime(2026, 11, 30, 15, 50, tzinfo=UTC))
    phone = phones().opens().sees("11月30日 周一").taps("日历").sees("2026年11月")
    clock.advance(minutes=20)
    phone.moves_clock(minutes=20).taps("今天").sees("12月1日 周二").taps("日历").sees("2026年12月")


def test_offline_the_month_says_so_and_can_be_asked_again(phone: Phone) -> None:
    phone.opens("pages/calendar/calendar").sees("2026年11月", "目标 20 天，应驻 20 天。").goes_offline().taps("上个月")
    phone.sees("2026年10月", "没有网络。点这里重试。").comes_online().taps("没有网络。点这里重试。").sees("目标")
