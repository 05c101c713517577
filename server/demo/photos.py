"""Photos for the demo county, tests and benchmarks: scenes drawn by us, a seed each, none like another."""

import random
from collections.abc import Sequence
from datetime import UTC
from io import BytesIO
from typing import Literal

from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

from server.evidence.types import ExifFacts

SMALL = (240, 320)  # what the demo's two months of history use
_SKETCH = (240, 320)  # scenes are drawn at this size and then enlarged
_SKY = Image.linear_gradient("L").resize(_SKETCH)
_SKIN = ((241, 205, 178), (224, 182, 150), (205, 160, 128), (236, 194, 164))
_HAIR = ((28, 24, 22), (52, 38, 30), (70, 66, 64), (96, 64, 42))

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]


def draw_selfie(
    seed: int,
    *,
    size: tuple[int, int] = (960, 1280),
    caption: str | None = None,
    exif: ExifFacts | None = None,
    orientation: int = 1,
    fmt: Literal["JPEG", "PNG", "WEBP"] = "JPEG",
    quality: int = 80,
    target_bytes: int | None = None,
) -> bytes:
    """A selfie at a station as a file: `size` is upright (width, height) in pixels, `caption` is ASCII on the picture.

    `exif` is embedded as a phone would write it. With `orientation` 2..8 the stored pixels are turned so that a reader
    who applies it sees the picture upright. `target_bytes` (JPEG) picks texture and quality that come within 5 % of
    that many bytes if the size allows. 3 ms at 240 x 320, 10 ms at 480 x 640.
    """
    rng = random.Random(seed)
    sketch = _scene(rng)
    if caption:
        ImageDraw.Draw(sketch).text((6, _SKETCH[1] - 16), caption, fill=(250, 250, 250))
    picture = _textured(sketch.resize(size, Image.Resampling.BILINEAR), rng, 40 if target_bytes else 8)
    picture = _stored(picture, orientation)
    metadata = _exif(exif or ExifFacts(), orientation) if exif or orientation > 1 else None
    if target_bytes:
        return _sized(picture, metadata, target_bytes)
    return _encoded(picture, fmt, quality, metadata)


def _scene(rng: random.Random) -> Image.Image:
    """A skyline or an office, and a person before it, at _SKETCH size."""
    width, height = _SKETCH
    picture = Image.merge("RGB", [_SKY.point(_ramp(rng.randint(60, 250), rng.randint(60, 250))) for _ in range(3)])
    draw = ImageDraw.Draw(picture)
    (_skyline if rng.random() < 0.5 else _office)(draw, rng)
    picture.paste(Image.blend(picture, _light(rng), 0.35))
    _person(draw, rng, width * rng.uniform(0.3, 0.7), height * rng.uniform(0.42, 0.58), rng.uniform(42, 62))
    return picture


def _light(rng: random.Random) -> Image.Image:
    """Patches of light and shade as large as a perceptual hash sees, so that no two scenes share one."""
    patches = Image.frombytes("L", (6, 7), rng.randbytes(42))
    return patches.resize(_SKETCH, Image.Resampling.BICUBIC).convert("RGB")


def _ramp(low: int, high: int) -> list[int]:
    """A lookup table that spreads a 0..255 gradient from one value to another."""
    return [low + (high - low) * value // 255 for value in range(256)]


def _colour(rng: random.Random, low: int = 30, high: int = 235) -> Colour:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _skyline(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left = -10
    while left < _SKETCH[0]:
        width, top = rng.randint(24, 60), rng.randint(20, 220)
        wall, window = _colour(rng), _colour(rng, 120, 255)
        draw.rectangle((left, top, left + width, _SKETCH[1]), fill=wall)
        for y in range(top + 6, _SKETCH[1], rng.randint(12, 22)):
            for x in range(left + 4, left + width - 6, 11):
                if rng.random() < 0.6:
                    draw.rectangle((x, y, x + 5, y + 6), fill=window)
        left += width + rng.randint(0, 6)


def _office(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    floor = rng.randint(210, 280)
    draw.rectangle((0, floor, *_SKETCH), fill=_colour(rng))
    for _ in range(rng.randint(5, 9)):  # shelves, pictures, a window, a banner
        left, top = rng.randint(-20, 210), rng.randint(-10, 230)
        box = (left, top, left + rng.randint(30, 110), top + rng.randint(20, 110))
        draw.rectangle(box, fill=_colour(rng), outline=_colour(rng, 0, 120), width=rng.randint(1, 4))
        for y in range(top + 8, box[3] - 4, 14):
            draw.line((left + 4, y, box[2] - 4, y), fill=_colour(rng), width=rng.randint(1, 5))


def _person(draw: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, r: float) -> None:
    """Head of half width `r` centred at (x, y), hair, a face, and shoulders in a shirt."""
    skin, hair, shirt = rng.choice(_SKIN), rng.choice(_HAIR), _colour(rng)
    draw.ellipse((x - 2.1 * r, y + 1.25 * r, x + 2.1 * r, y + 6 * r), fill=shirt)
    draw.rectangle((x - 0.4 * r, y + 0.8 * r, x + 0.4 * r, y + 1.6 * r), fill=skin)
    lift = rng.uniform(0.05, 0.4) * r
    draw.ellipse((x - 1.1 * r, y - 1.3 * r - lift, x + 1.1 * r, y + rng.uniform(0, 1.3) * r), fill=hair)
    draw.ellipse((x - 0.92 * r, y - 1.05 * r, x + 0.92 * r, y + 1.25 * r), fill=skin)
    for side in (-1, 1):
        eye = x + side * 0.38 * r
        draw.ellipse((eye - 0.11 * r, y - 0.2 * r, eye + 0.11 * r, y - 0.02 * r), fill=(30, 24, 22))
        draw.line((eye - 0.22 * r, y - 0.36 * r, eye + 0.22 * r, y - 0.36 * r), fill=hair, width=3)
    smile: Box = (x - 0.4 * r, y + 0.3 * r, x + 0.4 * r, y + 0.8 * r)
    draw.arc(smile, 20, 160, fill=(150, 60, 60), width=3)
    draw.line((x - 0.5 * r, y + 1.5 * r, x, y + 2.2 * r, x + 0.5 * r, y + 1.5 * r), fill=_colour(rng), width=4)


def _textured(picture: Image.Image, rng: random.Random, percent: int) -> Image.Image:
    """Sensor noise, so that a file has a photo's weight; the same for the same seed."""
    noise = Image.frombytes("L", picture.size, rng.randbytes(picture.width * picture.height))
    return Image.blend(picture, noise.convert("RGB"), percent / 100 / 2)


def _stored(picture: Image.Image, orientation: int) -> Image.Image:
    """The pixels as a camera held at `orientation` stores them: the inverse of what a reader will apply."""
    turns: dict[int, Image.Transpose] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture.transpose(turns[orientation]) if orientation in turns else picture


def _encoded(picture: Image.Image, fmt: str, quality: int, metadata: bytes | None) -> bytes:
    out = BytesIO()
    extra = {"exif": metadata} if metadata else {}
    picture.save(out, fmt, quality=quality, **extra)
    return out.getvalue()


def _sized(picture: Image.Image, metadata: bytes | None, target_bytes: int) -> bytes:
    """The JPEG nearest to `target_bytes`, by bisection over quality."""
    low, high, best = 5, 95, b""
    while low <= high:
        quality = (low + high) // 2
        made = _encoded(picture, "JPEG", quality, metadata)
        if not best or abs(len(made) - target_bytes) < abs(len(best) - target_bytes):
            best = made
        low, high = (quality + 1, high) if len(made) < target_bytes else (low, quality - 1)
    return best


def _exif(facts: ExifFacts, orientation: int) -> bytes:
    """An EXIF block as phones write it (Exif 2.32): camera in IFD0, times in the Exif IFD, position in the GPS IFD."""
    exif = Image.Exif()
    for tag, text in ((0x010F, facts.make), (0x0110, facts.model), (0x0131, facts.software)):
        if text:
            exif[tag] = text
    exif[0x0112] = orientation
    camera, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    if facts.taken_local:
        camera[0x9003] = f"{facts.taken_local:%Y:%m:%d %H:%M:%S}"
    if facts.utc_offset_s is not None:
        hours, minutes = divmod(abs(facts.utc_offset_s) // 60, 60)
        camera[0x9011] = f"{'-' if facts.utc_offset_s < 0 else '+'}{hours:02}:{minutes:02}"
    if facts.lat is not None and facts.lng is not None:
        gps |= {
            1: "N" if facts.lat >= 0 else "S",
            2: _dms(facts.lat),
            3: "E" if facts.lng >= 0 else "W",
            4: _dms(facts.lng),
        }
    if facts.gps_at:
        at = facts.gps_at.astimezone(UTC)
        gps |= {7: (IFDRational(at.hour), IFDRational(at.minute), IFDRational(at.second)), 0x1D: f"{at:%Y:%m:%d}"}
    return exif.tobytes()


def _dms(degrees: float) -> Sequence[IFDRational]:
    """Degrees, minutes, seconds; seconds to 1/10 000, which is 3 mm on the ground."""
    ten_thousandths = round(abs(degrees) * 36_000_000)
    whole, rest = divmod(ten_thousandths, 36_000_000)
    minutes, seconds = divmod(rest, 600_000)
    return IFDRational(whole), IFDRational(minutes), IFDRational(seconds, 10_000)
