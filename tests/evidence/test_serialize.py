"""Evidence out to JSON and back, nothing lost."""

import json
from dataclasses import MISSING
from typing import Any

import pytest
from hypothesis import given

from server.checkins.serialize import findings_to_json, from_json, plain, to_json
from server.evidence.decide import decide, judge
from server.evidence.ruleset import RULESET
from server.evidence.signals import SIGNALS
from server.evidence.types import Evidence, ExifFacts
from tests.evidence.cases import EVIDENCE, HONEST, RULES, evidence, fix, twin


def strict(value: Any) -> Any:
    """Through the text PostgreSQL would accept: no NaN, no infinity."""
    return json.loads(json.dumps(value, allow_nan=False, ensure_ascii=False))


def test_the_stored_form_is_plain() -> None:
    stored = to_json(evidence(previous=fix(1.0), twins=(twin(),)))
    assert stored["captured_at"] == "2026-11-03T00:40:58+00:00"
    assert stored["windows"][0] == {"start_min": 480, "end_min": 600, "halves": 1}
    assert stored["place"]["name"] == "东莞驻点"
    assert stored["twins"][0]["on"] == "2026-10-28"
    assert stored["exif"]["taken_local"] is None
    assert set(stored) == set(Evidence.__slots__)


@given(EVIDENCE)
def test_there_and_back(e: Evidence) -> None:
    back = from_json(strict(to_json(e)))
    finite = all(v is None or abs(v) <= 1e300 for v in (e.exif.lat, e.exif.lng))
    if finite:
        assert back == e
    assert decide(judge(back, RULES), RULESET).verdict is decide(judge(e, RULES), RULESET).verdict


def test_a_number_that_is_none_becomes_null() -> None:
    stored = to_json(evidence(exif=ExifFacts(lat=float("nan"), lng=float("inf"))))
    assert (stored["exif"]["lat"], stored["exif"]["lng"]) == (None, None)


def test_a_field_added_later_takes_its_default() -> None:
    stored = strict(to_json(HONEST))
    for name in Evidence.__dataclass_fields__:
        if Evidence.__dataclass_fields__[name].default is not MISSING or name == "exif":
            del stored[name]
    assert len(stored) == 17
    assert from_json(stored) == HONEST


@pytest.mark.parametrize(
    ("name", "broken"),
    [("a field missing", {"kind": "station"}), ("no time", {**to_json(HONEST), "received_at": "yesterday"})],
)
def test_what_is_not_evidence_is_refused(name: str, broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        from_json(broken)


def test_a_photo_and_a_twin_stored_before_they_said_more() -> None:
    e = evidence(exif=ExifFacts(make="HTC"), twins=(twin(),))
    stored = strict(to_json(e))
    for name in ("digitized_local", "modified_local"):
        del stored["exif"][name]
    for name in ("same", "mirrored", "apart_s", "apart_m", "same_squad"):
        del stored["twins"][0][name]
    assert from_json(stored) == e


def test_plain_knows_only_its_own_kinds() -> None:
    assert plain(ExifFacts(make="HTC"))["make"] == "HTC"
    with pytest.raises(TypeError, match="bytes"):
        plain({"raw": b""})


def test_findings() -> None:
    stored = strict(findings_to_json(judge(evidence(fix=fix(accuracy_m=float("nan"))), RULES)))
    assert [f["code"] for f in stored][:2] == ["STATION_DISTANCE", "LOCATION_ACCURACY"]
    assert stored[1] == {
        "code": "LOCATION_ACCURACY",
        "group": "location",
        "outcome": "unknown",
        "message": "手机没有给出定位误差。",
        "facts": {"accuracy_m": None, "ceiling_m": 150.0},
    }


@given(EVIDENCE)
def test_findings_are_always_json(e: Evidence) -> None:
    assert len(strict(findings_to_json(judge(e, RULES)))) == len(SIGNALS)
