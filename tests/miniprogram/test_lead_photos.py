"""Pictures of a 跟进 on the phone: kept before they are sent, sent before the update, seen by whoever sees the lead."""

import io
import json
import uuid

import pytest
from PIL import Image

from server.config import Config
from server.demo.photos import draw_selfie
from server.org import consent
from tests.api.test_lead_photos import send
from tests.api.test_leads import update
from tests.client import Api
from tests.miniprogram.conftest import Phones
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import photos_on_disk, takes_pictures
from tests.miniprogram.test_lead_offline import LINE, at_lead, lead, told, writes
from tests.miniprogram.test_offline import sent

__all__ = ["lead"]
FACTORY = draw_selfie(84, size=(1200, 900))


def looks_at(phone: Phone, which: str) -> None:
    phone.taps(which)
    phone.page.get_by_label("图片预览").wait_for()  # type: ignore[union-attr]


def pictures(api: Api, lead: str, who: str = "bureau") -> list[list[str]]:
    return [[photo["url"] for photo in one["photos"]] for one in told(api, lead)]


def test_an_update_with_two_pictures_is_seen_by_a_colleague_who_looks_at_one(
    phones: Phones, api: Api, lead: str
) -> None:
    chen = at_lead(phones().agreed_to_privacy(), lead)
    takes_pictures(chen, 2)
    sent(writes(chen, "看了厂房")).sees("看了厂房")
    ((first, second),) = pictures(api, lead)
    with Image.open(io.BytesIO(api.get(first).data)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (1200, 900))
    assert first != second
    colleague = phones("colleague").opens("leads/lead/lead", id=lead).sees("看了厂房")
    looks_at(colleague, "第2张照片，点开看大图")
    assert len(colleague.calls("previewImage")) == 1


def test_without_signal_the_pictures_are_safe_first_and_go_with_it_when_the_network_is_back(
    phone: Phone, api: Api, lead: str
) -> None:
    at_lead(phone.agreed_to_privacy(), lead).goes_offline()
    writes(takes_pictures(phone, 2), "看了厂房").sees("待发送")
    assert phone.temporary_photos() == [], "the queue has its own copies"
    phone.is_killed_and_restarted("pages/unsent/unsent").sees(" · 2 张照片")
    sent(phone.comes_online())
    assert [(one["text"], len(one["photos"])) for one in told(api, lead)] == [("看了厂房", 2)]
    assert (
        phone.evaluates("__phone.wx.getFileSystemManager().readdirSync(__phone.wx.env.USER_DATA_PATH + '/unsent')")
        == []
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_the_first_picture_each_is_there_once(
    phone: Phone, api: Api, lead: str, when: str, config: Config
) -> None:
    takes_pictures(at_lead(phone.agreed_to_privacy(), lead), 2).fills(LINE, "看了厂房")
    phone.dies(when, "uploadFile").taps("记下").waits_for_its_end()
    assert told(api, lead) == [], "it is there with all of them or not yet"
    sent(phone.opens())
    assert [len(photos) for photos in pictures(api, lead)] == [2]
    assert len(photos_on_disk(config)) == 2


def test_the_answer_about_a_picture_lost_it_is_stored_once(phone: Phone, api: Api, lead: str, config: Config) -> None:
    takes_pictures(at_lead(phone.agreed_to_privacy(), lead)).loses_answers(f"/leads/{lead}/photos")
    writes(phone, "看了厂房").sees("待发送")
    sent(phone.goes_to_background().comes_back())
    assert [len(photos) for photos in pictures(api, lead)] == [1]
    assert len(photos_on_disk(config)) == 1


def test_six_at_most_and_one_can_be_taken_away_before(phone: Phone, api: Api, lead: str) -> None:
    takes_pictures(at_lead(phone.agreed_to_privacy(), lead), 6).sees_not("＋")
    phone.taps("去掉第1张照片").sees("＋")
    assert len(phone.temporary_photos()) == 5
    sent(writes(phone, "看了厂房"))
    assert [len(photos) for photos in pictures(api, lead)] == [5]


def test_of_a_camera_with_twelve_megapixels_1280_are_sent_and_no_place_with_them(
    phone: Phone, api: Api, lead: str, config: Config
) -> None:
    at_lead(phone.agreed_to_privacy().takes(draw_selfie(5, size=(4000, 3000), target_bytes=3_000_000)), lead)
    phone.taps("加照片").taps("从相册选择").field("第1张照片，点开看大图").wait_for()
    sent(writes(phone, "看了厂房"))
    (file,) = photos_on_disk(config)
    with Image.open(file) as stored:
        assert (max(stored.size), dict(stored.getexif())) == (1280, {})


def test_a_picture_that_the_server_cannot_read_holds_the_update_and_without_it_it_goes(
    phone: Phone, api: Api, lead: str
) -> None:
    takes_pictures(at_lead(phone.agreed_to_privacy(), lead), 2)
    refused = json.dumps({"code": "photo_unreadable", "detail": "这张照片打不开，请重新拍一张。"})
    phone.server_answers(f"/leads/{lead}/photos", 422, refused)
    writes(phone, "看了厂房").sees("需要处理", "这张照片打不开，请重新拍一张。").taps("修改")
    phone.taps("去掉第1张照片").taps("记下").sees("chen · 11月24日 周二")
    sent(phone).sees_not("需要处理")
    assert [(one["text"], len(one["photos"])) for one in told(api, lead)] == [("看了厂房", 1)]


def test_without_consent_it_is_held_until_it_is_given(phone: Phone, api: Api, lead: str) -> None:
    api.post("/consents", "chen", {"version": consent.CURRENT_VERSION, "agreed": False})
    takes_pictures(at_lead(phone.agreed_to_privacy(), lead))
    writes(phone, "看了厂房").sees("阅读并同意").taps("阅读并同意").is_on("pages/consent/consent").taps("同意")
    sent(phone)
    assert [len(photos) for photos in pictures(api, lead)] == [1]


def test_who_refuses_the_privacy_guide_writes_without_pictures(phone: Phone, api: Api, lead: str) -> None:
    at_lead(phone, lead).taps("加照片").sees("使用前请先阅读").taps("暂不同意").sees("没有允许使用相机和相册")
    sent(writes(phone, "只写一句"))
    assert [(one["text"], one["photos"]) for one in told(api, lead)] == [("只写一句", [])]


def test_who_chooses_none_is_told_nothing(phone: Phone, lead: str) -> None:
    at_lead(phone.agreed_to_privacy().refuses("photo"), lead).taps("加照片").taps("从相册选择").sees("＋")
    assert phone.calls("showToast") == []


def test_a_picture_is_looked_at_by_a_link_of_that_moment(phone: Phone, api: Api, lead: str) -> None:
    """The page may have lain open for longer than a link lives."""
    photo = str(send(api, lead, photo=FACTORY, one=str(uuid.uuid4())).json["id"])
    api.post(f"/leads/{lead}/updates", "chen", update(api, photos=[photo]))
    at_lead(phone, lead).sees("拜访了张总，看了厂房")
    read = sum(call["url"].endswith(f"/leads/{lead}") for call in phone.calls("request"))
    looks_at(phone, "第1张照片，点开看大图")
    assert sum(call["url"].endswith(f"/leads/{lead}") for call in phone.calls("request")) == read + 1
