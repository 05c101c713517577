"""Bytes to an upright Pillow image, within 300 MB and 2 s of CPU whatever the bytes are."""

import json
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from server.evidence.types import ExifFacts
from server.photos import container, exif, heic_child
from server.photos.container import Container
from server.photos.refusal import PhotoUnreadable

MAX_HEIC_SHOWN_PIXELS = 13_000_000  # what a HEIC is shrunk to at least, so that its RGB copies fit the memory limit
MAX_FULL_PIXELS = 26_000_000  # a larger JPEG is never decoded at full scale, whatever is asked
_HEIC_WALL_S = 20.0  # the child limits its CPU itself; this is for a machine that gives it none

# What Pillow's JPEG, PNG and WebP readers were seen to raise on broken bytes. They read only from memory.
_PILLOW_RAISES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upright image and what its file says. Width and height are of the full picture, upright, in pixels."""

    image: Image.Image
    format: str  # JPEG | PNG | WEBP | HEIC
    width: int
    height: int
    orientation: int  # as the file had it, 1..8
    exif: ExifFacts


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much picture is needed, so that no more is decoded. Exactly one of the two is set, in pixels.

    short_px: the shorter side comes out at least this long, if the photo has it; for facts.
    long_px: the longer side comes out at most this long; for showing.
    """

    mode: Literal["L", "RGB"]
    short_px: int = 0
    long_px: int = 0

    def factor(self, width: int, height: int) -> int:
        """The whole number by which the picture may be divided before it gets smaller than wanted."""
        fits = min(width, height) // self.short_px if self.short_px else max(width, height) // self.long_px
        return max(fits, 1)


def decode(data: bytes, wanted: Wanted) -> Decoded:
    """Decode to about the size wanted; formats that can decode at a fraction do so.

    A file that ends before its pixels do is refused, not filled with grey: a photo is what a person must be able to
    look at. Raises PhotoUnreadable.
    """
    found = container.walk(data)
    if found.format == "HEIC":
        return _decode_heic(found, wanted)
    try:
        image = _open(found, wanted)
        facts, orientation = exif.read(found.exif)
        orientation = orientation or found.xmp_orientation
        image = _turned(_limited(image, wanted), orientation)
    except _PILLOW_RAISES as cause:
        code = "photo_truncated" if "truncated" in str(cause) else "photo_unreadable"
        raise PhotoUnreadable(code) from cause
    size = (found.height, found.width) if orientation >= 5 else (found.width, found.height)
    return Decoded(image.convert(wanted.mode), found.format, *size, orientation, facts)


def _open(found: Container, wanted: Wanted) -> Image.Image:
    """A loaded image from the reader of exactly this format: nothing is guessed, no global setting is consulted."""
    source = BytesIO(found.pixels)
    image: Image.Image
    factor = wanted.factor(found.width, found.height)
    if found.format == "JPEG":
        image = JpegImagePlugin.JpegImageFile(source)
        factor = max(factor, 2 if found.width * found.height > MAX_FULL_PIXELS else 1)
        # 1/2, 1/4, 1/8 scale inside libjpeg, the next above what is wanted; grey needs no chroma
        image.draft(wanted.mode, (max(found.width // factor, 1), max(found.height // factor, 1)))
        factor = 1
    elif found.format == "PNG":
        image = PngImagePlugin.PngImageFile(source)
    else:
        image = WebPImagePlugin.WebPImageFile(source)
    if image.mode.startswith(("I", "F")):  # 16-bit and float grey: scans and depth maps, no phone's photo
        raise PhotoUnreadable("photo_format_unsupported")
    image.load()
    if found.format == "JPEG" and _cut_off(image):
        raise PhotoUnreadable("photo_truncated")
    if image.mode in ("1", "P", "PA"):
        image = image.convert("RGB")  # before shrinking, which has no meaning for palette indexes
    return image.reduce(factor) if factor > 1 else image


def _cut_off(image: Image.Image) -> bool:
    """Whether the lowest eighth of a JPEG is what libjpeg paints where coded data is missing: exactly grey 128.

    libjpeg only warns, and Pillow passes no warning on, when somebody closed half a file with a proper end marker. A
    picture that is this grey all over is let through: that one lacks contrast, which is for a signal to say.
    """
    width, height = image.size
    grey = [(128, 128)] * len(image.getbands())
    if (
        image.mode not in ("L", "RGB")
        or height < 8
        or _extrema(image.crop((0, height * 7 // 8, width, height))) != grey
    ):
        return False
    return _extrema(image) != grey


def _extrema(image: Image.Image) -> list[tuple[int, int]]:
    """(least, greatest) value of each band."""
    return [band.getextrema() for band in image.split()]  # type: ignore[misc]


def _limited(image: Image.Image, wanted: Wanted) -> Image.Image:
    if wanted.long_px and max(image.size) > wanted.long_px:
        image.thumbnail((wanted.long_px, wanted.long_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _decode_heic(found: Container, wanted: Wanted) -> Decoded:
    """Through the child process. libheif has applied the rotation already; the EXIF tag only repeats it."""
    numbers = (
        wanted.short_px,
        wanted.long_px,
        container.MAX_HEIC_PIXELS,
        MAX_HEIC_SHOWN_PIXELS,
        container.MAX_EXIF_BYTES,
    )
    try:
        child = subprocess.run(
            [sys.executable, "-I", heic_child.__file__, wanted.mode, *map(str, numbers)],
            input=found.pixels,
            capture_output=True,
            timeout=_HEIC_WALL_S,
            env={"MALLOC_ARENA_MAX": "1"},  # and none of the server's secrets
            check=True,
        )
    except subprocess.TimeoutExpired as cause:
        raise PhotoUnreadable from cause
    except subprocess.CalledProcessError as cause:
        too_many = cause.returncode == heic_child.TOO_MANY_PIXELS
        raise PhotoUnreadable("photo_too_many_pixels" if too_many else "photo_unreadable") from cause
    line, _, rest = child.stdout.partition(b"\n")
    head = json.loads(line)
    image = Image.frombytes(wanted.mode, tuple(head["size"]), memoryview(rest)[head["exif_bytes"] :])
    facts, orientation = exif.read(container.tiff(rest[: head["exif_bytes"]]))
    return Decoded(_limited(image, wanted), "HEIC", head["width"], head["height"], orientation or 1, facts)
