"""What signed in is told in words that its owner knows it by, and nothing of the header else."""

import pytest

from server.api.devices import device_words

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; Redmi Note 9S Build/QKQ1.191215.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.62 MiniProgramEnv/android"
)
CASES = (
    (ANDROID, "微信小程序，Redmi Note 9S"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) MicroMessenger/8.0.62 Safari", "微信小程序，iPhone"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge，Windows"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36", "Chrome，Windows"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) Version/18.0 Safari/605.1.15", "Safari，Mac"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox，Linux"),
    ("", "未知程序，未知系统"),
    ("<script>alert(1)</script>", "未知程序，未知系统"),
    ("Android 14; " + "x" * 500 + ")", "未知程序，安卓手机"),
)


@pytest.mark.parametrize(("header", "words"), CASES, ids=[words for _, words in CASES])
def test_the_words(header: str, words: str) -> None:
    assert device_words(header) == words
    assert len(words) <= 80
