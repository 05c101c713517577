"""Two pictures laid over each other by a homography: how far they agree, tile by tile and in light and dark.

Small detail tells the same picture from another place; light and dark tell it from another pose in the same place, as a
shirt or a face is large and smooth. Work is done at half size and blurred a little: a pixel's error of the homography
then matters less than what a person's move changes.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
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


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two pictures agree where both are."""

    cover: float  # share of the picture that is covered more, 0..1
    share: float  # of textured tiles whose detail correlates above 0.6
    tone: float  # correlation of the tiles' mean greys, -1..1


def agreement(a: Grey, b: Grey, plane: Plane) -> Agreement | None:
    """How far `b`, taken to `a`'s pixels by `plane`, agrees with it; None: too few textured tiles to tell.

    Looked at in the frame of the picture that is covered more: a crop is then compared whole. A homography that no
    copy could have (folded, or squeezed more than 2:1) agrees nowhere.
    """
    back = _inverse(plane)
    if back is None or not (_plausible(plane, b.shape) and _plausible(back, a.shape)):
        return Agreement(0.0, 0.0, 0.0)
    onto_a, onto_b = _cover(plane, b.shape, a.shape), _cover(back, a.shape, b.shape)
    if onto_b > onto_a:
        a, b, plane = b, a, back
    fixed, moving = _halved(a), _halved(b)
    half = np.diag([0.5, 0.5, 1.0])
    plane = half @ plane @ np.diag([2.0, 2.0, 1.0])
    size = fixed.shape[1], fixed.shape[0]
    laid = cv2.warpPerspective(moving, plane, size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(np.full_like(moving, 255), plane, size, flags=cv2.INTER_NEAREST)
    return _compared(fixed, np.asarray(laid, np.uint8), np.asarray(seen, np.uint8), max(onto_a, onto_b))


def _inverse(plane: Plane) -> Plane | None:
    try:
        return np.asarray(np.linalg.inv(plane), np.float64)
    except np.linalg.LinAlgError:
        return None


def _halved(grey: Grey) -> Grey:
    size = max(grey.shape[1] // 2, 1), max(grey.shape[0] // 2, 1)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR_PX), np.uint8)


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


def _compared(a: Grey, b: Grey, seen: Grey, cover: float) -> Agreement | None:
    """Pearson's correlation in and between the tiles that lie wholly where both pictures are."""
    side = max(min(a.shape) // _TILES, 4)
    both = _tiles(seen, side).min(axis=1, initial=255) > 0
    one, other = _tiles(a, side)[both], _tiles(b, side)[both]
    textured = np.maximum(one.std(axis=1), other.std(axis=1)) > _TEXTURED
    if textured.sum() < _MIN_TILES:
        return None
    means = np.stack((one.mean(axis=1), other.mean(axis=1)))
    means = means[:, ((means > _BLACK) & (means < _WHITE)).all(axis=0)]
    detail = _correlation(one[textured], other[textured])
    flat = means.shape[1] < _MIN_TILES or means.std(axis=1).max() < _FLAT
    tone = 1.0 if flat else float(_correlation(means[:1], means[1:])[0])
    return Agreement(cover, float((detail > _AGREES).mean()), tone)


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row by row; 0 where one of both does not vary."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    spread = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / np.maximum(spread, 1e-9))


def _tiles(picture: Grey, side: int) -> NDArray[np.float64]:
    """(tiles, side * side), row by row; what is left over at the right and below is not looked at."""
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    whole = picture[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return whole.swapaxes(1, 2).reshape(rows * columns, side * side).astype(np.float64)
