"""All signals, in the order people read them: where, when, the photo, who. Added by hand; nothing is discovered."""

from typing import Protocol

from server.evidence.ruleset import Rules
from server.evidence.signals import (
    camera_model,
    coordinate_datum,
    exif_position,
    exif_time,
    impossible_travel,
    location_accuracy,
    phone_clock,
    photo_edited,
    photo_near,
    photo_reuse,
    photo_usable,
    position_typed,
    rebound,
    session_members,
    spot_challenge,
    station_distance,
    ticket,
    time_window,
)
from server.evidence.types import Evidence, Finding


class Signal(Protocol):
    """What a signal module offers: its code, its group, and one pure question."""

    CODE: str
    GROUP: str

    def check(self, e: Evidence, rules: Rules) -> Finding: ...


SIGNALS: tuple[Signal, ...] = (
    station_distance,
    location_accuracy,
    coordinate_datum,
    position_typed,
    impossible_travel,
    time_window,
    ticket,
    phone_clock,
    exif_time,
    exif_position,
    photo_reuse,
    photo_near,
    photo_edited,
    camera_model,
    photo_usable,
    session_members,
    rebound,
    spot_challenge,
)
