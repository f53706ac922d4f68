"""Random windows on a picture that keep a given point in sight."""

import numpy as np
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor

SMALLEST_WINDOW = 0.65
"""Side of the smallest window as a fraction of the picture: smaller ones would often hold the goal alone."""


def goal_view(
    picture: Tensor, goal_xy: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Tensor, NDArray[np.float32]]:
    """A picture through a random window that holds the goal, mirrored half of the time.

    Args:
        picture: (1, 3, height, width).
        goal_xy: (2,) fractions of the picture in [-0.5, 0.5), x to the right, y down.
        rng: source of window and mirror.

    Returns: the view, scaled back to the size of the picture, and the goal in fractions of the view.
    """
    height, width = picture.shape[-2:]
    side = rng.uniform(SMALLEST_WINDOW, 1.0)
    rows, columns = round(side * height), round(side * width)
    goal_row, goal_column = (goal_xy[1] + 0.5) * height, (goal_xy[0] + 0.5) * width
    top, left = _start(goal_row, rows, height, rng), _start(goal_column, columns, width, rng)
    window = picture[..., top : top + rows, left : left + columns]
    view = functional.interpolate(window, (height, width), mode="bilinear", align_corners=False)
    seen = np.array([(goal_column - left) / columns - 0.5, (goal_row - top) / rows - 0.5], np.float32)
    if rng.random() < 0.5:
        view, seen = view.flip(-1), seen * np.array([-1, 1], np.float32)
    return view, seen


def _start(goal: float, length: int, whole: int, rng: np.random.Generator) -> int:
    """First row or column of a window of this length that holds the goal, as far as the picture allows."""
    first, last = max(0, int(np.ceil(goal)) - length), min(whole - length, int(goal))
    return int(np.clip(rng.integers(min(first, last), max(first, last) + 1), 0, whole - length))
