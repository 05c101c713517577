"""Broken copies of a photo file, the same for the same seed: flipped, cut, repeated and spliced bytes.

Half of them are broken where it costs the most to be careless: inside the EXIF block, or at the borders of segments.
"""

import random
import re
import struct

# What begins a segment (JPEG), chunk (PNG, WebP) or box (HEIC); the latter two a little before their names.
_BORDERS = re.compile(
    rb"\xff[\xc0-\xfe]|....(?=IHDR|IDAT|IEND|eXIf|iTXt|PLTE|tRNS)|VP8[ LX]|EXIF|XMP |ALPH"
    rb"|....(?=ftyp|meta|hdlr|pitm|iinf|infe|iloc|iprp|ipco|ipma|ispe|hvcC|irot|colr|iref|idat|mdat)",
    re.DOTALL,
)
_EXIF = re.compile(rb"Exif\0\0|II\*\0|MM\0\*")
_EXIF_BYTES = 1024  # of a block, where its directories and numbers stand
_NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def mutated(data: bytes, donor: bytes, rng: random.Random) -> bytes:
    """`data` after one to eight accidents; some of them put a piece of `donor` in."""
    if not data:
        return donor
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        accident = rng.choice((_flip, _flip, _number, _number, _drop, _repeat, _splice, _cut))
        first, last = _region(broken, rng)
        accident(broken, rng.randint(first, last), donor, rng)
    return bytes(broken)


def _region(data: bytearray, rng: random.Random) -> tuple[int, int]:
    """Where the next accident happens: anywhere, in the headers, or in the EXIF block if there is one."""
    where = rng.random()
    block = _EXIF.search(data) if where < 0.5 else None
    if block:
        return block.start(), min(len(data), block.end() + _EXIF_BYTES)
    return 0, len(data) if where > 0.75 else min(len(data), 2048)


def _flip(data: bytearray, at: int, donor: bytes, rng: random.Random) -> None:
    if at < len(data):
        data[at] ^= 1 << rng.randrange(8)


def _number(data: bytearray, at: int, donor: bytes, rng: random.Random) -> None:
    """A length, a count, an offset or a type becomes one that hurts."""
    code = rng.choice("BHI")
    packed = struct.pack(rng.choice("<>") + code, rng.choice(_NUMBERS) & (1 << 8 * struct.calcsize(code)) - 1)
    data[at : at + len(packed)] = packed


def _drop(data: bytearray, at: int, donor: bytes, rng: random.Random) -> None:
    del data[at : at + rng.choice((1, 2, 4, 12, 64, 1024))]


def _repeat(data: bytearray, at: int, donor: bytes, rng: random.Random) -> None:
    piece = data[at : at + rng.choice((1, 2, 4, 12, 64, 1024))]
    data[at:at] = piece * rng.choice((1, 1, 2, 50))


def _splice(data: bytearray, at: int, donor: bytes, rng: random.Random) -> None:
    """A whole segment of the other file, at a border of this one."""
    theirs, ours = _borders(donor), _borders(data)
    first = rng.choice(theirs)
    last = min((border for border in theirs if border > first), default=len(donor))
    at = rng.choice(ours)
    data[at:at] = donor[first : min(last, first + 65_536)]


def _borders(data: bytes | bytearray) -> list[int]:
    return [found.start() for _, found in zip(range(64), _BORDERS.finditer(data), strict=False)] or [0]


def _cut(data: bytearray, at: int, donor: bytes, rng: random.Random) -> None:
    """The file ends early, one time in three; else it is only its end that is missing."""
    del data[at if rng.random() < 0.3 else -rng.randint(1, 64) :]
