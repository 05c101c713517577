"""What signs in, in words its owner knows it by ("Chrome，Windows"): for people to read, never for a verdict."""

import re

# The first that is found names it; browsers claim to be those before them.
_PROGRAMS = (
    ("MicroMessenger", "微信小程序"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("QQBrowser", "QQ浏览器"),
    ("360SE", "360浏览器"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓手机"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_MODEL = re.compile(r"Android [\d.]+; (?:[a-z]{2}-[a-z]{2}; )?([\w .\-]{2,30}?)(?: Build|;|\))", re.IGNORECASE)


def device_words(user_agent: str) -> str:
    """At most 80 letters of our own words; of the header only an Android's model is repeated."""
    program = next((name for sign, name in _PROGRAMS if sign in user_agent), "未知程序")
    model = _MODEL.search(user_agent)
    system = model.group(1) if model else next((name for sign, name in _SYSTEMS if sign in user_agent), "未知系统")
    return f"{program}，{system}"[:80]
