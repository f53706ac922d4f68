"""The colours of containers and items, partitioned so that no colour of a held-out object occurs in training.

Colours are laid out on a grid of hue and tone in OKLCh, where equal steps look equally large; held-out colours are
interleaved in hue, so that each lies between two training colours of its tone. This file knows nothing about shapes.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split

Rgb = tuple[float, float, float]
"""Red, green and blue in [0, 1], sRGB."""

NUM_HUES = 25
TONES: tuple[tuple[float, float], ...] = (
    (0.62, 0.22),
    (0.72, 0.17),
    (0.82, 0.14),
    (0.88, 0.08),
    (0.52, 0.16),
    (0.43, 0.12),
)
"""Lightness and chroma: vivid, bright, light, pastel, deep, dark. Chroma shrinks where sRGB cannot show it."""

LIGHTNESS_WEIGHT = 0.5
"""Lightness counts half: light differs between the films and the robot's pictures, hue does so much less."""

_OKLAB_TO_LMS = np.array(
    ((1, 0.3963377774, 0.2158037573), (1, -0.1055613458, -0.0638541728), (1, -0.0894841775, -1.2914855480))
)
_LMS_TO_LINEAR = np.array(
    (
        (4.0767416621, -3.3077115913, 0.2309699292),
        (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010),
    )
)


@cache
def palette(split: Split) -> tuple[Rgb, ...]:
    """The object colours of one split; colours of different splits are disjoint.

    Args: split: which identities.
    Returns: 90 colours for train, 30 for validation and 30 for test.
    """
    return tuple(
        from_oklch(lightness, chroma, 2 * np.pi * hue / NUM_HUES)
        for tone, (lightness, chroma) in enumerate(TONES)
        for hue in range(NUM_HUES)
        if _split_of(hue, tone) == split
    )


def colour_distance(one: Rgb, other: Rgb) -> float:
    """How different two colours look, mostly by hue and chroma.

    Returns: Euclidean distance in OKLab with lightness weighted down; 0.02 is just noticeable, 0.3 is red to green.
    """
    return float(np.linalg.norm((oklab(one) - oklab(other)) * (LIGHTNESS_WEIGHT, 1.0, 1.0)))


@cache
def oklab(rgb: Rgb) -> NDArray[np.float64]:
    """Lightness and the two colour axes of OKLab, shape (3,).

    Source: B. Ottosson, "A perceptual color space for image processing", 2020.
    """
    encoded = np.asarray(rgb, float)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.linalg.solve(_OKLAB_TO_LMS, np.cbrt(np.linalg.solve(_LMS_TO_LINEAR, linear)))


def from_oklch(lightness: float, chroma: float, hue_rad: float) -> Rgb:
    """The most colourful sRGB colour of this lightness and hue up to the given chroma.

    Args: lightness, chroma: OKLCh units, 0 to 1 and 0 to 0.3. hue_rad: 0 is pink, pi / 2 yellow, pi green.
    """
    linear = np.zeros(3)
    for shrink in np.linspace(1.0, 0.0, 41):
        lab = np.array((lightness, shrink * chroma * np.cos(hue_rad), shrink * chroma * np.sin(hue_rad)))
        linear = _LMS_TO_LINEAR @ (_OKLAB_TO_LMS @ lab) ** 3
        if (linear > -1e-4).all() and (linear < 1.0001).all():
            break
    linear = linear.clip(0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).clip(0.0, 1.0)
    red, green, blue = (round(float(channel), 4) for channel in encoded)
    return red, green, blue


def _split_of(hue: int, tone: int) -> Split:
    # Two steps a tone: neighbours of a held-out colour in hue are never held out for the same split.
    residue = (hue + 2 * tone) % 5
    return "test" if residue == 0 else "validation" if residue == 2 else "train"
