"""Two pictures laid over each other by a homography: how far they agree, tile by tile and in light and dark.

Small detail tells the same picture from another place; light and dark tell it from another pose in the same place, as a
shirt or a face is large and smooth. Work is done at half size and blurred a little: a pixel's error of the homography
then matters less than what a person's move changes.

A filter moves colours, and light and dark with them, but the same colour everywhere alike. So where the greys do not
agree, one picture's colours may first be made the other's greys (`recoloured`), by the polynomial of second degree that
fits best, as is done between cameras (Hong, Luo, Rhodes, Color Res. Appl. 26, 2001). README.md has the figures.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Colour = NDArray[np.uint8]  # (height, width, 3), RGB
Tiles = NDArray[np.float64]  # (tiles, pixels of one), or (tiles, pixels of one, 3)
Plane = NDArray[np.float64]  # a 3 x 3 homography

_BLUR_PX = 1.2
_TILES = 10  # along the shorter side of what is compared
_MIN_TILES = 12
_TEXTURED = 6.0  # standard deviation in grey values of a tile that has detail to compare
_AGREES = 0.6  # correlation of one tile
_BLACK, _WHITE = 6.0, 249.0  # a tile beyond is clipped: a brightened copy keeps no light and dark there
_FLAT = 4.0  # spread of the tiles' means below which there is no light and dark to compare
_MOST_SQUEEZE = 2.0  # longest to shortest relative edge of a real copy's outline, a slanted photo of a screen included
_LEAST_SCALE = 0.1
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as JPEG has it


class Picture(Protocol):
    """`colour` is what halved() makes of the coloured picture."""

    @property
    def grey(self) -> Grey: ...

    @property
    def colour(self) -> Colour: ...


@dataclass(frozen=True, slots=True)
class Laid:
    """Two pictures in the frame of the one that is covered more: a crop is then compared whole."""

    fixed: Picture
    moving: Picture
    plane: Plane  # takes the pixels of `moving` to those of `fixed`, both at half size
    cover: float  # share of `fixed` that is covered, 0..1


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two pictures agree where both are."""

    share: float  # of textured tiles whose detail correlates above 0.6
    tone: float  # correlation of the tiles' mean greys, -1..1
    area: float  # of the whole frame: the tiles whose detail correlates


def lay(a: Picture, b: Picture, plane: Plane) -> Laid | None:
    """One of the two laid over the other; `plane` takes b's pixels to a's. None for a homography that no copy could
    have: folded, or squeezed more than 2:1.
    """
    back = _inverse(plane)
    if back is None or not (_plausible(plane, b.grey.shape) and _plausible(back, a.grey.shape)):
        return None
    onto_a, onto_b = _cover(plane, b.grey.shape, a.grey.shape), _cover(back, a.grey.shape, b.grey.shape)
    if onto_b > onto_a:
        a, b, plane = b, a, back
    half = np.diag([0.5, 0.5, 1.0])
    return Laid(a, b, half @ plane @ np.diag([2.0, 2.0, 1.0]), max(onto_a, onto_b))


def agreement(laid: Laid) -> Agreement | None:
    """How far the greys agree; None: too few textured tiles to tell."""
    one, other, whole = _cut(laid, halved(laid.fixed.grey), halved(laid.moving.grey))
    textured = _textured(one, other)
    if textured.sum() < _MIN_TILES:
        return None
    lit = _lit(one, other)
    tone = _tone(one[lit].mean(axis=1), other[lit].mean(axis=1))
    agrees = _correlation(one, other)[textured] > _AGREES
    return Agreement(float(agrees.mean()), tone, float(agrees.sum() / whole))


def recoloured(laid: Laid) -> Agreement | None:
    """How far the greys agree once the colours of one are made the greys of the other; None: too few tiles to tell.

    Either may be the copy, so what fits better counts. A tile agrees as it is or made alike: colours that a filter has
    clipped are past making alike, and those that differ in hue alone have no detail as they are.
    """
    one, other, whole = _cut(laid, laid.fixed.colour, laid.moving.colour)
    grey_one, grey_other = one @ _LUMA, other @ _LUMA
    textured, lit = _textured(grey_one, grey_other), _lit(grey_one, grey_other)
    if min(textured.sum(), lit.sum()) < _MIN_TILES:
        return None
    ways = (_Map.fitted(one[lit], grey_other[lit]), _Map.fitted(other[lit], grey_one[lit]))
    if ways[0].tone >= ways[1].tone:
        alike = _correlation(ways[0].greys(one), grey_other)
    else:
        alike = _correlation(ways[1].greys(other), grey_one)
    agrees = np.maximum(alike, _correlation(grey_one, grey_other))[textured] > _AGREES
    return Agreement(float(agrees.mean()), max(way.tone for way in ways), float(agrees.sum() / whole))


def halved(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At half size and blurred, grey or coloured."""
    size = max(picture.shape[1] // 2, 1), max(picture.shape[0] // 2, 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR_PX), np.uint8)


def _inverse(plane: Plane) -> Plane | None:
    try:
        return np.asarray(np.linalg.inv(plane), np.float64)
    except np.linalg.LinAlgError:
        return None


def _outline(shape: tuple[int, ...]) -> NDArray[np.float32]:
    height, width = shape
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def _moved(plane: Plane, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.asarray(cv2.perspectiveTransform(_outline(shape)[None], plane)[0], np.float32)


def _plausible(plane: Plane, shape: tuple[int, ...]) -> bool:
    """Whether the outline stays a convex quadrangle of about its form: each corner turns the same way, no edge shrinks
    much more than another.
    """
    outline, moved = _outline(shape), _moved(plane, shape)
    edges, before = np.roll(moved, -1, axis=0) - moved, np.roll(outline, -1, axis=0) - outline
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    scales = np.hypot(*edges.T) / np.hypot(*before.T)
    least, most = scales.min(), scales.max()
    return bool((turns > 0).all() and most < _MOST_SQUEEZE * least and _LEAST_SCALE < least < 1 / _LEAST_SCALE)


def _cover(plane: Plane, source: tuple[int, ...], target: tuple[int, ...]) -> float:
    """Share of the target that the source covers once it is laid there."""
    area, _ = cv2.intersectConvexConvex(_moved(plane, source), _outline(target))
    return float(area) / (target[0] * target[1])


def _cut(laid: Laid, fixed: NDArray[np.uint8], moving: NDArray[np.uint8]) -> tuple[Tiles, Tiles, int]:
    """The tiles of both that lie wholly where both pictures are, and how many the whole frame has."""
    height, width = fixed.shape[:2]
    side = max(min(height, width) // _TILES, 4)
    everywhere = np.full(moving.shape[:2], 255, np.uint8)
    warped = cv2.warpPerspective(moving, laid.plane, (width, height), flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(everywhere, laid.plane, (width, height), flags=cv2.INTER_NEAREST)
    both = _tiles(np.asarray(seen, np.uint8), side).min(axis=1, initial=255) > 0
    return _tiles(fixed, side)[both], _tiles(np.asarray(warped, np.uint8), side)[both], len(both)


def _textured(one: Tiles, other: Tiles) -> NDArray[np.bool_]:
    return np.asarray(np.maximum(one.std(axis=1), other.std(axis=1)) > _TEXTURED)


def _lit(one: Tiles, other: Tiles) -> NDArray[np.bool_]:
    """Which tiles have light and dark to compare."""
    means = np.stack((one.mean(axis=1), other.mean(axis=1)))
    return np.asarray(((means > _BLACK) & (means < _WHITE)).all(axis=0))


def _tone(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Of two rows of mean greys."""
    if len(one) < _MIN_TILES or max(one.std(), other.std()) < _FLAT:
        return 1.0
    return float(_correlation(one[None], other[None])[0])


@dataclass(frozen=True, slots=True)
class _Map:
    """Colours to greys, by the polynomial that takes the tiles' mean colours nearest to their mean greys."""

    weights: NDArray[np.float64]  # of _terms
    tone: float  # correlation of the mean greys with what it makes of the mean colours

    @staticmethod
    def fitted(colours: Tiles, greys: Tiles) -> "_Map":
        known, wanted = _terms(colours.mean(axis=1)), greys.mean(axis=1)
        weights = np.linalg.lstsq(known, wanted, rcond=None)[0]
        return _Map(weights, _tone(np.clip(known @ weights, 0, 255), wanted))

    def greys(self, colours: Tiles) -> Tiles:
        return np.asarray(np.clip(_terms(colours) @ self.weights, 0, 255), np.float64)


def _terms(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """1, red, green, blue, their squares and products, of 0..1."""
    red, green, blue = np.moveaxis(colours / 255, -1, 0)
    terms = (np.ones_like(red), red, green, blue, red**2, green**2, blue**2, red * green, green * blue, blue * red)
    return np.stack(terms, axis=-1)


def _correlation(a: Tiles, b: Tiles) -> NDArray[np.float64]:
    """Pearson's, row by row; 0 where one of both does not vary."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.maximum(spread, 1e-9))


def _tiles(picture: NDArray[np.uint8], side: int) -> Tiles:
    """Row by row; what is left over at the right and below is not looked at."""
    rows, columns, rest = picture.shape[0] // side, picture.shape[1] // side, picture.shape[2:]
    whole = picture[: rows * side, : columns * side].reshape(rows, side, columns, side, *rest)
    return whole.swapaxes(1, 2).reshape(rows * columns, side * side, *rest).astype(np.float64)
