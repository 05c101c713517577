"""Evidence and findings as plain JSON, so that a check-in can be stored whole and judged again years later."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import orjson

from server.evidence.types import Evidence, ExifFacts, Finding, Fix, PhotoTwin, Place, Window

_TIMES = ("received_at", "captured_at", "ticket_issued_at", "ticket_expires_at")
_LATER_TIMES = ("challenge_due_at", "rebound_at")  # absent from what was stored before they were gathered
_EXIF_TIMES = ("taken_local", "gps_at", "digitized_local", "modified_local")


def plain(value: Any) -> Any:
    """Any value of this engine as JSON-ready data: dicts, lists, strings, numbers; instants and dates in ISO 8601.
    TypeError for anything else.

    NaN and infinity become null: JSON does not have them, PostgreSQL refuses them, and they measure nothing.
    """
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))


def to_json(e: Evidence) -> dict[str, Any]:
    """Evidence as JSON-ready dicts, see `plain`. Lossless but for NaN and infinity."""
    stored: dict[str, Any] = plain(e)
    return stored


def from_json(stored: Mapping[str, Any]) -> Evidence:
    """Evidence as `to_json` wrote it; a field added since then takes its default. KeyError, TypeError or ValueError
    when the text is not evidence."""
    exif, place, previous = stored.get("exif"), stored["place"], stored.get("previous")
    return Evidence(
        **{
            **stored,
            **{name: _time(stored[name]) for name in _TIMES},
            **{name: _time(stored.get(name)) for name in _LATER_TIMES},
            "fix": _fix(stored["fix"]),
            "place": None if place is None else Place(**place),
            "windows": tuple(Window(**w) for w in stored["windows"]),
            "exif": ExifFacts() if exif is None else _exif(exif),
            "twins": tuple(PhotoTwin(**{**t, "on": date.fromisoformat(t["on"])}) for t in stored.get("twins", ())),
            "previous": None if previous is None else _fix(previous),
            "history": tuple(_fix(fix) for fix in stored.get("history", ())),
        }
    )


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON-ready dicts: code, group, outcome, message, facts."""
    stored: list[dict[str, Any]] = plain(tuple(findings))
    return stored


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _fix(stored: Mapping[str, Any]) -> Fix:
    return Fix(**{**stored, "at": datetime.fromisoformat(stored["at"])})


def _exif(stored: Mapping[str, Any]) -> ExifFacts:
    times = {name: _time(stored.get(name)) for name in _EXIF_TIMES}
    return ExifFacts(**{**stored, **times})
