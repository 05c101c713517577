"""The camera that wrote the photo against the phone that sent it. Names differ from codes: only makes contradict."""

from server.evidence.findings import clear, suspect, unknown
from server.evidence.ruleset import Rules
from server.evidence.types import Evidence, ExifFacts, Finding

CODE, GROUP = "CAMERA_MODEL", "photo"
_PHONE_MAKERS = (
    *("xiaomi", "redmi", "huawei", "honor", "oppo", "vivo", "samsung", "google", "oneplus", "realme", "meizu", "zte"),
    *("motorola", "hmd global", "htc", "nubia"),
)
# Makers that build no phones, and model names of those that build both.
_CAMERA_MAKERS = ("canon", "nikon", "gopro", "fujifilm", "olympus", "om digital", "pentax", "dji", "nintendo")
_CAMERA_MODELS = ("dsc-", "ilce-", "slt-", "dslr-", "dmc-")
# Per platform of the phone, what contradicts it. A desktop's WeChat may send any phone's photo.
_CONTRADICTS = {"ios": ("android", "camera"), "android": ("ios", "camera"), "ohos": ("ios", "camera")}


def check(e: Evidence, rules: Rules) -> Finding:  # noqa: ARG001 - names have no limit
    """An iPhone's photo from another phone, or one of a stand-alone camera, is odd; two Android codes say nothing."""
    make, model = (e.exif.make or "").lower(), (e.exif.model or "").lower()
    device = (e.device_model or "").lower().split("<")[0].strip()  # iPhone 14 Pro<iPhone15,2>
    facts = {"make": e.exif.make, "model": e.exif.model, "device_model": e.device_model, "platform": e.device_platform}
    if not (make or model):
        return unknown(CODE, GROUP, "照片没有写入相机型号，微信相机通常如此，不影响结果。", **facts)
    if device in (model, f"{make} {model}"):
        return clear(CODE, GROUP, "照片由打卡的手机拍摄。", **facts)
    if _kind(e.exif) in _CONTRADICTS.get((e.device_platform or "").lower(), ()):
        shown = (e.exif.model or e.exif.make or "").replace("。", " ")
        return suspect(CODE, GROUP, f"照片由 {shown} 拍摄，与打卡的手机不同。请复核照片来源。", **facts)
    return unknown(CODE, GROUP, "照片的相机型号与手机型号无法比对，不影响结果。", **facts)


def _kind(x: ExifFacts) -> str | None:
    """ios, android, camera, or None where make and model do not surely tell."""
    make, model = (x.make or "").lower(), (x.model or "").lower()
    if make == "apple" or model.startswith(("iphone", "ipad")):
        return "ios"
    if make.startswith(_CAMERA_MAKERS) or model.startswith(_CAMERA_MODELS):
        return "camera"
    return "android" if make.startswith(_PHONE_MAKERS) else None
