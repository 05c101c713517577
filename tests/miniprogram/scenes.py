"""What several stories begin with."""

from pathlib import Path

from server.config import Config
from server.demo.photos import draw_selfie
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


def takes_pictures(phone: Phone, times: int = 1) -> Phone:
    """Of what is being written about a lead, each of something else."""
    for n in range(times):
        phone.takes(draw_selfie(100 + n, size=(1200, 900))).taps("加照片").taps("拍摄")
        phone.field(f"第{n + 1}张照片，点开看大图").wait_for()
    return phone


def invited(api: Api, who: str = "chen") -> str:
    """A code for a member whose WeChat was lost."""
    api.post(f"/members/{api.cast[who].id}/lost-phone", "admin")
    return str(api.post(f"/members/{api.cast[who].id}/invites", "admin").json["invite_code"])


def photos_on_disk(config: Config) -> list[Path]:
    """What came in, without the previews that are made beside it when somebody looks."""
    return [file for file in config.photo_root.rglob("*.jpg") if ".preview." not in file.name]
