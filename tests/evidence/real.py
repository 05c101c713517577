"""What third parties' cameras really wrote, from the shared facts.json, as the photo reader would hand it on."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.evidence.types import ExifFacts


def real_exif(shared_data: Path) -> dict[str, ExifFacts]:
    """File name -> facts of every photo of the collection that carries any."""
    entries = json.loads((shared_data / "facts.json").read_text(encoding="utf-8"))
    return {entry["file"]: _facts(entry) for entry in entries if entry.get("make") or entry.get("software")}


def _facts(entry: dict[str, Any]) -> ExifFacts:
    gps, offset = entry.get("gps") or {}, entry.get("OffsetTimeOriginal")
    zone = None if offset is None else int(offset[:3]) * 3600
    return ExifFacts(
        taken_local=_time(entry.get("DateTimeOriginal")),
        utc_offset_s=zone,
        gps_at=_gps(gps.get("date"), gps.get("time")),
        make=entry.get("make"),
        model=entry.get("model"),
        software=entry.get("software"),
        modified_local=_time(entry.get("DateTime")),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S") if text else None  # noqa: DTZ007


def _gps(day: str | None, clock: str | None) -> datetime | None:
    if not day or not clock or not day.startswith("20"):
        return None
    hours, minutes, seconds = (float(part) for part in clock.split(":"))
    midnight = datetime.strptime(day, "%Y:%m:%d").replace(tzinfo=UTC)
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)
