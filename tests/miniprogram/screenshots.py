"""Every page in each of its states (states.py), on each kind of phone: `make screenshots` writes var/screenshots/."""

from typing import Any

import pytest

from tests.miniprogram.conftest import Phones
from tests.miniprogram.states import STATES, State
from tests.miniprogram.test_employee import staffed
from tests.miniprogram.test_escorts import agreed, escort
from tests.miniprogram.test_lead_offline import lead
from tests.miniprogram.test_spot import asked, drawn, excused, missed, post, to_call
from tests.miniprogram.test_team import checked, waits

# What lies behind some of the states.
__all__ = [
    "agreed",
    "asked",
    "checked",
    "drawn",
    "escort",
    "excused",
    "lead",
    "missed",
    "post",
    "staffed",
    "to_call",
    "waits",
]

LOOKS: dict[str, dict[str, Any]] = {
    "375x812": {},
    "320x568": {"size": (320, 568)},
    "large-text": {"fontSize": 23},
    "dark": {"theme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state.page.rpartition('/')[2]}-{state.name}")
def test_screenshot(phones: Phones, state: State, look: str, request: pytest.FixtureRequest) -> None:
    if state.given:
        request.getfixturevalue(state.given)
    phone = phones(state.who, scale=2, **LOOKS[look])
    state.reach(phone)
    phone.screenshot(f"{look}/{state.page.rpartition('/')[2]}-{state.name}")
    wide = "[...document.querySelectorAll('.webview:not([hidden]) wx-page')].some(p => p.scrollWidth > p.clientWidth)"
    assert not phone.evaluates(wide), "the page is wider than the screen"
