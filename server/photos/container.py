"""What a file says about itself, walked by us before any decoder sees it: format, size in pixels, EXIF and XMP blocks.

Decoders are fed `pixels` only, a copy without metadata segments: Pillow's own metadata parsing can be made to take
minutes and gigabytes by a hostile file of a few hundred kilobytes. Every loop here is bounded by the file's length or
by a constant, and no number found in a file is believed before it is checked.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from server.photos.refusal import PhotoUnreadable

MAX_BYTES = 10 * 1024 * 1024  # the limit for an upload
MAX_EXIF_BYTES = 256 * 1024  # a Xiaomi HEIC carries 188 KB; what stands behind the cut is maker's notes

# Pixel caps, from memory measured at decoding (limit 300 MB): a JPEG takes 4 bytes a pixel at full size, and 6 to 8
# more when all its coefficients must be held (progressive, or one scan a component); a PNG 8 with its copy for
# shrinking, a WebP 15, a HEIC 7.4.
MAX_JPEG_PIXELS = 52_000_000
MAX_BUFFERED_JPEG_PIXELS = 20_000_000
MAX_PNG_PIXELS = 16_000_000
MAX_WEBP_PIXELS = 13_000_000
MAX_HEIC_PIXELS = 25_000_000

_JPEG_FRAMES_REFUSED = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")  # markers that open a segment, and the end of the image
_MAX_JPEG_TABLE_BYTES = 64 * 1024  # quantisation and Huffman tables before the first scan; real ones take about 1 KB
_MAX_JPEG_SEGMENTS = 4096
_MAX_JPEG_SCANS = 40  # each scan of a buffered JPEG is a pass over the image (10 ms at 20 Mpx); encoders write 10
_MAX_CHUNKS = 65_536
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_XMP_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_PNG = b"XML:com.adobe.xmp\0"
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])[\"'<]")


@dataclass(frozen=True, slots=True)
class Container:
    """A walked file. `pixels` are bytes for a decoder; width and height are as stored, before orientation.

    HEIC is walked by its own child process (heic_child.py): here its size is 0 x 0 and its blocks are empty.
    """

    format: str  # JPEG | PNG | WEBP | HEIC
    pixels: bytes
    width: int = 0
    height: int = 0
    exif: bytes = b""  # a TIFF block, at most MAX_EXIF_BYTES
    xmp_orientation: int = 1  # what XMP says; counts only where EXIF says nothing


def walk(data: bytes) -> Container:
    """Recognise by magic bytes, never by name, and walk the file's outer structure. Raises PhotoUnreadable."""
    if len(data) > MAX_BYTES:
        raise PhotoUnreadable("photo_too_large", limit_bytes=MAX_BYTES)
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _walk_jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _walk_png(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _walk_webp(data)
    except (struct.error, IndexError) as cause:  # a header that ends early
        raise PhotoUnreadable("photo_truncated") from cause
    if _is_heic(data):
        return Container("HEIC", data)
    raise PhotoUnreadable("photo_format_unsupported" if data else "photo_unreadable")


def check_pixels(width: int, height: int, limit: int) -> None:
    """Refuse an empty image or one of more than `limit` pixels."""
    if width <= 0 or height <= 0:
        raise PhotoUnreadable
    if width * height > limit:
        raise PhotoUnreadable("photo_too_many_pixels", width=width, height=height, limit_pixels=limit)


def _is_heic(data: bytes) -> bool:
    """ISO 14496-12 ftyp box: a HEVC-coded HEIF brand; `mif1` alone is also AVIF's, so AVIF's own brands exclude."""
    if data[4:8] != b"ftyp":
        return False
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[i : i + 4] for i in range(16, size, 4))}
    return bool(brands & _HEIC_BRANDS) and not brands & {b"avif", b"avis"}


def tiff(block: bytes) -> bytes:
    """The TIFF structure of an EXIF block, or nothing if it is none."""
    block = block.removeprefix(b"Exif\0\0")[:MAX_EXIF_BYTES]
    return block if block[:4] in (b"II*\0", b"MM\0*") else b""


def _orientation_in(xmp: bytes) -> int:
    found = _XMP_ORIENTATION.search(xmp)
    return int(found[1]) if found else 1


def _walk_jpeg(data: bytes) -> Container:
    """ITU-T T.81 annex B, up to the first scan. Kept: tables, frame, JFIF and Adobe markers; no metadata."""
    kept, exif, xmp, frame, progressive = [b"\xff\xd8"], b"", b"", b"", False
    for marker, start, end in _jpeg_segments(data):
        body = data[start + 2 : end]
        if marker == 0xDA:
            width, height = _check_jpeg_frame(frame, progressive, data, start)
            pixels = b"".join((*kept, memoryview(data)[start - 2 :]))
            return Container("JPEG", pixels, width, height, exif, _orientation_in(xmp))
        if marker in (0xC0, 0xC1, 0xC2):
            if frame:
                raise PhotoUnreadable
            frame, progressive = body, marker == 0xC2
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            exif = exif or tiff(body)
        elif marker == 0xE1 and body.startswith(_XMP_JPEG):
            xmp = body
        if marker < 0xE0 or marker in (0xE0, 0xEE):
            kept += (bytes((0xFF, marker)), data[start:end])
    raise PhotoUnreadable


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, offset of its length field, offset behind it), at most _MAX_JPEG_SEGMENTS of them.

    Bytes between segments are skipped, as libjpeg does: some editors' XMP is longer than it says (Issue_308.jpg).
    Lossless, hierarchical and arithmetic frames are refused: no phone writes them and some decode many times slower.
    """
    position, table_bytes = 2, 0
    for _ in range(_MAX_JPEG_SEGMENTS):
        found = _JPEG_MARKER.search(data, position)
        if not found:
            raise PhotoUnreadable("photo_truncated")
        marker, start = data[found.end() - 1], found.end()
        if marker in _JPEG_FRAMES_REFUSED:
            raise PhotoUnreadable("photo_format_unsupported")
        if marker == 0xD9:  # the end of the image before any scan
            raise PhotoUnreadable
        position = start + struct.unpack_from(">H", data, start)[0]
        table_bytes += position - start if marker < 0xE0 else 0
        if position > len(data):
            raise PhotoUnreadable("photo_truncated")
        if table_bytes > _MAX_JPEG_TABLE_BYTES:
            raise PhotoUnreadable
        yield marker, start, position


def _check_jpeg_frame(frame: bytes, progressive: bool, data: bytes, scan: int) -> tuple[int, int]:
    """(width, height) of a frame that is safe to decode; `scan` is the offset of the first scan's length field."""
    if not frame:
        raise PhotoUnreadable
    height, width, components = struct.unpack_from(">HHB", frame, 1)
    buffered = progressive or data[scan + 2] < components
    check_pixels(width, height, MAX_BUFFERED_JPEG_PIXELS if buffered else MAX_JPEG_PIXELS)
    if buffered and data.count(b"\xff\xda", scan) > _MAX_JPEG_SCANS:
        raise PhotoUnreadable
    return width, height


def _walk_png(data: bytes) -> Container:
    """PNG (ISO/IEC 15948): chunks up to IEND. Only what makes the pixels is kept: no text, no profile, no APNG."""
    kept: list[bytes | memoryview] = [data[:8]]
    exif, xmp, position, view = b"", b"", 8, memoryview(data)
    width, height = struct.unpack_from(">II", data, 16)
    check_pixels(width, height, MAX_PNG_PIXELS)
    for _ in range(_MAX_CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise PhotoUnreadable("photo_truncated")
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(view[position:end])
        elif kind == b"eXIf":
            exif = exif or tiff(data[position + 8 : end - 4])
        elif kind == b"iTXt" and data.startswith(_XMP_PNG, position + 8):
            xmp = data[position + 8 : end - 4]
        if kind == b"IEND":
            return Container("PNG", b"".join(kept), width, height, exif, _orientation_in(xmp))
        position = end
    raise PhotoUnreadable


def _walk_webp(data: bytes) -> Container:
    """RIFF chunks of a WebP (RFC 9649). libwebp bounds its own parsing, so it gets the file as it is."""
    width, height = _webp_size(data)
    check_pixels(width, height, MAX_WEBP_PIXELS)
    exif, xmp, position = b"", b"", 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return Container("WEBP", data, width, height, exif, _orientation_in(xmp))
        kind, length = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + length] if kind in (b"EXIF", b"XMP ") else b""
        exif = exif or (tiff(body) if kind == b"EXIF" else b"")
        xmp = body if kind == b"XMP " else xmp
        position += 8 + length + (length & 1)
    raise PhotoUnreadable


def _webp_size(data: bytes) -> tuple[int, int]:
    """(width, height) from the first chunk; an animation is no photo."""
    first = data[12:16]
    if first == b"VP8X":
        if data[20] & 0x02:
            raise PhotoUnreadable("photo_format_unsupported")
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if first == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if first == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise PhotoUnreadable
