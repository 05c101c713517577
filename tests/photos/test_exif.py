"""EXIF: what honest cameras write is read, what broken firmware and hostile hands write is nothing, never an error."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.evidence.types import ExifFacts
from server.photos import exif
from tests.photos.made import tiff_block

DEGREES = {1: b"N\0", 2: ((30, 1), (37, 1), (3954, 100)), 3: b"E\0", 4: ((119, 1), (44, 1), (1956, 100))}


def facts(**blocks: dict) -> ExifFacts:
    return exif.read(tiff_block(blocks.pop("ifd0", {}), **blocks))[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"2026:11:03 09:01:02\0", datetime(2026, 11, 3, 9, 1, 2)),  # noqa: DTZ001
        (b"2026-11-03T09:01:02.123\0", datetime(2026, 11, 3, 9, 1, 2)),  # noqa: DTZ001
        (b"2026:11:03 09:01:02\0 garbage behind", datetime(2026, 11, 3, 9, 1, 2)),  # noqa: DTZ001
        (b"2099:09:29 10:10:10\0", datetime(2099, 9, 29, 10, 10, 10)),  # noqa: DTZ001
        (b"0000:00:00 00:00:00\0", None),
        (b"2002:12:08 12:00:00\0", None),
        (b"2026:13:03 09:01:02\0", None),
        (b"2026:11:03 24:01:02\0", None),
        (b"    :  :     :  :  \0", None),
        (b"\xff\xfe2\x000\x002\x006\x00", None),
        (b"\0", None),
    ],
)
def test_date_time_original(written: bytes, read: datetime | None) -> None:
    assert facts(exif={0x9003: written}).taken_local == read


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (b"+08:00\0", 28800),
        (b"-05:00\0", -18000),
        (b"+05:45\0", 20700),
        (b"Z\0", 0),
        (b"+15:00\0", None),
        (b"-13:00\0", None),
        (b"+08:60\0", None),
        (b"+07:99\0", None),
        (b"+08:07\0", None),
        (b"8\0", None),
        (b"   :  \0", None),
    ],
)
def test_offset(written: bytes, seconds: int | None) -> None:
    assert facts(exif={0x9011: written}).utc_offset_s == seconds


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ({}, (30.62765, 119.73876)),
        ({1: b"S\0", 3: b"w\0"}, (-30.62765, -119.73876)),
        ({2: ((3062765, 100000),), 4: ((11973876, 100000),)}, (30.62765, 119.73876)),
        ({2: ((0, 0), (0, 0), (0, 0))}, (None, None)),
        ({2: ((30, 1), (37, 0), (3954, 100))}, (None, None)),
        ({2: ((0, 1), (0, 1), (0, 1)), 4: ((0, 1), (0, 1), (0, 1))}, (None, None)),
        ({2: ((0, 1), (0, 1), (0, 1))}, (0.0, 119.73876)),
        ({2: ((91, 1), (0, 1), (0, 1))}, (None, None)),
        ({4: ((180, 1), (0, 1), (1, 1))}, (None, None)),
        ({2: ((30, 1), (37, 1), (60, 1))}, (30.63333, 119.73876)),
        ({2: ((30, 1), (75, 1), (0, 1))}, (None, None)),
        ({2: ((30, 1), (37, 1), (2**32 - 1, 1))}, (None, None)),
        ({2: ((30, 1), (376590, 10000))}, (30.62765, 119.73876)),
        ({2: ((30, 1), (37, 1))}, (None, None)),
        ({2: ((30, 1),)}, (None, None)),
        ({1: b"\0"}, (None, None)),
        ({3: b"N\0"}, (None, None)),
        ({1: b"NS\0"}, (None, None)),
        ({2: b"30.6\0"}, (None, None)),
        ({2: (30, 37, 39)}, (None, None)),
    ],
)
def test_position(change: dict, position: tuple[float | None, float | None]) -> None:
    found = facts(gps=DEGREES | change)
    if position[0] is None:
        assert (found.lat, found.lng) == (None, None)
    else:
        assert (found.lat, found.lng) == (pytest.approx(position[0], abs=1e-5), pytest.approx(position[1], abs=1e-5))


@pytest.mark.parametrize(
    ("day", "clock", "at"),
    [
        (b"2026:11:03\0", ((1, 1), (2, 1), (33519, 1000)), datetime(2026, 11, 3, 1, 2, 33, 519000, tzinfo=UTC)),
        (b"0000:00:00\0", ((0, 1), (0, 1), (0, 1)), None),
        (b"1999:99:99\0", ((1, 1), (2, 1), (3, 1)), None),
        (b"1970:01:01\0", ((1, 1), (2, 1), (3, 1)), None),
        (b"2026:11:03\0", ((24, 1), (2, 1), (3, 1)), None),
        (b"2026:11:03\0", ((1, 1), (2, 1), (3, 0)), None),
        (b"2026:11:03\0", ((1, 1), (2, 1)), None),
        (b"\0", ((1, 1), (2, 1), (3, 1)), None),
    ],
)
def test_gps_time(day: bytes, clock: tuple, at: datetime | None) -> None:
    assert facts(gps={0x1D: day, 7: clock}).gps_at == at


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"Xiaomi\0", "Xiaomi"),
        (b"  HUAWEI  \0\0", "HUAWEI"),
        ("小米".encode() + b"\0", "小米"),
        ("小米".encode("gb18030") + b"\0", "小米"),
        (b"H\0U\0A\0W\0", "H"),
        (b"a\x01b\x1b[31m\0", "ab[31m"),
        (b"x" * 500, "x" * 64),
        (b"   \0", None),
    ],
)
def test_texts_are_short_and_printable(written: bytes, text: str | None) -> None:
    assert facts(ifd0={0x010F: written}).make == text


@pytest.mark.parametrize(("written", "orientation"), [((6,), 6), ((0,), None), ((9,), None), (b"6\0", None)])
def test_orientation(written: tuple | bytes, orientation: int | None) -> None:
    assert exif.read(tiff_block({0x0112: written}))[1] == orientation


def test_no_block_is_no_facts() -> None:
    assert exif.read(b"") == (ExifFacts(), None)


FULL = tiff_block({0x010F: b"Xiaomi\0"}, {0x9003: b"2026:11:03 09:01:02\0", 0x9011: b"+08:00\0"}, DEGREES)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(FULL) - 1), st.integers(0, 255)), min_size=1, max_size=10))
def test_mutated_blocks_never_raise(changes: list[tuple[int, int]]) -> None:
    block = bytearray(FULL)
    for position, value in changes:
        block[position] = value
    found, _ = exif.read(bytes(block))
    assert found.lat is None or -90 <= found.lat <= 90
    assert "\0" not in (found.make or "")


@settings(max_examples=200)
@given(st.sampled_from([b"II*\0", b"MM\0*"]), st.binary(max_size=400))
def test_arbitrary_blocks_never_raise(magic: bytes, rest: bytes) -> None:
    found, orientation = exif.read(magic + rest)
    assert (found.lat is None) == (found.lng is None)
    assert orientation in (None, *range(1, 9))
