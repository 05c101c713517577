"""What several stories begin with."""

from tests.client import Api
from tests.miniprogram.phone import Phone

ON_SITE = (31.2309, 121.4741)  # some 70 m from the station's registered point


def on_site(phone: Phone) -> Phone:
    """At the station, the privacy agreement long behind."""
    return phone.agreed_to_privacy().stands_at(*ON_SITE, 20)


def takes_a_photo(phone: Phone) -> Phone:
    """From today's page to the still."""
    phone.taps("打卡，23:00 前").is_on("pages/checkin/checkin").sees("在围栏内")
    return phone.taps("拍照").sees("重拍")


def checks_in(phone: Phone) -> Phone:
    return takes_a_photo(phone).taps("提交")


def invited(api: Api, who: str = "chen") -> str:
    """A code for a member whose WeChat was lost."""
    api.post(f"/members/{api.cast[who].id}/lost-phone", "admin")
    return str(api.post(f"/members/{api.cast[who].id}/invites", "admin").json["invite_code"])
