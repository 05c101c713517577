"""Makes that surely contradict, and names that only look different."""

from pathlib import Path

import pytest

from server.evidence.signals.camera_model import check
from server.evidence.types import ExifFacts
from tests.evidence.cases import RULES, evidence, expect
from tests.evidence.real import real_exif

ABSENT = "照片没有写入相机型号，微信相机通常如此，不影响结果。"
OWN = "照片由打卡的手机拍摄。"
UNTOLD = "照片的相机型号与手机型号无法比对，不影响结果。"


@pytest.mark.parametrize(
    ("name", "make", "model", "device", "platform", "outcome", "message"),
    [
        ("none, as WeChat delivers", None, None, "Redmi Note 9S", "android", "unknown", ABSENT),
        ("the same code", "Xiaomi", "M2012K11AG", "M2012K11AG", "android", "clear", OWN),
        ("an iPhone, as WeChat writes it", "Apple", "iPhone 14 Pro", "iPhone 14 Pro<iPhone15,2>", "ios", "clear", OWN),
        ("maker and model in one", "HUAWEI", "Mate 60", "HUAWEI Mate 60", "android", "clear", OWN),
        ("code and market name", "Xiaomi", "M2012K11AG", "Xiaomi 11i", "android", "unknown", UNTOLD),
        ("two Android makers", "samsung", "SM-S9180", "vivo Y100", "android", "unknown", UNTOLD),
        ("two iPhones", "Apple", "iPhone 13", "iPhone 15<iPhone15,4>", "ios", "unknown", UNTOLD),
        (
            "an iPhone's photo from an Android phone",
            "Apple",
            "iPhone 15 Pro",
            "HUAWEI Mate 60",
            "android",
            "suspect",
            "照片由 iPhone 15 Pro 拍摄，与打卡的手机不同。请复核照片来源。",
        ),
        (
            "an Android phone's photo from an iPhone",
            "HUAWEI",
            "ALN-AL00",
            "iPhone 13<iPhone14,5>",
            "ios",
            "suspect",
            None,
        ),
        ("a camera", "Canon", "Canon PowerShot S40", "HUAWEI Mate 60", "android", "suspect", None),
        ("a sports camera", "GoPro", "HERO11 Black", "iPhone 13", "ios", "suspect", None),
        ("a Sony camera", "SONY", "DSC-HX5V", "XQ-BE72", "android", "suspect", None),
        ("a Sony phone", "Sony", "XQ-BE72", "Xperia 1", "android", "unknown", UNTOLD),
        ("a HarmonyOS phone", "HUAWEI", "ALN-AL80", "HUAWEI Mate 60 Pro", "ohos", "unknown", UNTOLD),
        ("a HarmonyOS phone, an iPhone's photo", "Apple", "iPhone 13", "ALN-AL80", "ohos", "suspect", None),
        ("a desktop's WeChat", "Apple", "iPhone 13", "microsoft", "windows", "unknown", UNTOLD),
        ("the phone does not say", "Canon", "Canon EOS R5", None, None, "unknown", UNTOLD),
        ("a made-up maker", "456", "123", "Redmi Note 9S", "android", "unknown", UNTOLD),
        ("a model without a maker", None, "iPhone 13", "iPhone 13", "ios", "clear", OWN),
        ("a maker without a model", "Apple", None, "Redmi Note 9S", "android", "suspect", None),
    ],
)
def test_table(
    name: str,
    make: str | None,
    model: str | None,
    device: str | None,
    platform: str | None,
    outcome: str,
    message: str | None,
) -> None:
    e = evidence(exif=ExifFacts(make=make, model=model), device_model=device, device_platform=platform)
    expect(check(e, RULES), outcome, message, {"make": make, "model": model, "device_model": device})


def test_real_photos_from_a_redmi(shared_data: Path) -> None:
    """Apple's and the stand-alone cameras are told; other Android phones and nonsense are not."""
    odd = set()
    for exif in real_exif(shared_data).values():
        e = evidence(exif=exif, device_model="Redmi Note 9S", device_platform="Android")
        if check(e, RULES).outcome == "suspect":
            odd.add(exif.make)
        if exif.model == "Redmi Note 9S":
            expect(check(e, RULES), "clear", OWN)
    assert odd == {"Apple", "SONY", "NIKON CORPORATION", "FUJIFILM", "GoPro", "Canon", "Nintendo"}
