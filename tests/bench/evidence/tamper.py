"""What people do to an old photo before they send it again; how far is drawn each time."""

import random
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from tests.bench.evidence.camera import jpeg, pixels
from tests.bench.evidence.scenes import Pixels
from tests.photos.copies import COPIES

Tamper = Callable[[bytes, random.Random], bytes]  # the original file, and luck


def untouched_or_resaved(data: bytes, luck: random.Random) -> bytes:
    """Out of the album: the very file, or once more through the app's canvas or a chat."""
    return data if luck.random() < 0.5 else jpeg(pixels(data), luck.randint(60, 85))


def cropped(data: bytes, luck: random.Random) -> bytes:
    """A tenth of the width and of the height, off one side or shared between both."""
    picture = pixels(data)
    height, width = picture.shape[:2]
    x, y = (luck.choice((0.0, 0.05, 0.1, luck.uniform(0, 0.1))) for _ in range(2))
    left, top = round(width * x), round(height * y)
    return jpeg(picture[top : top + round(height * 0.9), left : left + round(width * 0.9)], luck.randint(70, 90))


def rotated(data: bytes, luck: random.Random) -> bytes:
    """Turned by some degrees, with its black corners or cut out of them; or by a quarter or half."""
    picture = pixels(data)
    if luck.random() < 0.3:
        way = luck.choice((cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180))
        return jpeg(np.asarray(cv2.rotate(picture, way), np.uint8))
    height, width = picture.shape[:2]
    turn = luck.choice((-1, 1)) * luck.uniform(1.5, 8)
    zoom = 1.0 if luck.random() < 0.5 else 1 + abs(turn) / 35
    plane = cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom)
    return jpeg(np.asarray(cv2.warpAffine(picture, plane, (width, height), flags=cv2.INTER_CUBIC), np.uint8))


def recompressed(data: bytes, luck: random.Random) -> bytes:
    """Smaller and worse, as after a few chats."""
    scale = luck.choice((1.0, 1.0, luck.uniform(0.5, 0.95)))
    small = cv2.resize(pixels(data), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return jpeg(np.asarray(small, np.uint8), luck.randint(20, 65))


def mirrored(data: bytes, luck: random.Random) -> bytes:
    return jpeg(np.asarray(cv2.flip(pixels(data), 1), np.uint8), luck.randint(70, 90))


def recoloured(data: bytes, luck: random.Random) -> bytes:
    """A filter: darker or brighter, more or less contrast, other colours."""
    hsv = cv2.cvtColor(pixels(data), cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[:, :, 0] = (hsv[:, :, 0] + luck.uniform(-12, 12)) % 180
    hsv[:, :, 1] *= luck.uniform(0.3, 1.8)
    bgr = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR).astype(np.float32)
    lit = (bgr - 128) * luck.uniform(0.7, 1.35) + 128 * luck.uniform(0.6, 1.4)
    return jpeg(np.clip(lit, 0, 255).astype(np.uint8), luck.randint(70, 90))


def screenshot(data: bytes, luck: random.Random) -> bytes:
    """Shown on a phone, with its bars, and caught there."""
    return _by_hand("screenshot", data, luck)


def off_a_screen(data: bytes, luck: random.Random) -> bytes:
    """Shown on a monitor and photographed from it."""
    return _by_hand("off a screen", data, luck)


def _by_hand(kind: str, data: bytes, luck: random.Random) -> bytes:
    """A copy of tests/photos/copies.py, sent at the size of the others."""
    copy = COPIES[kind](Image.fromarray(pixels(data)[:, :, ::-1]))
    copy.thumbnail((960, 960))
    sent: Pixels = np.ascontiguousarray(np.asarray(copy.convert("RGB"))[:, :, ::-1])
    return jpeg(sent, luck.randint(70, 88))
