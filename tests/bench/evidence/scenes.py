"""Rooms, and selfies taken in them: what changes between two mornings is the hand, the light, the pose, the noise."""

import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.photos.copies import real

Pixels = NDArray[np.uint8]  # (height, width, 3), BGR
Colour = tuple[int, int, int]

WIDTH, HEIGHT = 600, 800  # what a selfie is taken at, upright; a phone's 1280 px would only cost more
_WIDE, _TALL = 720, 960  # a room is drawn larger, so that a hand may move
_SKIN = ((178, 205, 241), (150, 182, 224), (128, 160, 205), (164, 194, 236))
_HAIR = ((22, 24, 28), (30, 38, 52), (64, 66, 70), (42, 64, 96))


@dataclass(frozen=True, slots=True)
class Room:
    """Two layers of one place: `wall`, and `things` before it where `mask` is 255. The nearer moves more."""

    wall: Pixels
    things: Pixels
    mask: NDArray[np.uint8]  # (height, width)


@dataclass(frozen=True, slots=True)
class Looks:
    """A person as a camera sees them on one day: colours are BGR, `pattern` is the shirt's."""

    skin: Colour
    hair: Colour
    fringe: float  # how far the hair comes down, in head widths
    shirt: Colour
    pattern: int


@dataclass(frozen=True, slots=True)
class Hold:
    """How a camera is held: standard deviations of its shift (of the width), turn (degrees) and zoom."""

    shift: float
    turn: float
    zoom: float


HAND = Hold(0.03, 2.5, 0.05)  # an arm's length, a little differently each time
STAND = Hold(0.006, 0.4, 0.008)  # leaning against the screen on the desk


def looks(person: int, shirt: object) -> Looks:
    """The person's own face and hair; the shirt is that of `shirt`, usually a date."""
    face, dress = random.Random(person), random.Random(f"{person} {shirt}")
    return Looks(face.choice(_SKIN), face.choice(_HAIR), face.uniform(0.1, 0.9), _colour(dress), dress.randrange(4))


def drawn_room(seed: str) -> Room:
    """An office, a hall or a street front: texture, rectangles that are windows and posters, furniture in front."""
    luck, grain = random.Random(seed), np.random.default_rng(random.Random(seed).getrandbits(32))
    rough = grain.integers(-28, 28, (_TALL // 40, _WIDE // 40, 3)).astype(np.float32)
    fine = grain.integers(-10, 10, (_TALL // 3, _WIDE // 3, 1)).astype(np.float32)
    wall = np.full((_TALL, _WIDE, 3), _colour(luck, 70, 220), np.float32)
    wall += cv2.resize(rough, (_WIDE, _TALL), interpolation=cv2.INTER_CUBIC)
    wall += cv2.resize(fine, (_WIDE, _TALL))[:, :, None]
    painted = np.clip(wall, 0, 255).astype(np.uint8)
    for _ in range(luck.randint(4, 12)):
        _panel(painted, luck, luck.randint(-60, _WIDE - 60), luck.randint(-60, _TALL - 200))
    things, mask = np.zeros_like(painted), np.zeros((_TALL, _WIDE), np.uint8)
    for _ in range(luck.randint(2, 6)):
        _furniture(things, mask, luck)
    return Room(painted, things, mask)


def photographed_room(path: Path) -> Room:
    """A real photo as the place behind a person; one layer, for nobody knows what stood before what."""
    data = np.ascontiguousarray(np.asarray(real(path).convert("RGB"))[:, :, ::-1])
    height, width = data.shape[:2]
    if width > height * 0.75:  # cut to upright 3:4, in the middle
        left = round(width - height * 0.75) // 2
        data = data[:, left : left + round(height * 0.75)]
    else:
        top = round(height - width / 0.75) // 2
        data = data[top : top + round(width / 0.75)]
    wall = np.asarray(cv2.resize(data, (_WIDE, _TALL), interpolation=cv2.INTER_AREA), np.uint8)
    return Room(wall, np.zeros_like(wall), np.zeros((_TALL, _WIDE), np.uint8))


def selfie(room: Room, people: list[Looks], luck: random.Random, hold: Hold = HAND) -> Pixels:
    """One picture of `people` in `room`, WIDTH x HEIGHT: another pose, light and framing each time it is asked for."""
    view = _view(luck, hold)
    nearer = _view_moved(view, luck.gauss(0, hold.shift * 15), luck.gauss(0, hold.shift * 8))
    wall = cv2.warpPerspective(room.wall, view, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    picture: Pixels = np.asarray(wall, np.uint8)
    things = cv2.warpPerspective(room.things, nearer, (WIDTH, HEIGHT))
    mask = cv2.warpPerspective(room.mask, nearer, (WIDTH, HEIGHT))
    cv2.copyTo(things, mask, picture)
    for number, who in enumerate(people):
        centre = WIDTH * ((number + 1) / (len(people) + 1) + luck.gauss(0, 0.05))
        size = WIDTH * luck.uniform(0.13, 0.19) / (1 if len(people) == 1 else 1.3)
        _person(picture, who, luck, centre, HEIGHT * luck.uniform(0.44, 0.58), size)
    return _exposed(picture, luck)


def scene(room: Room, luck: random.Random) -> Pixels:
    """The place with nobody in it."""
    return selfie(room, [], luck)


def _view(luck: random.Random, hold: Hold) -> NDArray[np.float64]:
    """What takes the room's pixels to the picture's: turned, zoomed, shifted and a little slanted."""
    turn, zoom = luck.gauss(0, hold.turn), 1 + luck.gauss(0, hold.zoom)
    flat = cv2.getRotationMatrix2D((_WIDE / 2, _TALL / 2), turn, zoom)
    flat[0, 2] += (WIDTH - _WIDE) / 2 + luck.gauss(0, hold.shift * WIDTH)
    flat[1, 2] += (HEIGHT - _TALL) / 2 + luck.gauss(0, hold.shift * WIDTH)
    slant = hold.turn * 1e-5
    return np.vstack([flat, [luck.gauss(0, slant), luck.gauss(0, slant), 1]]).astype(np.float64)


def _view_moved(view: NDArray[np.float64], dx: float, dy: float) -> NDArray[np.float64]:
    return np.asarray(np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]]) @ view, np.float64)


def _exposed(picture: Pixels, luck: random.Random) -> Pixels:
    """The hour's light from one side, the camera's gain and white balance, now and then a shaken hand, and noise."""
    slope = np.array([[luck.uniform(0.75, 1.25) for _ in range(3)] for _ in range(4)], np.float32)
    light = cv2.resize(slope, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_CUBIC)[:, :, None]
    cast = np.array([luck.gauss(1, 0.03) for _ in range(3)], np.float32) * luck.uniform(0.85, 1.15)
    field = cv2.resize(light * cast, (WIDTH, HEIGHT))
    lit = cv2.multiply(picture, field, dtype=cv2.CV_8U)
    if luck.random() < 0.15:
        lit = cv2.GaussianBlur(lit, (0, 0), luck.uniform(0.6, 1.6))
    top, left = luck.randrange(64), luck.randrange(64)
    noise = _NOISE[luck.randrange(len(_NOISE))][top : top + HEIGHT, left : left + WIDTH]
    return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U), np.uint8)


_NOISE = [np.random.default_rng(seed).normal(0, 4, (HEIGHT + 64, WIDTH + 64, 3)).astype(np.int16) for seed in range(4)]


def _colour(luck: random.Random, low: int = 25, high: int = 240) -> Colour:
    return luck.randint(low, high), luck.randint(low, high), luck.randint(low, high)


def _panel(wall: Pixels, luck: random.Random, left: int, top: int) -> None:
    """A window, a poster or a notice with lines of writing."""
    right, bottom = left + luck.randint(70, 300), top + luck.randint(60, 300)
    cv2.rectangle(wall, (left, top), (right, bottom), _colour(luck), -1)
    cv2.rectangle(wall, (left, top), (right, bottom), _colour(luck, 0, 120), luck.randint(2, 8))
    if luck.random() < 0.4:
        for x in range(left + 30, right - 10, luck.randint(30, 90)):
            cv2.line(wall, (x, top), (x, bottom), _colour(luck, 0, 120), luck.randint(1, 5))
    ink, step = _colour(luck, 0, 255), luck.randint(16, 34)
    for y in range(top + 24, bottom - 8, step):
        words = "".join(luck.choice("ABCDEFHKLMNPRTUXYZ0123456789 ") for _ in range((right - left) // 14))
        cv2.putText(wall, words, (left + 10, y), luck.choice((0, 2, 3)), step / 45, ink, luck.randint(1, 2))


def _furniture(things: Pixels, mask: NDArray[np.uint8], luck: random.Random) -> None:
    """A desk, a screen, a plant or a box in the lower half."""
    left, top = luck.randint(-80, _WIDE - 100), luck.randint(_TALL // 3, _TALL - 120)
    right, bottom = left + luck.randint(90, 360), min(_TALL, top + luck.randint(80, 360))
    if luck.random() < 0.3:
        axes = ((right - left) // 2, (bottom - top) // 2)
        centre = ((left + right) // 2, (top + bottom) // 2)
        cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
        cv2.ellipse(things, centre, axes, 0, 0, 360, _colour(luck), -1)
        for _ in range(40):
            end = (luck.randint(left, right), luck.randint(top, bottom))
            cv2.line(things, centre, end, _colour(luck, 0, 160), 2)
        return
    cv2.rectangle(mask, (left, top), (right, bottom), 255, -1)
    cv2.rectangle(things, (left, top), (right, bottom), _colour(luck), -1)
    for y in range(top + 12, bottom, luck.randint(18, 60)):
        cv2.line(things, (left, y), (right, y), _colour(luck), luck.randint(1, 8))


def _person(picture: Pixels, who: Looks, luck: random.Random, x: float, y: float, r: float) -> None:
    """Head of half width `r` pixels about (x, y), tilted, and the shoulders below it."""
    tilt = luck.gauss(0, 6)

    def oval(dx: float, dy: float, wide: float, high: float, colour: Colour, ends: tuple[int, int] = (0, 360)) -> None:
        centre = (round(x + dx * r), round(y + dy * r))
        cv2.ellipse(picture, centre, (round(wide * r), round(high * r)), tilt, *ends, colour, -1, cv2.LINE_AA)

    lean = luck.gauss(0, 0.12)
    oval(lean, 3.7, luck.uniform(1.9, 2.3), 2.5, who.shirt)
    _shirt(picture, who, x + lean * r, y, r)
    oval(lean / 2, 1.3, 0.42, 0.6, who.skin)
    oval(0, -0.25, 1.1, 1.2 + 0.25 * who.fringe, who.hair)
    oval(0, 0.12, 0.92, 1.18 - 0.15 * who.fringe, who.skin)
    blue, green, red = who.skin
    shade = (int(blue * 0.85), int(green * 0.85), int(red * 0.85))
    oval(0.35 * (1 if luck.random() < 0.5 else -1), 0.3, 0.5, 0.75, shade)
    for side in (-1, 1):
        oval(side * 0.38, -0.05, 0.15, luck.uniform(0.03, 0.1), (245, 245, 245))
        oval(side * 0.38 + luck.gauss(0, 0.03), -0.05, 0.07, 0.08, (24, 26, 30))
        oval(side * 0.38, -0.26, 0.22, 0.04, who.hair)
    oval(0, 0.3, 0.1, 0.16, shade)
    oval(0, 0.62, luck.uniform(0.22, 0.4), luck.uniform(0.05, 0.2), (70, 70, 160), (0, 180))
    if luck.random() < 0.25:  # a hand in the picture: a greeting, a cup, the other arm
        oval(luck.choice((-1.8, 1.8)), luck.uniform(0.5, 2), 0.4, 0.5, who.skin)


def _shirt(picture: Pixels, who: Looks, x: float, y: float, r: float) -> None:
    """Stripes, checks or buttons."""
    ink = tuple(255 - part for part in who.shirt)
    if who.pattern in (1, 2):
        for step in range(-4, 5):
            at = round(x + step * 0.4 * r)
            cv2.line(picture, (at, round(y + 2.1 * r)), (at, HEIGHT), ink, 3)
    if who.pattern in (2, 3):
        for step in range(8):
            at = round(y + (2.1 + step * 0.4) * r)
            cv2.line(picture, (round(x - 1.5 * r), at), (round(x + 1.5 * r), at), ink, 3)
    cv2.line(picture, (round(x - 0.5 * r), round(y + 1.5 * r)), (round(x), round(y + 2.3 * r)), ink, 4)
    cv2.line(picture, (round(x + 0.5 * r), round(y + 1.5 * r)), (round(x), round(y + 2.3 * r)), ink, 4)
