"""What people do to a photo before they send it again, and honest pairs that must not be taken for that."""

import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from server.demo import photos as drawn
from server.photos.decode import Wanted, decode
from tests.photos.made import saved

# Different real pictures of at least 200 px; canon_hdr_NO and canon_hdr_YES are one place 26 s apart.
REAL = (
    *("photos/2024-04-30_G012.JPG", "photos/Apple_iPhone_4.jpg", "photos/FujiFilm_FinePixS1Pro_1_.jpg"),
    *("photos/HMD_Nokia_8.3_5G.jpg", "photos/HMD_Nokia_8.3_5G_hdr.heif", "photos/HTC_Desire.jpg"),
    *("photos/IMG_20180725_163423-tiny.jpg", "photos/IMG_5195.HEIC", "photos/Issue_173_dotnet_.jpg"),
    *("photos/Issue_308.jpg", "photos/Nikon_D5000.jpg", "photos/Sony_DSC-HX5V_2_.jpg", "photos/empty_gps.jpg"),
    *("photos/empty_icc.heic", "photos/xiaomi.heic", "faces/astronaut.png", "faces/chelsea.png"),
    *("faces/grace_hopper.jpg", "pairs/canon_hdr_NO.jpg", "pairs/canon_hdr_YES.jpg", "pairs/img_1771.jpg"),
)
Copy = Callable[[Image.Image], Image.Image]


def as_sent(picture: Image.Image, quality: int = 82) -> bytes:
    """What the app uploads: a JPEG of at most 1280 px."""
    picture = picture.copy()
    picture.thumbnail((1280, 1280))
    return saved(picture, "JPEG", quality=quality)


def real(path: Path, long_px: int = 1280) -> Image.Image:
    """A photo of the shared data as the app would have it, or smaller."""
    return decode(path.read_bytes(), Wanted("RGB", long_px=long_px)).image


def selfie(place: int, visit: int = 0) -> Image.Image:
    """A drawn selfie: the same `place` is the same room; each `visit` another light, pose, shirt and framing."""
    scene, rng = random.Random(place), random.Random(f"{place} {visit}")
    sketch = Image.linear_gradient("L").resize((240, 320)).convert("RGB")
    draw = ImageDraw.Draw(sketch)
    (drawn._skyline if place % 2 else drawn._office)(draw, scene)
    sketch = Image.blend(sketch, drawn._light(scene), 0.3)
    sketch = Image.blend(sketch, drawn._light(rng), 0.08)  # the lamps are the room's, the weather is the day's
    draw = ImageDraw.Draw(sketch)
    drawn._person(draw, rng, 240 * rng.uniform(0.35, 0.65), 320 * rng.uniform(0.44, 0.56), rng.uniform(44, 58))
    big = sketch.resize((1000, 1333), Image.Resampling.BICUBIC).rotate(rng.uniform(-3, 3), Image.Resampling.BILINEAR)
    left, top = 20 + rng.randint(0, 40), 20 + rng.randint(0, 40)
    return drawn._textured(big.crop((left, top, left + 900, top + 1200)), rng, 8)


def posed(place: Image.Image, visit: int) -> Image.Image:
    """A person before a real place: each `visit` another pose, shirt, hair and framing, over the very same pixels.

    Harder than life: a real second visit has other light, parallax and noise behind the person as well.
    """
    rng = random.Random(visit)
    picture = place.resize((960, 1280))
    person = Image.new("RGB", (240, 320))
    x, y, r = 240 * rng.uniform(0.35, 0.65), 320 * rng.uniform(0.5, 0.62), rng.uniform(38, 50)
    drawn._person(ImageDraw.Draw(person), rng, x, y, r)
    outline = person.convert("L").point(lambda grey: 255 if grey else 0).resize(picture.size)
    picture.paste(drawn._textured(person.resize(picture.size, Image.Resampling.BICUBIC), rng, 8), mask=outline)
    shift = [rng.uniform(0, 0.05) for _ in range(4)]
    return cropped(*shift)(picture.rotate(rng.uniform(-2, 2), Image.Resampling.BILINEAR))


def cropped(left: float, top: float, right: float, bottom: float) -> Copy:
    """What each side loses, as a share of width or height."""

    def crop(p: Image.Image) -> Image.Image:
        w, h = p.size
        return p.crop((round(w * left), round(h * top), round(w * (1 - right)), round(h * (1 - bottom))))

    return crop


def _centre(share: float) -> Copy:
    return cropped(share / 2, share / 2, share / 2, share / 2)


def _corner(share: float) -> Copy:
    return cropped(share, 0, 0, share)


def _screenshot(p: Image.Image) -> Image.Image:
    """On a phone's screen of 9:19.5, a status line above and buttons below."""
    width = 1000
    shown = p.resize((width, round(p.height * width / p.width)))
    screen = Image.new("RGB", (width, max(2166, shown.height + 240)), (0, 0, 0))
    screen.paste(shown, (0, (screen.height - shown.height) // 2))
    draw = ImageDraw.Draw(screen)
    draw.text((40, 30), "10:24", fill=(255, 255, 255), font_size=40)
    for x in (150, 480, 810):
        draw.ellipse((x, screen.height - 110, x + 50, screen.height - 60), outline=(255, 255, 255), width=5)
    return screen


def _off_a_screen(p: Image.Image) -> Image.Image:
    """Photographed from a monitor: its pixels' grid, a slant, a bezel, less contrast."""
    shown = p.resize((900, round(p.height * 900 / p.width)))
    pixels = np.array(shown)
    pixels[2::3] = pixels[2::3] * 0.55
    pixels[:, 2::3] = pixels[:, 2::3] * 0.55
    shown = Image.fromarray(pixels)
    w, h = shown.size
    framed = Image.new("RGB", (w + 60, h + 60), (25, 25, 28))
    framed.paste(shown, (30, 30))
    quad = (5, 18, 12, h + 50, w + 52, h + 40, w + 44, 8)
    seen = framed.transform((w, h), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    return ImageEnhance.Contrast(ImageEnhance.Brightness(seen).enhance(1.15)).enhance(0.85)


COPIES: dict[str, Copy] = {
    "recompressed": lambda p: Image.open(BytesIO(saved(p, "JPEG", quality=35))).convert("RGB"),
    "half size": lambda p: p.reduce(2),
    "brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.35),
    "darker": lambda p: ImageEnhance.Brightness(p).enhance(0.55),
    "contrast": lambda p: ImageEnhance.Contrast(p).enhance(1.4),
    "colours": lambda p: ImageEnhance.Color(p).enhance(1.9),
    "blurred": lambda p: p.filter(ImageFilter.GaussianBlur(2)),
    "crop 5 % centre": _centre(0.05),
    "crop 5 % corner": _corner(0.05),
    "crop 10 % centre": _centre(0.10),
    "crop 10 % corner": _corner(0.10),
    "crop 15 % centre": _centre(0.15),
    "crop 15 % corner": _corner(0.15),
    "crop 25 % centre": _centre(0.25),
    "crop 25 % corner": _corner(0.25),
    "crop 10 % below": cropped(0, 0, 0, 0.10),
    "rotated 2": lambda p: p.rotate(2, Image.Resampling.BICUBIC),
    "rotated 2, crop": lambda p: _centre(0.08)(p.rotate(2, Image.Resampling.BICUBIC)),
    "rotated 5": lambda p: p.rotate(5, Image.Resampling.BICUBIC),
    "rotated 5, crop": lambda p: _centre(0.16)(p.rotate(5, Image.Resampling.BICUBIC)),
    "rotated 90": lambda p: p.transpose(Image.Transpose.ROTATE_90),
    "rotated 180": lambda p: p.transpose(Image.Transpose.ROTATE_180),
    "mirrored": lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "mirrored, crop 5 %": lambda p: _centre(0.05)(p.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "mirrored, crop 10 %": lambda p: _centre(0.10)(p.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "screenshot": _screenshot,
    "off a screen": _off_a_screen,
}
