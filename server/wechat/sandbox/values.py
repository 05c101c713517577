"""Which values a template accepts, by the type in the key's name (facts section 3). Too long is refused, never cut."""

import re

_DAY = r"(?:\d{4}年(?:1[0-2]|0?[1-9])月(?:[12]\d|3[01]|0?[1-9])日|\d{4}-(?:1[0-2]|0?[1-9])-(?:[12]\d|3[01]|0?[1-9]))"
_HOUR = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_DATE = rf"{_DAY}(?: ?{_HOUR})?"
_TIME = rf"(?:{_DAY} ?)?{_HOUR}"
_HAN = r"\u4e00-\u9fff"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_ACCEPTED = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "thing": r".{1,20}",
        "number": r"(?=.{1,32}$)-?\d+(?:\.\d+)?",
        "letter": r"[A-Za-z]{1,32}",
        "symbol": rf"[^\w\s{_HAN}]{{1,5}}",
        "character_string": r"[\x20-\x7e]{1,32}",
        "time": rf"{_TIME}(?:~{_TIME})?",
        "date": rf"{_DATE}(?:~{_DATE})?",
        "amount": r"[¥￥$€£]?\d{1,10}(?:\.\d+)?元?",
        "phone_number": r"[\d+\-() ]{1,17}",
        "car_number": rf"(?=.{{1,8}}$)[{_HAN}]?[A-Za-z0-9]+[{_HAN}]?",
        # A name with any 汉字 in it counts as a Chinese one: ten characters instead of twenty.
        "name": rf"(?=.*[{_HAN}]).{{1,10}}|[^\d{_HAN}]{{1,20}}",
        "phrase": rf"[{_HAN}]{{1,5}}",
    }.items()
}


def is_accepted(key: str, value: str) -> bool:
    """Whether WeChat takes this value for a template key such as thing1 or date2."""
    kind = _ACCEPTED.get(re.sub(r"\d+$", "", key))
    if kind is None or _CONTROL.search(value) or not value.strip():
        return False
    return kind.fullmatch(value) is not None
