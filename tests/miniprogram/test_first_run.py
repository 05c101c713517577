"""First run: what is collected, which member this is, and the consent that may be refused."""

import re

import pytest

from server.org import consent
from tests.client import Api
from tests.miniprogram.conftest import Phones
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import invited


@pytest.fixture
def stranger(phones: Phones) -> Phone:
    """A WeChat that nobody knows yet."""
    return phones("oNobodyYet").agreed_to_privacy()


def test_a_stranger_reads_five_lines_and_is_bound_by_a_code(stranger: Phone, api: Api) -> None:
    code = invited(api)
    stranger.opens().is_on("pages/welcome/welcome").sees("不记录行踪", "证明").taps("知道了，开始")
    stranger.fills("单位给您的邀请码", code).taps("绑定").is_on("pages/consent/consent")
    stranger.sees("打卡时收集一张自拍照片", "您已同意，可以随时撤回。").taps("同意").is_on("pages/today/today").sees(
        "上海驻点"
    )


def test_a_wrong_code_says_so_and_keeps_what_was_typed(stranger: Phone, api: Api) -> None:
    stranger.opens().taps("知道了，开始").fills("单位给您的邀请码", "WRONG123").taps("绑定").sees(
        re.compile("邀请码.*(不对|无效|失效|没有)")
    )
    assert stranger.field("单位给您的邀请码").input_value() == "WRONG123"


def test_a_registered_number_binds_without_a_code(stranger: Phone, api: Api) -> None:
    api.post(f"/members/{api.cast['chen'].id}/lost-phone", "admin")
    api.call("PATCH", f"/members/{api.cast['chen'].id}", "admin", json={"phone": "13800001111"})
    stranger.hands_over_number("13800001111").opens().taps("知道了，开始").taps("用手机号绑定")
    stranger.is_on("pages/consent/consent")


def test_who_keeps_the_number_is_told_of_the_code(stranger: Phone) -> None:
    stranger.refuses("phoneNumber").opens().taps("知道了，开始").taps("用手机号绑定").sees("没有取得手机号")


def test_consent_is_asked_in_the_servers_words_before_the_first_photo(phone: Phone, api: Api) -> None:
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    phone.agreed_to_privacy().opens().sees("23:00 前").taps("打卡，23:00 前").is_on("pages/consent/consent")
    phone.sees("打卡时收集一张自拍照片").taps("同意").is_on("pages/checkin/checkin")
    assert api.get("/consents", "chen").json["given"]


def test_refusing_consent_locks_nothing(phone: Phone, api: Api) -> None:
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    phone.agreed_to_privacy().opens().sees("23:00 前").taps("打卡，23:00 前").taps("暂不同意")
    phone.sees("好的，不收集照片和位置", "证明在岗").taps("进入小程序").is_on("pages/today/today").taps("日历").sees(
        "点一天"
    )
    assert not api.get("/consents", "chen").json["given"]


def test_without_network_the_first_time_the_page_says_so_and_tries_again(phone: Phone) -> None:
    phone.agreed_to_privacy().goes_offline().opens().sees("没有打开", "没有网络。没有丢失任何打卡。")
    phone.comes_online().taps("重试").sees("上海驻点")
