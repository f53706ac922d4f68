"""Square windows of pictures: cut out around a place, moved elsewhere, put back. Knows neither tables nor moves.

Windows lie on whole pixels, so that what is cut out and put back is the same to the last bit; where the place lies
between pixels is told beside. Pictures have a rim as wide as the window, so that windows may reach over the border.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int
from torch import Tensor


class Window(NamedTuple):
    """Where the windows of some pictures are."""

    rows: Int[Tensor, "picture row 1"]
    """Rows of the pictures with their rim."""
    cols: Int[Tensor, "picture 1 col"]
    """Columns of the pictures with their rim."""
    ways: Float[Tensor, "picture 2 row col"]
    """How far each pixel is right of and below the place, in pixels."""


def rimmed(pictures: Float[Tensor, "picture channel height width"], rim: int) -> Tensor:
    """Pictures with a rim of so many pixels that repeat the outermost ones."""
    return functional.pad(pictures, (rim, rim, rim, rim), mode="replicate")


def without_rim(pictures: Tensor, rim: int) -> Float[Tensor, "picture channel height width"]:
    """The inverse of `rimmed`."""
    return pictures[:, :, rim:-rim, rim:-rim]


def window_at(pixels: Float[Tensor, "picture 2"], side: int, height: int, width: int) -> Window:
    """Windows around places, which are moved to the picture's border where they lie too far outside.

    Args: pixels: x and y from the middle of the first pixel of the picture without its rim. side: of the window and of
        the rim, even. height, width: of the picture without its rim.
    """
    limit = pixels.new_tensor([width, height]) + side / 2 - 1
    places = pixels.clamp(min=pixels.new_tensor(-side / 2)).minimum(limit) + side
    first = places.detach().floor().long() - side // 2 + 1
    cols, rows = (first[:, axis, None] + torch.arange(side) for axis in (0, 1))
    right, below = cols - places[:, :1], rows - places[:, 1:]
    ways = torch.stack([right[:, None].expand(-1, side, -1), below[:, :, None].expand(-1, -1, side)], 1)
    return Window(rows[:, :, None], cols[:, None], ways)


def seen(pictures: Tensor, window: Window) -> Float[Tensor, "picture channel row col"]:
    """What the windows show. Args: pictures: with their rim."""
    numbers = torch.arange(len(pictures))[:, None, None]
    return pictures.permute(0, 2, 3, 1)[numbers, window.rows, window.cols].permute(0, 3, 1, 2)


def replaced(pictures: Tensor, window: Window, shown: Float[Tensor, "picture channel row col"]) -> Tensor:
    """The pictures with this in the windows. Args: pictures: with their rim."""
    numbers, changed = torch.arange(len(pictures))[:, None, None], pictures.permute(0, 2, 3, 1).clone()
    changed[numbers, window.rows, window.cols] = shown.permute(0, 2, 3, 1)
    return changed.permute(0, 3, 1, 2)


def neighbours(
    pictures: Tensor, window: Window, offsets: Sequence[tuple[int, int]]
) -> Float[Tensor, "picture offset channel row col"]:
    """What windows show that lie so many rows and columns further. Args: pictures: with their rim."""
    side, reach = window.rows.shape[1], max(abs(step) for offset in offsets for step in offset)
    inside = torch.arange(side + 2 * reach)
    wide = Window(window.rows[:, :1] + inside[:, None], window.cols[:, :, :1] + inside, window.ways)
    shown = seen(rimmed(pictures, reach), wide)
    places = ((reach + row, reach + col) for row, col in offsets)
    return torch.stack([shown[:, :, row : row + side, col : col + side] for row, col in places], 1)


def moved(
    shown: Float[Tensor, "picture channel row col"],
    origin: Window,
    target: Window,
    shift: Float[Tensor, "picture 2"],
    scale: Float[Tensor, " picture"],
) -> Float[Tensor, "picture channel row col"]:
    """What one window shows, as it would be seen in another: place on place, but for a shift, and larger.

    Args: shown: what `origin` shows. shift: to the right and down, in pixels. scale: how much larger it becomes.
    """
    wanted = (target.ways - shift[:, :, None, None]) / scale[:, None, None, None]
    grid = (2 * (wanted - origin.ways[:, :, :1, :1]) + 1) / shown.shape[-1] - 1
    return functional.grid_sample(shown, grid.permute(0, 2, 3, 1), padding_mode="border", align_corners=False)
