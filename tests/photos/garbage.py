"""For each EXIF field that exif.py reads: what the honest camera writes, and strategies for what is no value at all.

The honest camera agrees with the honest check-in of tests/evidence/cases.py. Garbage is garbage by its making: a wrong
type or count, a date or an angle that does not exist, a clock that was never set, a hemisphere written wrongly, a lost
GPS week. None of it is a readable value that merely contradicts, so no signal may call any of it suspect.
"""

import struct

from hypothesis import strategies as st

from server.evidence.edits import editor
from server.evidence.types import ExifFacts
from tests.photos.made import Raw, Values

MAKE, MODEL, ORIENTATION, SOFTWARE, MODIFIED = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
TAKEN, DIGITIZED, OFFSET, OFFSET_TAKEN, SUBSEC = 0x9003, 0x9004, 0x9010, 0x9011, 0x9291
LAT_REF, LAT, LNG_REF, LNG, GPS_TIME, GPS_DATE = 1, 2, 3, 4, 7, 0x1D

HONEST: dict[int, Values] = {
    MAKE: b"Xiaomi\0",
    MODEL: b"M2012K11AG\0",
    ORIENTATION: (1,),
    SOFTWARE: b"alioth-user 13 RKQ1\0",
    MODIFIED: b"2026:11:03 08:40:58\0",
    TAKEN: b"2026:11:03 08:40:58\0",
    DIGITIZED: b"2026:11:03 08:40:58\0",
    OFFSET: b"+08:00\0",
    OFFSET_TAKEN: b"+08:00\0",
    SUBSEC: b"123\0",
    LAT_REF: b"N\0",
    LAT: ((23, 1), (1, 1), (1308, 100)),  # 36 m from the station
    LNG_REF: b"E\0",
    LNG: ((113, 1), (45, 1), (36, 100)),
    GPS_TIME: ((0, 1), (40, 1), (30, 1)),
    GPS_DATE: b"2026:11:03\0",
}

_ASCII = 2
_COUNTS = st.integers(0, 9) | st.sampled_from([255, 65_535, 2**31 - 1, 2**31, 2**32 - 1])
_KINDS = st.integers(0, 20) | st.integers(0, 65_535)
ANYTHING = st.builds(Raw, _KINDS, _COUNTS, st.binary(max_size=80) | st.binary(max_size=2000))
_OTHER_TYPE = ANYTHING.filter(lambda raw: raw.kind != _ASCII)


def _few_digits(text: bytes) -> bool:
    """Too few for a date or an offset from UTC, which are four at least; `Z` alone is an offset, too."""
    return sum(48 <= byte <= 57 for byte in text) < 4 and text.strip(b"\0 ") != b"Z"


_NOISE = st.one_of(
    st.binary(max_size=80).filter(_few_digits),
    st.text(alphabet="0: -+/naAZ\0\xff", max_size=30).map(lambda text: text.encode("latin-1")).filter(_few_digits),
    st.sampled_from(
        [b"", b"\0", b" " * 20, b"NaN\0", b"-inf\0", b"\xff" * 20, b"9" * 3000, b"\xed\xa0\x80\0", b"%s\0"]
    ),
)


def _utf16(*texts: str) -> st.SearchStrategy[Values]:
    codes = ("utf-16", "utf-16-le", "utf-16-be")
    return st.sampled_from([text.encode(code) for text in texts for code in codes])


@st.composite
def _dates(draw: st.DrawFn) -> bytes:
    """A date and time, one part of which is none: the month 13, the hour 24, a year no camera of today knows."""
    parts = [2026, 11, 3, 8, 40, 58]
    nowhere = [
        st.integers(0, 1999) | st.integers(2027, 9999),
        st.just(0) | st.integers(13, 99),
        st.just(0) | st.integers(31, 99),  # November has 30 days
        st.integers(24, 99),
        st.integers(60, 99),
        st.integers(60, 99),
    ]
    for place in draw(st.sets(st.integers(0, 5), min_size=1)):
        parts[place] = draw(nowhere[place])
    return "{:04}:{:02}:{:02} {:02}:{:02}:{:02}\0".format(*parts).encode()


_TIMES = st.one_of(
    _dates(),
    _NOISE,
    _OTHER_TYPE,
    _utf16("2026:11:03 08:40:58", "2019:11:03 08:40:58"),
    st.sampled_from([b"0000:00:00 00:00:00\0", b"    :  :     :  :  \0", b"2099:09:29 10:10:10\0", b"2026:11:03\0"]),
    st.sampled_from([b"2002:12:08 12:00:00\0", b"1970:01:01 08:00:00\0", b"1980:01:01 00:00:00\0"]),
)
_OFFSETS = st.one_of(
    _NOISE,
    _OTHER_TYPE,
    _utf16("+08:00", "-05:00"),
    st.builds("{}{:02}:{:02}\0".format, st.sampled_from("+-"), st.integers(0, 99), st.integers(60, 99)).map(str.encode),
    st.builds("{}{:02}:{:02}\0".format, st.sampled_from("+-"), st.integers(0, 12), st.integers(1, 14)).map(str.encode),
    st.builds("{}{:02}:00\0".format, st.sampled_from("+-"), st.integers(15, 99)).map(str.encode),
)
_TEXTS = st.one_of(_NOISE, _OTHER_TYPE, _utf16("HUAWEI", "小米", "iPhone 15", "Adobe Photoshop"))


def _names_no_editor(value: Values) -> bool:
    """Noise may spell a name that stands in the code, where hypothesis looks for words: a value, and no garbage."""
    data = value.packed if isinstance(value, Raw) else value
    text = data.decode("gb18030", "replace") if isinstance(data, bytes) else ""
    return editor(ExifFacts(software=text)) is None


def _parts(*most: int) -> st.SearchStrategy[Values]:
    """Degrees (or hours), minutes and seconds of which at least one is none: x/0, beyond its limit, or negative."""
    honest = [(limit // 2, 1) for limit in most]
    wrong = [
        st.one_of(st.just((0, 0)), st.tuples(st.integers(1, 2**32 - 1), st.just(0)), _beyond(limit)) for limit in most
    ]
    picked = st.sets(st.integers(0, 2), min_size=1)
    return picked.flatmap(lambda at: st.tuples(*(wrong[n] if n in at else st.just(honest[n]) for n in range(3))))


def _beyond(limit: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(limit + 1, 2**32 - 1).map(lambda number: (number, 1))


def _floats(kind: int, code: str) -> st.SearchStrategy[Values]:
    """Three IEEE numbers, NaN and infinities first, where the standard has rationals."""
    odd = st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0]) | st.floats(width=32)
    return st.lists(odd, min_size=3, max_size=3).map(lambda three: Raw(kind, 3, struct.pack(f">3{code}", *three)))


_NEGATIVE = st.lists(st.integers(-(2**31), -1), min_size=3, max_size=3).map(
    lambda three: Raw(10, 3, b"".join(struct.pack(">ii", number, 1) for number in three))
)
_NO_RATIONALS = st.one_of(
    ANYTHING.filter(lambda raw: raw.kind not in (5, 10)),
    _floats(11, "f"),
    _floats(12, "d"),
    _NEGATIVE,
    st.sampled_from(
        [b"NaN\0", b"23.02\0", (23, 1, 13), ((0, 1),) * 3, ((0, 0),) * 3, ((23, 1),) * 4, ((23, 1),) * 900]
    ),
)
_CUT_SHORT = st.sampled_from([((23, 1),), ((113, 1),), ((23, 1), (1, 1)), ((113, 1), (45, 1))])


def _refs(*garbage: bytes) -> st.SearchStrategy[Values]:
    return st.one_of(st.sampled_from([b"\0", b"X\0", b"NS\0", b"North\0", b"\xff\0", b"0\0", *garbage]), _OTHER_TYPE)


# Stale by a day, the first day of a count, 1024 and 2048 weeks before, and days that are none.
_GPS_DATES = [b"2026:11:02\0", b"1980:01:06\0", b"1999:08:22\0", b"2019:04:07\0", b"2007:03:20\0", b"1987:08:04\0"]
_GPS_DATES += [b"0000:00:00\0", b"1999:99:99\0", b"2099:11:03\0", b"2026:13:03\0", b"2026:11:31\0", b"1970:01:01\0"]

GARBAGE: dict[int, st.SearchStrategy[Values]] = {
    MAKE: _TEXTS,
    MODEL: _TEXTS,
    SOFTWARE: _TEXTS.filter(_names_no_editor),
    ORIENTATION: ANYTHING | st.sampled_from([(0,), (9,), (65_535,), (6, 1, 1), b"6\0", ((6, 1),), ((0, 0),)]),
    MODIFIED: _TIMES,
    TAKEN: _TIMES,
    DIGITIZED: _TIMES,
    OFFSET: _OFFSETS,
    OFFSET_TAKEN: _OFFSETS,
    SUBSEC: _TEXTS,
    LAT_REF: _refs(b"S\0", b"E\0"),
    LNG_REF: _refs(b"W\0", b"N\0"),
    LAT: _parts(90, 60, 60) | _NO_RATIONALS | _CUT_SHORT,
    LNG: _parts(180, 60, 60) | _NO_RATIONALS | _CUT_SHORT,
    GPS_TIME: _parts(23, 59, 59) | _NO_RATIONALS | _CUT_SHORT,
    GPS_DATE: _NOISE | _OTHER_TYPE | _utf16("2026:11:03", "2019:11:03") | st.sampled_from(_GPS_DATES),
}
