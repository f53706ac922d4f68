"""Variety that costs nothing: other light, other framing. For training only.

It never turns one colour into another: held-out colours stay held out.
"""

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

LIGHT = 0.15
"""Largest relative change of brightness, and of each colour channel by a third of it."""
SMALLEST_FRAME = 0.8
"""Side of the smallest frame as a fraction of the picture."""


def relit(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """The same pictures under a little more or less light of a little other warmth; one draw for all of them.

    Source: thesis B.3.4 and the released code of MIL change the light as well, the latter anew for every frame.
    """
    gain = rng.uniform(1 - LIGHT, 1 + LIGHT) * rng.uniform(1 - LIGHT / 3, 1 + LIGHT / 3, 3)
    return (pictures * torch.from_numpy(gain.astype(np.float32)).view(1, 3, 1, 1)).clamp(0, 1)


def reframed(pictures: Tensor, points_xy: Tensor | None, rng: np.random.Generator) -> tuple[Tensor, Tensor | None]:
    """A clip through one random window, scaled back to its size and mirrored half of the time.

    Args:
        pictures: (frame, 3, height, width).
        points_xy: (frame, 2) fractions of the picture in [-0.5, 0.5), or None.
        rng: source of window and mirror.

    Returns: the clip, and the points in fractions of it; a point outside of the window becomes NaN.
    """
    height, width = pictures.shape[-2:]
    side = rng.uniform(SMALLEST_FRAME, 1.0)
    rows, columns = round(side * height), round(side * width)
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    window = pictures[..., top : top + rows, left : left + columns]
    clip = functional.interpolate(window, (height, width), mode="bilinear", align_corners=False)
    mirrored = rng.random() < 0.5
    if mirrored:
        clip = clip.flip(-1)
    if points_xy is None:
        return clip, None
    size, start = torch.tensor([columns, rows]), torch.tensor([left, top])
    moved = ((points_xy + 0.5) * torch.tensor([width, height]) - start) / size - 0.5
    moved = moved * torch.tensor([-1.0, 1.0]) if mirrored else moved
    inside = (moved.abs() <= 0.5).all(dim=1, keepdim=True)
    return clip, torch.where(inside, moved, torch.nan)
