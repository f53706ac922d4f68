"""How much moves in a film, picture by picture, apart from the camera itself. Knows nothing of files or of tasks."""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 160
"""Longer side of the pictures that are compared, pixels: a hand is seen, noise and compression average out."""
STEP_S = 1 / 15
"""Least time between two pictures that are looked at."""
_LAG_S = 0.09  # least time between two pictures that are compared; a hand moves some pixels in it
_NOISE = 6.0  # a pixel has moved when it differs by so many standard deviations of the noise
_MIN_CHANGE, _MAX_CHANGE = 8, 30  # grey values: less is compression and never motion, more is always motion
_MIN_SPREAD = 0.35  # a camera's own motion is seen all over the picture: in the hull of so much of its area
_KERNEL = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Motion:
    """What moves between two pictures."""

    time_s: float
    """Middle between the two capture times."""
    area: float
    """Part of the region that moves, 0 to 1."""
    height: float
    """Height of what moves, as part of the region's, 0 to 1."""


class MotionMeter:
    """Compares each grey picture with one shortly before it, moved as the camera has moved.

    Args: mask: shape (height, width), True where motion counts; everywhere when None.
    """

    def __init__(self, mask: NDArray[np.bool_] | None = None) -> None:
        self._mask = mask
        self._before: deque[tuple[float, NDArray[np.uint8]]] = deque()

    def wants(self, time_s: float) -> bool:
        """Whether a picture of this time would be looked at: the others need not be made small."""
        return not self._before or time_s - self._before[-1][0] >= STEP_S - 1e-3

    def add(self, time_s: float, grey: NDArray[np.uint8]) -> Motion | None:
        """Compare a picture, shape (height, width); None for the first ones."""
        while len(self._before) > 1 and self._before[1][0] <= time_s - _LAG_S:
            self._before.popleft()
        motion = None
        if self._before and self._before[0][0] <= time_s - _LAG_S:
            reference_s, reference = self._before[0]
            moving = moving_pixels(reference, grey)
            if self._mask is not None:
                moving = moving[np.ix_(self._mask.any(1), self._mask.any(0))]
            motion = Motion((time_s + reference_s) / 2, float(moving.mean()), _height(moving))
        self._before.append((time_s, grey))
        return motion


def moving_pixels(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels show something that has moved, shape (height, width).

    A pixel has not moved when its value lies within those of its neighbours in the picture before, moved as the camera
    has: what the camera's motion leaves over is less than a pixel.
    """
    camera = camera_motion(before, after)
    # half of the noise goes
    before, after = (np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8) for grey in (before, after))
    size = after.shape[1], after.shape[0]
    moved = cv2.warpAffine(before, camera, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpAffine(np.full_like(before, 255), camera, size) == 255
    change = after.astype(np.int16) - moved
    change -= np.int16(np.median(change))  # the camera changes its exposure
    noise = 1.4826 * float(np.median(np.abs(change)))
    low, high = (edge(moved, _KERNEL).astype(np.int16) - moved for edge in (cv2.erode, cv2.dilate))
    beyond = np.maximum(change - high, low - change)
    moving = (beyond > np.clip(_NOISE * noise, _MIN_CHANGE, _MAX_CHANGE)) & seen
    return cv2.morphologyEx(moving.astype(np.uint8), cv2.MORPH_OPEN, _KERNEL[:2, :2]).astype(bool)


def _height(moving: NDArray[np.bool_]) -> float:
    """From the upper to the lower end of what moves, less a little that may be chance, in parts of all rows."""
    rows = np.nonzero(moving)[0]
    return float(np.ptp(np.quantile(rows, (0.03, 0.97)))) / len(moving) if len(rows) else 0.0


def camera_motion(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shift, turn and zoom between two pictures as a matrix of shape (2, 3); the identity when nothing is sure.

    Corners are followed from one picture to the other. What most of them do is the camera's motion only if they lie all
    over the picture: before a plain table most corners may belong to the hand.
    """
    still = np.eye(2, 3)
    corners = cv2.goodFeaturesToTrack(before, maxCorners=200, qualityLevel=0.005, minDistance=6)
    if corners is None or len(corners) < 8:
        return still
    found, is_found, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, np.empty_like(corners))
    is_found = is_found.ravel() == 1
    if is_found.sum() < 8:
        return still
    cv2.setRNGSeed(0)
    matrix, is_inlier = cv2.estimateAffinePartial2D(corners[is_found], found[is_found], ransacReprojThreshold=1.0)
    if matrix is None:
        return still
    hull = cv2.convexHull(corners[is_found][is_inlier.ravel() == 1])
    is_everywhere = cv2.contourArea(hull) > _MIN_SPREAD * before.size
    return np.asarray(matrix, np.float64) if is_everywhere else still
