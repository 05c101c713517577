"""What a photo looks like, finely enough that the same chair on another morning is mostly told from a copy.

Stored: the difference hashes (see match.py) of twenty-one windows of the picture, so that a crop meets the window it
shows. Asked: those of the picture itself, of its mirror image and of its turns. 11 x 11 bits each: with 8 x 8 one
honest pair of a room in twelve came as near as a crop does, with these one in seventy (README.md has the figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEAR = 15  # bits; nominated is what is at most as far

Hashes = NDArray[np.uint64]  # (…, 3): 121 bits, six in each of 21 bytes, and three empty bytes; see _hashes
Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the picture

_SIDE = 11
_WORKED = (72, 66)  # a picture is shrunk to this once, then looked at through windows
_LEAST_BAR = 0.1  # of the picture's area
_NEAR_EDGES = [0, 3, -4, -1]  # rows or columns of which a bar has one, even if a line or a frame is drawn in it
_BAR_GREY = 10  # a bar's grey values differ by less, compression included
_TILTS_DEG = (-7.5, -5.0, -2.5, 2.5, 5.0, 7.5)
_INNER_BITS = 4  # a stored crop of this photo is rarer than the same chair: it has to come nearer by so much
# A filter moves the bits of every window, the same chair leaves them apart: where all windows are compared, each with
# the one in its place, they may differ by so much more on average (README.md).
_IN_PLACE_BITS = 8
# Left, top, right, bottom as shares of the picture: all of it; a tenth off width and height, from either side or both;
# a tenth off one side; a twentieth off two; and its centre, of several sizes, for what was turned and lost its corners.
_WINDOWS = (
    (0.0, 0.0, 1.0, 1.0),
    *((x, y, x + 0.9, y + 0.9) for x in (0.0, 0.05, 0.1) for y in (0.0, 0.05, 0.1)),
    *((0.0, 0.0, 1.0, 0.9), (0.0, 0.1, 1.0, 1.0), (0.0, 0.0, 0.9, 1.0), (0.1, 0.0, 1.0, 1.0)),
    *((x, y, x + 0.95, y + 0.95) for x in (0.0, 0.05) for y in (0.0, 0.05)),
    *((edge, edge, 1 - edge, 1 - edge) for edge in (0.075, 0.1, 0.15)),
)
_CENTRED = [0, 5, *range(len(_WINDOWS) - 3, len(_WINDOWS))]  # windows that a turn leaves in their place
_CENTRE = (0.1, 0.1, 0.9, 0.9)  # of a tilted picture: without its black corners
_WORDS = 3  # of eight bytes, a hash
TEXT_LENGTH = len(_WINDOWS) * _WORDS * 8
_PARTS = np.cumsum([len(_WINDOWS), len(_WINDOWS), 3, 2 * len(_TILTS_DEG)])  # of the hashes: own, mirror, turns, tilts
_TEXT = 0x40  # what makes each byte of a hash a character: "@" to DEL


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """How one photo is stored and asked for."""

    stored: str  # ASCII, TEXT_LENGTH characters: a hash a window, the whole picture's first
    own: Hashes  # (21, _WORDS): of its windows, as stored
    whole: Hashes  # (2 or 3, _WORDS): of the picture and its mirror image, for any window of a stored one
    turned: Hashes  # (3, _WORDS): by a quarter, a half and three quarters
    tilted: Hashes  # (12, _WORDS): a little, all of it and its centre
    inner: Hashes  # (40, _WORDS): of the windows of the picture and of its mirror image, for a stored crop of this one


def looks(grey: Image.Image) -> Looks:
    """Hashes of an upright picture of mode L, of any size; about 0.5 ms for 160 x 120."""
    inner = _without_bars(grey)
    picture = np.asarray(inner.resize(_WORKED, Image.Resampling.BOX), np.float32)
    windows = _STORED.grids(picture)
    mirrored = windows[:, :, ::-1]  # of the mirror image: the windows lie evenly, left as right
    (lying,) = _LYING.grids(picture)
    turned = np.stack([windows[0, ::-1, ::-1], np.rot90(lying), np.rot90(lying, 3)])
    tilted = _WHOLE_AND_CENTRE.grids(np.append(picture, np.float32(0))[_TILTED][:, None])
    grids = [windows, mirrored, turned, tilted.reshape(-1, _SIDE, _SIDE + 1)]
    if inner is not grey:  # what looks like bars may be a wall: then the picture is asked for as it is as well
        grids.append(_STORED.grids(np.asarray(grey.resize(_WORKED, Image.Resampling.BOX), np.float32))[:1])
    hashes = _hashes(np.concatenate(grids))  # all at once: a dozen small steps cost more than what they do
    own, mirror, turns, tilts, with_bars = np.split(hashes, _PARTS)
    return Looks(
        own.tobytes().decode("ascii"),
        own,
        np.concatenate([own[:1], mirror[:1], with_bars]),
        turns,
        tilts,
        np.concatenate([own[1:], mirror[1:]]),
    )


def nearest(photo: Looks, stored: str, beside: int = 0) -> list[int]:
    """For each stored photo the least distance in bits: of one of its windows to what `photo` asks for; with
    _INNER_BITS on top, of the whole of it to a window of `photo`; and, less _IN_PLACE_BITS, of all its windows to those
    of `photo` in their places, on average.

    `stored`: their texts one after another, each after `beside` characters of something else, a multiple of 8. Nothing
    is decoded: what differs between two characters is what differs between their bits.
    """
    if not stored:
        return []
    rows = np.frombuffer(stored.encode("ascii"), np.uint64).reshape(-1, (beside + TEXT_LENGTH) // 8)
    photos = rows[:, beside // 8 :].reshape(len(rows), len(_WINDOWS), _WORDS)
    windows = photos.transpose(1, 2, 0).copy()  # each word of a hash in a row of its own: several times faster
    in_place = _bits(photo.own, windows).sum(axis=0, dtype=np.int64) // len(_WINDOWS) - _IN_PLACE_BITS
    nearest_of = [
        np.maximum(in_place, NEAR),  # nominated, and no nearer: plain walls are alike in place, too
        _least(photo.whole, windows),
        _least(photo.turned, windows),
        _least(photo.tilted, windows[_CENTRED]),
        _least(photo.inner, windows[:1]) + _INNER_BITS,
    ]
    found: list[int] = np.min(nearest_of, axis=0).tolist()
    return found


def _least(asked: Hashes, windows: Hashes) -> NDArray[np.uint8]:
    """(photos,) the least distance of one of `asked` (k, _WORDS) to one of the `windows` (m, _WORDS, photos)."""
    least: NDArray[np.uint8] = _bits(asked[:, None], windows).min(axis=(0, 1))
    return least


def _bits(asked: Hashes, windows: Hashes) -> NDArray[np.uint8]:
    """(…, windows, photos) how many bits differ of `asked` (…, windows or 1, _WORDS) and `windows`."""
    first, second, third = (np.bitwise_count(asked[..., word, None] ^ windows[:, word]) for word in range(_WORDS))
    return first + second + third


class _Boxes:
    """Pillow's bilinear shrinking of boxes of a picture of _WORKED pixels, all in two products of matrices: asking
    Pillow for each costs five times as much."""

    def __init__(self, boxes: Sequence[Box], width: int = _SIDE + 1, height: int = _SIDE) -> None:
        self._down = np.stack([_weights(_WORKED[1], top, bottom, height) for _, top, _, bottom in boxes])
        across = [_weights(_WORKED[0], left, right, width) for left, _, right, _ in boxes]
        self._across = np.stack(across).transpose(0, 2, 1).copy()

    def grids(self, picture: NDArray[np.float32]) -> NDArray[np.int16]:
        """(boxes, height, width) grey values; of pictures (n, 1, …): (n, boxes, height, width)."""
        return np.rint(self._down @ picture @ self._across).astype(np.int16)


def _weights(length: int, begin: float, end: float, cells: int) -> NDArray[np.float32]:
    """(cells, length): what each pixel of a line adds to each cell of its part from `begin` to `end` (shares)."""
    lines = Image.fromarray(np.eye(length, dtype=np.float32))
    box = (begin * length, 0, end * length, length)
    return np.asarray(lines.resize((cells, length), Image.Resampling.BILINEAR, box), np.float32).T.copy()


def _tilted(degrees: float) -> NDArray[np.intp]:
    """Which pixel each one of a tilted picture shows; one past the last where it shows none. The nearest will do: each
    cell averages forty."""
    pixels = np.arange(_WORKED[0] * _WORKED[1], dtype=np.int32).reshape(_WORKED[::-1])
    return np.asarray(Image.fromarray(pixels).rotate(degrees, fillcolor=pixels.size), np.intp)


_STORED = _Boxes(_WINDOWS)
_TILTED = np.stack([_tilted(degrees) for degrees in _TILTS_DEG])
_WHOLE_AND_CENTRE = _Boxes((_WINDOWS[0], _CENTRE))
_LYING = _Boxes(_WINDOWS[:1], _SIDE, _SIDE + 1)


def _hashes(grids: NDArray[np.int16]) -> Hashes:
    """(grids, _WORDS): a bit a pair of neighbours, 1 where it gets brighter to the right. Six bits a byte, so that the
    bytes are the text that is stored: both databases join and hand out texts alike."""
    brighter = np.zeros((len(grids), 126), bool)
    brighter[:, : _SIDE * _SIDE] = (np.diff(grids) > 0).reshape(len(grids), -1)
    sixes = np.packbits(brighter.reshape(len(grids), 21, 6), axis=2)[:, :, 0] >> 2
    characters = np.full((len(grids), _WORDS * 8), _TEXT, np.uint8)
    characters[:, :21] |= sixes
    return characters.view(np.uint64)


def _without_bars(grey: Image.Image) -> Image.Image:
    """What is left between plain bars above, below or beside, as a screenshot has them; else the very same image.

    A bar is bounded by what is of one grey from the picture's edge on. A line of text in it is passed over if the
    longest stretch without bars is the photo: rows first, then columns of what is left.
    """
    pixels = np.asarray(grey)
    if min(pixels.shape) >= 8 and all(
        np.ptp(line) >= _BAR_GREY for lines in (pixels, pixels.T) for line in lines[_NEAR_EDGES]
    ):
        return grey
    top, bottom = _longest_lively(pixels, along=1)
    left, right = _longest_lively(pixels[top:bottom], along=0)
    if (right - left) * (bottom - top) > (1 - _LEAST_BAR) * grey.width * grey.height:
        return grey
    return grey.crop((left, top, right, bottom)) if right - left >= 9 and bottom - top >= 9 else grey


def _longest_lively(pixels: NDArray[np.uint8], along: int) -> tuple[int, int]:
    """The longest run of rows (along 1) or columns (0) that are not of one grey: first, and one past the last."""
    lively = np.ptp(pixels, axis=along) >= _BAR_GREY
    changes = np.flatnonzero(np.diff(np.concatenate(([False], lively, [False])).astype(np.int8)))
    if not len(changes):
        return 0, len(lively)
    begins, ends = changes[::2], changes[1::2]
    longest = int((ends - begins).argmax())
    return int(begins[longest]), int(ends[longest])
