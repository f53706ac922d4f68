"""One picture of the simulated policy camera."""

import numpy as np
from numpy.typing import NDArray

from mil_core.bench.comparison import Agreement, Comparison, Timing

BUDGET_S = 0.008
TOLERANCE = 1.0
"""Mean difference of a pixel's value, of 255: shadows and the edges of shapes may differ a little."""
Drawn = tuple[list[float], NDArray[np.uint8]]
"""Seconds for each of some pictures, and one of them."""


def bench_render(ours: Drawn, peer: Drawn) -> Comparison:
    """Compare sim's renderer with mujoco.Renderer in its default settings; same scene, camera and size."""
    difference = np.abs(ours[1].astype(float) - peer[1].astype(float)).mean()
    return Comparison(
        "render",
        Timing.of("one policy picture by sim.render", ours[0]),
        Timing.of("by mujoco.Renderer with its default settings, same scene and size", peer[0]),
        Agreement("mean difference of a pixel's value, of 255", float(difference), TOLERANCE),
        BUDGET_S,
        "p50_s",
    )
