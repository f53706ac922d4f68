"""Where a sprite is drawn: flat shapes of plain colour on nothing, with an outline and a shadow at the end.

Places are (x, y), x to the right and y down, in a square that reaches from -1 to 1; sizes have the same unit.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = tuple[float, float, float]
"""Red, green and blue in [0, 1]."""
Points = NDArray[np.float64]
"""Shape (N, 2)."""

SIDE_PX = 192
"""Drawn this big and shrunk later, so that edges become smooth."""
OUTLINE_PX = 5
OUTLINE_RGB = (0.07, 0.06, 0.09)
SHADOW_PX = (5, 7)
"""How far the shadow falls to the right and down: light comes from the upper left."""
SHADOW_OPACITY = 0.45
_REACH_PX = 78
"""Pixels of one unit: outline and shadow stay inside the picture."""


class Canvas:
    """A square picture that shapes are painted on, the last one on top."""

    def __init__(self, heading_rad: float = 0.0) -> None:
        """Turn everything that is drawn clockwise by an angle; at 0 a character faces up."""
        cosine, sine = np.cos(heading_rad), np.sin(heading_rad)
        self._turn = np.array([[cosine, sine], [-sine, cosine]])
        self._rgb = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
        self._alpha = np.zeros((SIDE_PX, SIDE_PX), np.uint8)

    def polygon(self, points: Points | list[tuple[float, float]], rgb: Rgb) -> None:
        """Fill a polygon."""
        corners = [self._pixels(points)]
        cv2.fillPoly(self._rgb, corners, _bytes(rgb))
        cv2.fillPoly(self._alpha, corners, (255,))

    def stroke(self, points: Points | list[tuple[float, float]], width: float, rgb: Rgb) -> None:
        """Draw connected lines with round ends."""
        corners, width_px = [self._pixels(points)], max(1, round(width * _REACH_PX))
        cv2.polylines(self._rgb, corners, False, _bytes(rgb), width_px)
        cv2.polylines(self._alpha, corners, False, (255,), width_px)

    def ellipse(self, centre: tuple[float, float], half_size: tuple[float, float], rgb: Rgb) -> None:
        """Fill an ellipse."""
        self.polygon(np.asarray(centre) + np.asarray(half_size) * ring(40), rgb)

    def box(self, centre: tuple[float, float], half_size: tuple[float, float], rgb: Rgb) -> None:
        """Fill a rectangle."""
        corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        self.polygon(np.asarray(centre) + np.asarray(half_size) * corners, rgb)

    def finished(self) -> NDArray[np.float32]:
        """The picture with outline and shadow: colour times opacity and opacity, shape (SIDE_PX, SIDE_PX, 4)."""
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * OUTLINE_PX + 1, 2 * OUTLINE_PX + 1))
        body = cv2.dilate(self._alpha, disc)
        shift = np.array([[1.0, 0.0, SHADOW_PX[0]], [0.0, 1.0, SHADOW_PX[1]]])
        shadow = cv2.warpAffine(body, shift, (SIDE_PX, SIDE_PX))
        opacity = np.where(body > 0, 1.0, SHADOW_OPACITY * (shadow > 0))
        rgb = np.where(self._alpha[..., None] > 0, self._rgb / 255.0, np.where(body[..., None] > 0, OUTLINE_RGB, 0.0))
        return np.concatenate([rgb * opacity[..., None], opacity[..., None]], axis=-1).astype(np.float32)

    def _pixels(self, points: Points | list[tuple[float, float]]) -> NDArray[np.int32]:
        return np.rint(SIDE_PX / 2 + _REACH_PX * np.asarray(points) @ self._turn).astype(np.int32)


def ring(num_points: int, first_rad: float = 0.0) -> Points:
    """Even places on the unit circle, shape (num_points, 2); the first one is straight up."""
    angle = first_rad + 2 * np.pi * np.arange(num_points) / num_points
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1)


def shade(rgb: Rgb, factor: float) -> Rgb:
    """A darker (factor < 1) or lighter (factor > 1, towards white) tone of a colour."""
    if factor <= 1:
        red, green, blue = (channel * factor for channel in rgb)
    else:
        red, green, blue = (channel + (1 - channel) * (factor - 1) for channel in rgb)
    return red, green, blue


def _bytes(rgb: Rgb) -> tuple[int, int, int]:
    red, green, blue = (round(255 * min(1.0, max(0.0, channel))) for channel in rgb)
    return red, green, blue
