"""Evidence and findings as plain JSON, so that a check-in can be stored whole and judged again years later."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from math import isfinite
from operator import attrgetter
from typing import Any

from server.evidence.types import Evidence, ExifFacts, Finding, Fix, PhotoTwin, Place, Window

_TIMES = ("received_at", "captured_at", "ticket_issued_at", "ticket_expires_at")
_LATER_TIMES = ("challenge_due_at", "rebound_at")  # absent from what was stored before they were gathered
_EXIF_TIMES = ("taken_local", "gps_at", "digitized_local", "modified_local")


_PLAIN = {str, int, bool, type(None)}
_KINDS = (Evidence, ExifFacts, Finding, Fix, PhotoTwin, Place, Window)
_FIELDS = {kind: [f.name for f in fields(kind)] for kind in _KINDS}
_VALUES = {kind: attrgetter(*names) for kind, names in _FIELDS.items()}  # of all fields at once


def plain(value: Any) -> Any:
    """Any value of this engine as JSON-ready data; TypeError for anything else.

    NaN and infinity become null: JSON does not have them, PostgreSQL refuses them, and they measure nothing. The
    questions stand in the order of how often each kind comes, for that is where the time goes.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if isfinite(value) else None
    if kind in _FIELDS:
        return _plain_items(zip(_FIELDS[kind], _VALUES[kind](value), strict=True))
    if isinstance(value, str):
        return str(value)  # an enum's plain text
    if isinstance(value, float):  # NumPy's
        return plain(float(value))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    if isinstance(value, Mapping):
        return _plain_items(value.items())
    raise TypeError(f"not evidence: {type(value).__name__}")


def _plain_items(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: item if type(item) in _PLAIN else plain(item) for name, item in items}


def to_json(e: Evidence) -> dict[str, Any]:
    """Evidence as JSON-ready dicts, lists, strings and numbers: instants and dates in ISO 8601, tuples as lists.

    Lossless but for NaN and infinity, see `plain`.
    """
    return plain(e)


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
    return [plain(f) for f in findings]


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _fix(stored: Mapping[str, Any]) -> Fix:
    return Fix(**{**stored, "at": datetime.fromisoformat(stored["at"])})


def _exif(stored: Mapping[str, Any]) -> ExifFacts:
    times = {name: _time(stored.get(name)) for name in _EXIF_TIMES}
    return ExifFacts(**{**stored, **times})
