"""Under which keys a photo is stored and asked for, so that crops, turns and mirror images of it are nominated too.

Stored: bands of the hashes of seven windows of the picture. Asked: bands of its hash and of its mirror image's and its
turns', each with the bits flipped that are least certain (query-directed probing: Lv et al., VLDB 2007). README.md has
the figures, and why the check-in does not ask this way yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from server.photos.match import BANDS, bands, distance

STORED = 12  # keys of a photo at most
ASKED = 68  # keys of a question, always
NEAR = 12  # bits; nominated is what is at most as far from one of its hashes

_WORKED = (90, 80)  # a picture is shrunk to this once, then nine windows of it are looked at
_LEAST_BAR = 0.1  # of the picture's area
_BAR_GREY = 10  # a bar's grey values differ by less, compression included
_EDGES = (0.0, 0.1)  # a corner window leaves out a tenth of each side
# Left, top, right, bottom as shares of the picture, and the bands under which its hash is stored.
_WINDOWS = (
    ((0.0, 0.0, 1.0, 1.0), (0, 1, 2, 3)),
    ((0.05, 0.05, 0.95, 0.95), (0, 1)),
    ((0.1, 0.1, 0.9, 0.9), (0, 1)),
    *(((x, y, x + 0.9, y + 0.9), (1,)) for x in _EDGES for y in _EDGES),
)
_PROBES = 8  # a band of the picture itself, and of its mirror image:
_MIRROR_PROBES = 5
_WEAK_BITS = 3


@dataclass(frozen=True, slots=True)
class Looks:
    """How one photo is stored and asked for. A stored photo is nominated if a row of it stands under any of `asked`
    and the row's hash is at most NEAR from this photo, see nearest().
    """

    keys: dict[int, int]  # at most STORED: under which it is stored, each with its window's signed hash
    asked: tuple[int, ...]  # ASKED keys, some may repeat
    hashes: tuple[int, ...]  # signed, of the picture, its mirror image and its turns


def looks(grey: Image.Image) -> Looks:
    """Keys and hashes of an upright picture of mode L, of any size; about 0.5 ms for 160 x 120."""
    inner = _without_bars(grey)
    picture = inner.resize(_WORKED, Image.Resampling.BOX)
    upright, lying = _grid(picture), picture.resize((8, 9), Image.Resampling.BILINEAR)
    grids = [
        upright,
        upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        upright.transpose(Image.Transpose.ROTATE_180),
        lying.transpose(Image.Transpose.ROTATE_90),
        lying.transpose(Image.Transpose.ROTATE_270),
    ]
    if inner is not grey:  # what looks like bars may be a wall: ask for the picture as it is as well
        grids.append(_grid(grey.resize(_WORKED, Image.Resampling.BOX)))
    steps = _steps(grids)
    hashes = _hashes(steps)
    asked = [*_probed(hashes[0], steps[0], _PROBES), *_probed(hashes[1], steps[1], _MIRROR_PROBES)]
    asked += [key for value in hashes[2:] for key in bands(value)]
    asked += asked[:1] * (ASKED - len(asked))
    return Looks(_stored(picture), tuple(asked), tuple(hashes))


def nearest(photo: Looks, stored: int) -> int:
    """The least distance in bits of a stored hash to what is asked for."""
    return min(distance(value, stored) for value in photo.hashes)


def _steps(grids: Sequence[Image.Image]) -> NDArray[np.int16]:
    """(grids, 64) differences of neighbours in 9 x 8 grids, row by row; positive: brighter to the right."""
    pixels = np.frombuffer(b"".join(grid.tobytes() for grid in grids), np.uint8).astype(np.int16)
    return np.diff(pixels.reshape(-1, 8, 9)).reshape(-1, 64)


def _hashes(steps: NDArray[np.int16]) -> list[int]:
    """A signed 64-bit integer a row, its first step in the highest bit."""
    hashes: list[int] = np.packbits(steps > 0, axis=1).view(">i8").ravel().tolist()
    return hashes


def _probed(value: int, steps: NDArray[np.int16], count: int) -> Iterator[int]:
    """`count` keys a band: its own, then with its weakest bits flipped, those first that cost the least."""
    costs = np.abs(steps[::-1]).reshape(BANDS, 16)  # the last step is bit 0
    weakest = np.argsort(costs, axis=1, kind="stable")[:, :_WEAK_BITS].tolist()
    for key, bits, cost in zip(bands(value), weakest, costs.tolist(), strict=True):
        flips = [(0, key)]
        for bit in bits:
            flips += [(before + cost[bit] + 1, flipped ^ 1 << bit) for before, flipped in flips]
        yield from (flipped for _, flipped in sorted(flips)[:count])


def _stored(picture: Image.Image) -> dict[int, int]:
    width, height = picture.size
    boxes = [(left * width, top * height, right * width, bottom * height) for (left, top, right, bottom), _ in _WINDOWS]
    hashes = _hashes(_steps([_grid(picture, box) for box in boxes]))
    found: dict[int, int] = {}
    for value, (_, numbers) in reversed(
        list(zip(hashes, _WINDOWS, strict=True))
    ):  # the whole picture wins a shared key
        own = bands(value)
        found |= {own[number]: value for number in numbers}
    return found


def _grid(picture: Image.Image, box: tuple[float, float, float, float] | None = None) -> Image.Image:
    return picture.resize((9, 8), Image.Resampling.BILINEAR, box)


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
