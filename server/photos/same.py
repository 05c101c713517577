"""The second look: whether two photos are the same picture, or only of the same place.

A perceptual hash nominates; here pixels decide. Corners of both pictures are matched (ORB: Rublee et al., ICCV 2011;
ratio test: Lowe, IJCV 2004), one homography is fitted to the matches (RANSAC), and the pictures are laid over each
other (overlay.py). A crop, a turn, a mirror image or a screenshot agrees nearly everywhere; the same chair with another
pose agrees only around the person. A filter's copy agrees once the colours are made alike; as that forgives more, more
of the picture must agree then. README.md has the figures.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import atan2, degrees, hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from server.photos.decode import Wanted, decode
from server.photos.overlay import Agreement, Colour, Grey, Laid, Plane, agreement, halved, lay, recoloured

LONG_PX = 480
_CORNERS = 800
_RATIO = 0.78  # of the best to the second best distance; a less distinct match is dropped
_REPROJECTION_PX = 4.0
_MIN_SIDE_PX = 40  # ORB looks at patches of 31 px
_MIN_CORNERS = 40  # fewer: too little texture to tell
_MIN_INLIERS = 18
_MIN_COVER = 0.5  # of one of the two pictures
_MIN_SHARE = 0.75  # of textured tiles that agree
_MIN_TONE = 0.975
# The same with the colours made alike; asked where a filter may be why the greys differ, which keeps most of both.
_FILTERED_SHARE = 0.5
_FILTERED_TONE = 0.5
_ALIKE_SHARE = 0.87
_ALIKE_TONE = 0.95
_ALIKE_AREA = 0.4  # of the frame must agree in detail: before a bare wall another shirt passes for another colour

cv2.setNumThreads(1)  # the cores belong to requests; at 480 px threads cost more than they bring


@dataclass(frozen=True, slots=True)
class Corners:
    """`at`: (n, 2) float32, x and y in pixels; `words`: (n, 32) uint8, 256 bits each."""

    at: NDArray[np.float32]
    words: NDArray[np.uint8]


@dataclass(frozen=True)
class Features:
    """A picture of at most 480 px and its corners: in memory 303 KB at 480 x 360, and 32 KB of corners a side.

    There is no form for storing: a preview is smaller, and making features of one takes 15 ms.
    """

    grey: Grey
    colour: Colour  # at half the size of `grey`, blurred

    @staticmethod
    def of(picture: Colour) -> "Features":
        """Of RGB pixels."""
        return Features(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8), halved(picture))

    @cached_property
    def corners(self) -> Corners:
        """Of the picture as it is."""
        return _corners(self.grey)

    @cached_property
    def flipped(self) -> "Features":
        """The mirror image. Asked of one side of a comparison only, and only where the straight way fails."""
        return Features(*(np.asarray(cv2.flip(side, 1), np.uint8) for side in (self.grey, self.colour)))


@dataclass(frozen=True, slots=True)
class Sameness:
    """What a comparison found; share and tone are 0 where no pixels were compared, and those of the colours made alike
    where these decided.
    """

    same: bool | None  # None: cannot tell, there is too little texture
    inliers: int = 0  # matched corners that agree on one homography
    share: float = 0.0  # of textured tiles that agree after alignment, 0..1
    tone: float = 0.0  # correlation of light and dark after alignment, -1..1
    mirrored: bool = False
    scale: float = 1.0  # how much larger the second shows things than the first, both at 480 px
    rotation_deg: float = 0.0  # of the second against the first (where mirrored, its mirror image), counter-clockwise


def features(data: bytes) -> Features:
    """Features of a photo as received, or of its preview. Bounded like decode(); raises PhotoUnreadable."""
    return Features.of(np.array(decode(data, Wanted("RGB", long_px=LONG_PX)).image, np.uint8))


def compare(a: Features, b: Features) -> Sameness:
    """Whether two photos are one picture. Keep the new photo as `a` in a row of comparisons: its corners and those of
    its mirror image are then found once. What OpenCV cannot compute, nobody can tell.
    """
    try:
        return _compared(a, b)
    except cv2.error:
        return Sameness(None)


def _compared(a: Features, b: Features) -> Sameness:
    if min(len(a.corners.at), len(b.corners.at)) < _MIN_CORNERS:
        return Sameness(None)
    straight = _laid_over(a, b)
    if straight.same:
        return straight
    mirrored = replace(_laid_over(a.flipped, b), mirrored=True)
    if mirrored.same or mirrored.inliers > max(straight.inliers, _MIN_INLIERS):
        return mirrored
    return straight


def _corners(grey: Grey) -> Corners:
    words = None
    if min(grey.shape) >= _MIN_SIDE_PX:
        evened = cv2.createCLAHE(2.0, (8, 8)).apply(grey)
        found, words = cv2.ORB.create(nfeatures=_CORNERS, fastThreshold=12).detectAndCompute(evened, None)
    if words is None:
        return Corners(np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8))
    return Corners(np.array([point.pt for point in found], np.float32), np.asarray(words, np.uint8))


def _laid_over(a: Features, b: Features) -> Sameness:
    """One direction of a comparison."""
    plane, inliers = _homography(a.corners, b.corners)
    if plane is None or inliers < _MIN_INLIERS:
        return Sameness(False, inliers)
    scale, turned = hypot(plane[0, 0], plane[1, 0]), degrees(atan2(plane[1, 0], plane[0, 0]))
    laid = lay(a, b, plane)
    if laid is None:
        return Sameness(False, inliers, scale=1 / scale, rotation_deg=turned)
    found = agreement(laid)
    if found is None:
        return Sameness(None, inliers, scale=1 / scale, rotation_deg=turned)
    same = laid.cover >= _MIN_COVER and found.share >= _MIN_SHARE and found.tone >= _MIN_TONE
    if not same and (alike := _recoloured(laid, found)):
        same, found = True, alike
    return Sameness(same, inliers, found.share, found.tone, scale=1 / scale, rotation_deg=turned)


def _recoloured(laid: Laid, found: Agreement) -> Agreement | None:
    """How far the two agree with their colours made alike, where that makes them the same picture."""
    if laid.cover < _MIN_COVER or found.share < _FILTERED_SHARE or found.tone < _FILTERED_TONE:
        return None
    alike = recoloured(laid)
    if alike is None or alike.share < _ALIKE_SHARE or alike.tone < _ALIKE_TONE or alike.area < _ALIKE_AREA:
        return None
    return alike


def _homography(a: Corners, b: Corners) -> tuple[Plane | None, int]:
    """What takes b's pixels to a's, and how many matches agree on it."""
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(b.words, a.words, k=2)
    good = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(good) < _MIN_INLIERS:
        return None, len(good)
    source = b.at[[match.queryIdx for match in good]]
    target = a.at[[match.trainIdx for match in good]]
    cv2.setRNGSeed(1)  # the same two photos get the same answer
    plane, mask = cv2.findHomography(source, target, cv2.RANSAC, _REPROJECTION_PX, maxIters=1000)
    if plane is None or not np.isfinite(plane).all() or abs(plane[2, 2]) < 1e-6:
        return None, 0
    return np.asarray(plane, np.float64), int(mask.sum())
