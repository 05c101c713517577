"""A company is found however it is typed, and a search tells whose it is and no more, at a price."""

from collections.abc import Callable
from typing import Any

import pytest

from server.leads import companies
from tests.api.test_leads import body
from tests.client import Api
from tests.conftest import StoppedClock

Rows = Callable[..., list]
USCC, PHONE = "91350211M000100Y46", "0512-66666666"


@pytest.fixture
def known(api: Api) -> None:
    company = {"uscc": USCC, "phone": PHONE, "home_city": "苏州", "size": "large"}
    assert api.post("/leads", "chen", body(api, "苏州汇川技术有限公司", company=company)).status_code == 201
    for name in ("苏州长安电子有限公司", "重庆长安汽车股份有限公司", "上海汇金实业有限公司"):
        assert api.post("/leads", "neighbour", body(api, name)).status_code == 201


def names(api: Api, typed: str, who: str = "colleague") -> list[str]:
    found = api.get("/companies", who, q=typed)
    assert found.status_code == 200, found.text
    return [one["name"] for one in found.json["items"]]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("汇川", "苏州汇川技术有限公司"),
        ("匯川技術", "苏州汇川技术有限公司"),
        ("惠川", "苏州汇川技术有限公司"),  # by ear
        ("汇川技木", "苏州汇川技术有限公司"),  # a slip
        ("hcjs", "苏州汇川技术有限公司"),
        ("cqca", "重庆长安汽车股份有限公司"),
        (USCC.lower(), "苏州汇川技术有限公司"),
        ("051266666666", "苏州汇川技术有限公司"),
        ("+86 512 6666 6666", "苏州汇川技术有限公司"),
    ],
)
def test_however_it_is_typed(api: Api, known: None, typed: str, first: str) -> None:
    assert names(api, typed)[0] == first


def test_a_whole_name_is_found_however_common_its_words_are(
    api: Api, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each word one company is read, and that need not be the one."""
    monkeypatch.setattr(companies, "_MOST_READ", 1)
    for name in ("苏州汇川技术有限公司", "苏州长安电子有限公司"):
        assert name in names(api, name)


@pytest.mark.parametrize(
    "typed", ["没有这家", "zzzz", "91350211M000100Y47", "13800001234", "（）", "12345678", "%_", "' OR 1=1"]
)
def test_what_is_not_there_is_not_found(api: Api, known: None, typed: str) -> None:
    assert names(api, typed) == []


def test_a_telling_search_is_audited_and_one_of_ones_own_is_not(api: Api, known: None, rows: Rows) -> None:
    audited = "SELECT count(*) FROM audit_events WHERE action = 'company.searched'"
    names(api, "汇川", "chen")
    assert rows(audited) == [(0,)]
    names(api, "汇川", "neighbour")
    assert rows(audited) == [(1,)]


def test_nobody_copies_the_whole_directory(api: Api, known: None, clock: StoppedClock) -> None:
    statuses = [api.get("/companies", "neighbour", q="汇川").status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    clock.advance(minutes=1)
    assert api.get("/companies", "neighbour", q="汇川").status_code == 200


@pytest.mark.parametrize("who", ["outsider", "far_bureau"])
def test_another_county_finds_nothing(api: Api, known: None, who: str) -> None:
    assert names(api, "汇川", who) == []
    assert names(api, USCC, who) == []


def test_an_admin_keeps_the_register_not_the_leads(api: Api, known: None) -> None:
    assert api.get("/companies", "admin", q="汇川").status_code == 403


def alike(api: Api, **company: Any) -> list[tuple[str, str]]:
    found = api.post("/companies/alike", "neighbour", company)
    assert found.status_code == 200, found.text
    return [(one["why"], one["company"]["name"]) for one in found.json["items"]]


def test_while_it_is_typed_those_it_may_be_are_shown_the_surest_first(api: Api, known: None) -> None:
    ours = "苏州汇川技术有限公司"
    assert alike(api, name="什么都行", uscc=USCC) == [("uscc", ours)]
    assert alike(api, name="什么都行", phone=PHONE) == [("phone", ours)]
    assert alike(api, name="蘇州匯川技術股份有限公司") == [("name", ours)]
    assert alike(api, name="苏州惠川技术") == [("sound", ours)]
    assert alike(api, name=ours, uscc="911101077776591113") == [], "another code is another company"


def test_a_code_that_does_not_fit_is_a_warning(api: Api) -> None:
    said = {"name": "甲一", "uscc": "91350211M000100Y44"}
    assert api.post("/companies/alike", "chen", said).json["uscc_doubtful"] is True
    made = api.post("/leads", "chen", body(api, "甲一", company={"uscc": "91350211M000100Y44"}))
    assert (made.status_code, made.json["company"]["uscc_doubtful"]) == (201, True)


def test_the_phone_is_sealed(api: Api, known: None, rows: Rows) -> None:
    (stored,) = rows("SELECT phone_sealed, phone_digest FROM companies WHERE phone_sealed IS NOT NULL")
    assert "66666666" not in "".join(stored)
