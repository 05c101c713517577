"""Photos and EXIF blocks made for tests: honest ones that carry exact facts, broken ones, and bombs."""

import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from server.demo.photos import draw_selfie
from server.evidence.types import ExifFacts

HUZHOU = ExifFacts(
    taken_local=datetime(2026, 11, 3, 9, 1, 2),  # noqa: DTZ001
    utc_offset_s=8 * 3600,
    gps_at=datetime(2026, 11, 3, 1, 1, tzinfo=UTC),
    lat=30.62765,
    lng=119.73876,
    make="Xiaomi",
    model="M2012K11AG",
)

# draw_selfie(7, size=(240, 320), exif=HUZHOU) written once by pillow-heif 1.8.1 (x265), which is no dependency of ours:
# nothing installed here can encode HEVC.
DRAWN_HEIC = Path(__file__).with_name("drawn.heic")


class Raw(NamedTuple):
    """An EXIF entry exactly as given, whatever its type and count promise."""

    kind: int
    number: int
    packed: bytes


Values = bytes | tuple[int, ...] | tuple[tuple[int, int], ...] | Raw


def tiff_block(
    ifd0: Mapping[int, Values], exif: Mapping[int, Values] | None = None, gps: Mapping[int, Values] | None = None
) -> bytes:
    """A big-endian EXIF block: bytes become ASCII, integers SHORT, pairs RATIONAL, a Raw stays what it is."""
    sizes = [2 + 12 * (len(ifd or {}) + 2) + 4 for ifd in (ifd0, exif, gps)]
    starts = [8, 8 + sizes[0], 8 + sizes[0] + sizes[1]]
    tail_at, tail = 8 + sum(sizes), b""

    def entry(tag: int, values: Values) -> bytes:
        nonlocal tail
        if isinstance(values, Raw):
            kind, count, packed = values
        elif isinstance(values, bytes):
            kind, count, packed = 2, len(values), values
        elif isinstance(values[0], tuple):
            kind, count = 5, len(values)
            packed = b"".join(struct.pack(">II", *pair) for pair in values)
        else:
            kind, count, packed = 3, len(values), struct.pack(f">{len(values)}H", *values)
        if len(packed) > 4:
            packed, tail = struct.pack(">I", tail_at + len(tail)), tail + packed
        return struct.pack(">HHI", tag, kind, count) + packed.ljust(4, b"\0")

    pointers = [struct.pack(">HHII", tag, 4, 1, at) for tag, at in ((0x8769, starts[1]), (0x8825, starts[2]))]
    blocks = []
    for ifd, extra, size in zip((ifd0, exif or {}, gps or {}), (pointers, [], []), sizes, strict=True):
        entries = [entry(tag, values) for tag, values in sorted(ifd.items())] + extra
        blocks.append((struct.pack(">H", len(entries)) + b"".join(entries)).ljust(size, b"\0"))
    return b"MM\0*" + struct.pack(">I", 8) + b"".join(blocks) + tail


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """The JPEG with one more segment right behind its start."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def flat_png(width: int, height: int) -> bytes:
    """A PNG of one colour and a few kilobytes, whatever its size in pixels."""
    packer = zlib.compressobj(1)
    row = b"\4" + b"\1" * (width * 4)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def saved(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def _resized_frame(jpeg: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame header claims another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def _many_scans(count: int) -> bytes:
    """Progressive, 20 Mpx, the last scan repeated: each costs the decoder a pass over the image."""
    jpeg = saved(Image.new("RGB", (5000, 4000), (90, 130, 70)), "JPEG", progressive=True)
    head, *scans = jpeg[:-2].split(b"\xff\xda")
    scans += scans[-1:] * (count - len(scans))
    return b"\xff\xda".join((head, *scans)) + b"\xff\xd9"


def _exif_of_overlapping_directories() -> bytes:
    """5 400 entries, each of 999 rationals at the same place: 10 million reads for a naive parser."""
    entries = b"".join(struct.pack(">HHII", 0x8000 + n, 5, 999, 8) for n in range(5400))
    return b"MM\0*" + struct.pack(">IH", 8, 5400) + entries


def _resized_heic(width: int, height: int) -> bytes:
    """A HEIC whose image size property claims another size than its coded picture has."""
    heic = DRAWN_HEIC.read_bytes()
    at = heic.index(b"ispe") + 8
    return heic[:at] + struct.pack(">II", width, height) + heic[at + 8 :]


def _selfie() -> bytes:
    return draw_selfie(5, size=(240, 320))


# Files of at most 10 MB that ask for gigabytes or minutes, or pretend to.
BOMBS: dict[str, Callable[[], bytes]] = {
    "jpeg_claims_4_gigapixels": lambda: _resized_frame(_selfie(), 65500, 65500),
    "jpeg_claims_50_megapixels": lambda: _resized_frame(_selfie(), 8000, 6250),
    "jpeg_40_scans": lambda: _many_scans(40),
    "jpeg_1000_scans": lambda: _many_scans(1000),
    "jpeg_a_million_segments": lambda: b"\xff\xd8\xff\xe0\0\4ab" + b"\xff\xe1\0\x09Exif\0\0x" * 900_000,
    "jpeg_all_fill_bytes": lambda: b"\xff\xd8\xff\xe0\0\4ab" + b"\xff\0" * 5_000_000,
    "jpeg_150_table_segments": lambda: b"\xff\xd8" + with_segment(b"\xff\xd8", 0xDB, b"\0" * 65_000)[2:] * 150,
    "jpeg_hostile_exif": lambda: with_segment(_selfie(), 0xE1, b"Exif\0\0" + _exif_of_overlapping_directories()),
    "png_claims_10_gigapixels": lambda: flat_png(2, 2).replace(
        struct.pack(">II", 2, 2), struct.pack(">II", 10**5, 10**5)
    ),
    "png_16_megapixels": lambda: flat_png(4000, 4000),
    "png_a_million_chunks": lambda: (p := flat_png(8, 8))[:33] + png_chunk(b"tEXt", b"") * 800_000 + p[33:],
    "png_64_megabytes_of_text": lambda: (
        (p := flat_png(8, 8))[:33] + png_chunk(b"zTXt", b"k\0\0" + zlib.compress(b"x" * 1_000_000)) * 64 + p[33:]
    ),
    "webp_13_megapixels": lambda: saved(Image.new("RGB", (4000, 3240)), "WEBP", method=0),
    "webp_claims_268_megapixels": lambda: b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0" + b"\0" * 4 + b"\xfe\x3f\0" * 2,
    "webp_a_million_chunks": lambda: saved(Image.new("RGB", (8, 8)), "WEBP") + b"JUNK\0\0\0\0" * 1_000_000,
    "heic_claims_3_gigapixels": lambda: _resized_heic(60_000, 50_000),
    "heic_claims_20_megapixels": lambda: _resized_heic(5000, 4000),
    "heic_garbage": lambda: DRAWN_HEIC.read_bytes()[:400] + bytes(range(256)) * 40_000,
}
