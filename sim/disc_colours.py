"""Plain colours with held-out identities, evenly spread over what a screen can show.

Built by calculation, not by chance: no random numbers, so the lists are the same on every machine. It refuses to know
what is painted with a colour.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split

NUM_COLOURS = 600
NEUTRAL_LAB = 30.0
"""Least chroma of a colour, CIELAB units: floor and arm are grey, and nothing coloured may look like them."""
DARKEST_LAB = 30.0
"""Least lightness of a colour, CIELAB units; below it hues are hard to tell apart."""
_GRID = 26
"""Candidate colours are a grid of this many values a channel: 17,576 colours."""
_LINEAR_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Position of colours in CIELAB, where straight distance is near to what an eye calls different.

    Source: IEC 61966-2-1 (sRGB to XYZ, white D65) and CIE 15:2004 (XYZ to L*a*b*). Differs: nothing.

    Args: rgb: sRGB values in [0, 1], shape (..., 3).
    Returns: L*, a*, b*, shape (..., 3).
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _LINEAR_TO_XYZ.T / _LINEAR_TO_XYZ.sum(axis=1)
    cube = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = cube[..., 0], cube[..., 1], cube[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def colour(colour_id: int) -> NDArray[np.float64]:
    """sRGB values in [0, 1] of one colour, shape (3,)."""
    return _colours()[colour_id]


def colour_ids(split: Split) -> NDArray[np.int64]:
    """Identities of the colours of one split: 480 to train, 60 to validate, 60 to test.

    Every tenth colour in the order of spreading is a test colour, the one before it a validation colour: so each split
    covers the whole space, and each colour is as far from the other splits as from its own (about 10 CIELAB units).
    """
    ids = np.arange(NUM_COLOURS)
    place = {"test": ids % 10 == 9, "validation": ids % 10 == 8, "train": ids % 10 < 8}
    return ids[place[split]]


def colour_distance(first_id: int, second_id: int) -> float:
    """How different two colours look, CIELAB units (about 2 is just visible, 100 is black to white)."""
    return float(np.linalg.norm(_labs()[first_id] - _labs()[second_id]))


@cache
def _labs() -> NDArray[np.float64]:
    return lab(_colours())


@cache
def _colours() -> NDArray[np.float64]:
    """Farthest-point spreading: each next colour is the candidate farthest from all colours before it, shape (N, 3)."""
    axis = np.linspace(0.0, 1.0, _GRID)
    candidates = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    places = lab(candidates)
    vivid = (np.linalg.norm(places[:, 1:], axis=1) >= NEUTRAL_LAB) & (places[:, 0] >= DARKEST_LAB)
    # Rounding keeps ties in the same order whatever the machine's last bit does.
    candidates, places = candidates[vivid], np.round(places[vivid], 6)
    chosen = [0]
    nearest = np.full(len(places), np.inf)
    while len(chosen) < NUM_COLOURS:
        nearest = np.minimum(nearest, np.round(np.linalg.norm(places - places[chosen[-1]], axis=1), 6))
        chosen.append(int(nearest.argmax()))
    return candidates[chosen]
