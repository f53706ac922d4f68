"""How far two shapes of a rope are from each other, wherever they lie."""

import numpy as np
from numpy.typing import NDArray

Beads = NDArray[np.floating]
"""Places of the beads along a rope, x and y in metres, shape (..., beads, 2)."""
DIFFERENT_M = 0.01
"""Shapes nearer to each other than this count as the same: their labels would be left to chance. Ours."""


def centred(places_m: Beads) -> Beads:
    """The same shape with its middle at the origin."""
    return places_m - places_m.mean(-2, keepdims=True)


def shape_distance_m(one_m: Beads, other_m: Beads) -> NDArray[np.float64]:
    """Mean distance between corresponding beads after both middles were laid on each other, shape (...).

    Source: thesis 8.2.6.2, the metric of Table 9 and the oracle's reward.
    """
    return np.linalg.norm(centred(one_m) - centred(other_m), axis=-1).mean(-1)
