"""What findings are called, and their measurements in words; what has no words for people is left out."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from server.checkins.sample import ONE_IN
from server.console.words import day
from server.evidence.ruleset import RULESET
from server.evidence.words import metres, span

FINDINGS = {
    "STATION_DISTANCE": "驻点距离",
    "LOCATION_ACCURACY": "定位误差",
    "COORDINATE_DATUM": "坐标系",
    "POSITION_TYPED": "位置来源",
    "IMPOSSIBLE_TRAVEL": "行程",
    "TIME_WINDOW": "打卡时段",
    "TICKET": "拍摄凭证",
    "PHONE_CLOCK": "手机时间",
    "EXIF_TIME": "照片时间",
    "EXIF_POSITION": "照片位置",
    "PHOTO_REUSE": "相同照片",
    "PHOTO_NEAR": "相近照片",
    "PHOTO_EDITED": "照片修改",
    "CAMERA_MODEL": "相机型号",
    "PHOTO_USABLE": "照片清晰",
    "SESSION_MEMBERS": "微信账号",
    "REBOUND": "换绑微信",
    "SPOT_CHALLENGE": "抽查要求",
}
# The four facts in a row, each told by some of the findings (as on the phone).
FACTS = (
    ("距离", ("STATION_DISTANCE",)),
    ("时间", ("TICKET", "TIME_WINDOW", "PHONE_CLOCK")),
    ("照片", ("PHOTO_NEAR", "PHOTO_REUSE", "PHOTO_USABLE")),
    ("位置来源", ("POSITION_TYPED", "LOCATION_ACCURACY")),
)


def _instant(value: Any) -> str:
    at = datetime.fromisoformat(value)
    return f"{day(at.date())} {at:%H:%M}"


def _each(words: Callable[[float], str], **names: str) -> dict[str, tuple[str, Callable[[Any], str]]]:
    return {key: (name, words) for key, name in names.items()}


_FACTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    **_each(metres, distance_m="距驻点", accuracy_m="定位误差", radius_m="围栏半径", ceiling_m="误差上限"),
    **_each(metres, apart_m="相距", read_distance_m="换算后距驻点", sure_m="至少相距", allowed_m="这段时间最远"),
    **_each(span, elapsed_s="间隔", gap_s="相差", apart_s="前后相隔", offset_s="手机与服务器相差", age_s="收到时已过"),
    **_each(span, gps_gap_s="早于打卡"),
    "taken_local": ("照片写着", _instant),
    "on": ("那一张的日期", lambda on: day(date.fromisoformat(on))),
    "software": ("处理软件", str),
    "make": ("相机厂商", str),
    "model": ("相机型号", str),
    "device_model": ("打卡的手机", str),
    "session_members": ("用过这个微信的人数", str),
    "distance_bits": ("画面差异（共 121 位）", str),
    "count": ("相同的张数", str),
    "mirrored": ("镜像", lambda mirrored: "是" if mirrored else ""),
    "challenge": ("要求出示", str),
}


def fact_words(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """[("距驻点", "3.3 公里"), …] of a finding's facts."""
    said = [
        (_FACTS[key][0], _FACTS[key][1](value)) for key, value in facts.items() if key in _FACTS and value is not None
    ]
    return [(name, value) for name, value in said if value]


# Two words that a reviewer meets, in one sentence each.
_MOST = f"{max(RULESET.weights.values()):.0f}"
EXPLAINED = {
    "weight": f"每项需核实的发现有 1 到 {_MOST} 分，同类的有上限，相加就是疑点权重：分数越高越值得细看，结论由您来定。",
    "blind": f"每 {ONE_IN} 次打卡抽 1 次，先不给您看机器的结论，您判断之后才显示，用来检验机器判得准不准。",
}
