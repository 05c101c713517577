"""The harness itself, by its sample mini-program: what it promises to a page story must hold, and must be able to fail."""

from pathlib import Path

import pytest

from tests.miniprogram.conftest import HARNESS, Phones, compiled
from tests.miniprogram.phone import Phone


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(HARNESS / "sample", tmp_path_factory.getbasetemp().parent / "sample-built")


def test_a_page_shows_what_wxml_wxs_and_components_say(phone: Phone) -> None:
    phone.opens().sees("次数 × 1", "甲 Array", "1. 甲", "3. c")
    phone.taps("次数 × 1", exact=False).sees("次数 × 2")
    phone.taps("去表单").is_on("pages/form/form").sees("首页")
