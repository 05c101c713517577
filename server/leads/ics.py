"""PURE: agreed escorts as calendar entries (RFC 5545). One has the same UID for ever and a higher SEQUENCE after each
change, so that what was called off goes out of a calendar that it was put into."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a calendar; `is_off`: it was called off."""

    id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    text: str
    revision: int
    is_off: bool


def calendar(entries: Iterable[Entry], now: datetime) -> bytes:
    """The file of a calendar, times in UTC."""
    made = Calendar()
    made.add("prodid", "-//Zhudian//Escorts//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", "县领导一同拜访")
    for entry in entries:
        made.add_component(_event(entry, now))
    return bytes(made.to_ical())


def _event(entry: Entry, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.id}@zhudian")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("sequence", entry.revision)
    event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
    event.add("summary", f"已取消：{entry.title}" if entry.is_off else entry.title)
    event.add("location", entry.place)
    event.add("description", entry.text)
    event.add("class", "PRIVATE")
    return event
