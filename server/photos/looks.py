"""What a photo looks like, finely enough that the same chair on another morning is mostly told from a copy.

Stored: the difference hashes (see match.py) of twenty-one windows of the picture, so that a crop meets the window it
shows. Asked: those of the picture itself, of its mirror image and of its turns. 11 x 11 bits each: with 8 x 8 one
honest pair of a room in twelve came as near as a crop does, with these one in seventy (README.md has the figures).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEAR = 13  # bits; nominated is what is at most as far

Hashes = NDArray[np.uint64]  # (…, 2): 121 bits and 7 zeros
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

_SIDE = 11
_WORKED = (72, 66)  # a picture is shrunk to this once, then looked at through windows
_LEAST_BAR = 0.1  # of the picture's area
_BAR_GREY = 10  # a bar's grey values differ by less, compression included
_TILTS_DEG = (-7.5, -5.0, -2.5, 2.5, 5.0, 7.5)
_INNER_BITS = 4  # a stored crop of this photo is rarer than the same chair: it has to come nearer by so much
# Left, top, right, bottom as shares of the picture: all of it; a tenth off width and height, from either side or both;
# a tenth off one side; a twentieth off two; and its centre, of several sizes, for what was turned and lost its corners.
_WINDOWS = (
    (0.0, 0.0, 1.0, 1.0),
    *((x, y, x + 0.9, y + 0.9) for x in (0.0, 0.05, 0.1) for y in (0.0, 0.05, 0.1)),
    *((0.0, 0.0, 1.0, 0.9), (0.0, 0.1, 1.0, 1.0), (0.0, 0.0, 0.9, 1.0), (0.1, 0.0, 1.0, 1.0)),
    *((x, y, x + 0.95, y + 0.95) for x in (0.0, 0.05) for y in (0.0, 0.05)),
    *((edge, edge, 1 - edge, 1 - edge) for edge in (0.075, 0.1, 0.15)),
)
_BOXES = tuple(
    (left * _WORKED[0], top * _WORKED[1], right * _WORKED[0], bottom * _WORKED[1])
    for left, top, right, bottom in _WINDOWS
)
_CENTRE = (0.1 * _WORKED[0], 0.1 * _WORKED[1], 0.9 * _WORKED[0], 0.9 * _WORKED[1])  # without a tilt's black corners
_BYTES = len(_WINDOWS) * 16
TEXT_LENGTH = len(base64.b64encode(bytes(_BYTES)))


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """How one photo is stored and asked for."""

    stored: str  # base64, TEXT_LENGTH characters: a hash a window, the whole picture's first
    asked: Hashes  # (17 or 18, 2): of the picture, its mirror image, its turns, and slightly tilted
    inner: Hashes  # (40, 2): of the windows of the picture and of its mirror image, for a stored crop of this one


def looks(grey: Image.Image) -> Looks:
    """Hashes of an upright picture of mode L, of any size; about 1 ms for 160 x 120."""
    inner = _without_bars(grey)
    picture = inner.resize(_WORKED, Image.Resampling.BOX)
    windows = _grids([(picture, box) for box in _BOXES])
    mirrored = windows[:, :, ::-1]  # of the mirror image: the windows lie evenly, left as right
    (lying,) = _grids([(picture, None)], (_SIDE, _SIDE + 1))
    turned = np.stack([windows[0, ::-1, ::-1], np.rot90(lying), np.rot90(lying, 3)])
    others = [picture.rotate(tilt) for tilt in _TILTS_DEG]  # the nearest pixel will do: each cell averages forty
    if inner is not grey:  # what looks like bars may be a wall: then the picture is asked for as it is as well
        others.append(grey.resize(_WORKED, Image.Resampling.BOX))
    tilted = _grids([(other, box) for other in others for box in (None, _CENTRE)])
    own, mirror = _hashes(windows), _hashes(mirrored)
    return Looks(
        base64.b64encode(own.tobytes()).decode(),
        np.concatenate([own[:1], mirror[:1], _hashes(turned), _hashes(tilted)]),
        np.concatenate([own[1:], mirror[1:]]),
    )


def nearest(photo: Looks, stored: Sequence[str]) -> list[int]:
    """For each stored photo the least distance in bits: of one of its windows to what `photo` asks for, or, with
    _INNER_BITS on top, of the whole of it to a window of `photo`."""
    if not stored:
        return []
    windows = np.frombuffer(base64.b64decode("".join(stored)), np.uint64).reshape(len(stored), len(_WINDOWS), 2)
    outer = _least(photo.asked, windows.reshape(-1, 2)).reshape(len(stored), len(_WINDOWS)).min(axis=1)
    found: list[int] = np.minimum(outer, _least(photo.inner, windows[:, 0]) + _INNER_BITS).tolist()
    return found


def _least(asked: Hashes, stored: Hashes) -> NDArray[np.uint8]:
    """For each of `stored` (n, 2) the least distance to one of `asked`."""
    first, second = stored.T.copy()  # each in a row of its own: several times faster
    least = np.full(len(first), 255, np.uint8)
    for one, other in asked:
        np.minimum(least, np.bitwise_count(first ^ one) + np.bitwise_count(second ^ other), out=least)
    return least


def _grids(
    shown: Sequence[tuple[Image.Image, Box | None]], size: tuple[int, int] = (_SIDE + 1, _SIDE)
) -> NDArray[np.int16]:
    """(shown, height, width) grey values of each picture, or of what lies in a box of it."""
    shrunk = (picture.resize(size, Image.Resampling.BILINEAR, box).tobytes() for picture, box in shown)
    return np.frombuffer(b"".join(shrunk), np.uint8).reshape(len(shown), size[1], size[0]).astype(np.int16)


def _hashes(grids: NDArray[np.int16]) -> Hashes:
    """(grids, 2): a bit a pair of neighbours, 1 where it gets brighter to the right."""
    packed = np.packbits((np.diff(grids) > 0).reshape(len(grids), -1), axis=1)
    words = np.zeros((len(grids), 16), np.uint8)
    words[:, : packed.shape[1]] = packed
    return words.view(np.uint64)


def _without_bars(grey: Image.Image) -> Image.Image:
    """What is left between plain bars above, below or beside, as a screenshot has them; else the very same image.

    A bar is bounded by what is of one grey from the picture's edge on. A line of text in it is passed over if the
    longest stretch without bars is the photo: rows first, then columns of what is left.
    """
    top, bottom = _longest_lively(grey, rows=True)
    kept = grey.crop((0, top, grey.width, bottom))
    left, right = _longest_lively(kept, rows=False)
    if (right - left) * (bottom - top) > (1 - _LEAST_BAR) * grey.width * grey.height:
        return grey
    return kept.crop((left, 0, right, kept.height)) if right - left >= 9 and bottom - top >= 9 else grey


def _longest_lively(grey: Image.Image, *, rows: bool) -> tuple[int, int]:
    """The longest run of rows (or columns) that are not of one grey: first, and one past the last."""
    along, pixels = 1 if rows else 0, np.asarray(grey)
    lively = pixels.max(axis=along) - pixels.min(axis=along) >= _BAR_GREY
    changes = np.flatnonzero(np.diff(np.concatenate(([False], lively, [False])).astype(np.int8)))
    if not len(changes):
        return 0, len(lively)
    begins, ends = changes[::2], changes[1::2]
    longest = int((ends - begins).argmax())
    return int(begins[longest]), int(ends[longest])
