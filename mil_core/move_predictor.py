"""A learned model of moves: from a picture and a move to the picture after it. Knows no simulator and no file.

Nothing is painted: every predicted pixel is mixed from pixels of the picture before, so that colours never met in
training stay what they are. What is taken is cut out, the hole is filled with what is seen around it, and the cut-out
is laid where it was put, shifted where it comes to stand on something, and hidden where something is in front of it.

Source: thesis 8.2.6.1; moving pixels and mixing them by masks as in Finn et al. 2016 and Ebert et al. 2017. Differs:
one whole move is one step, and where the table is in the picture is fitted beforehand (mil_core.table_plane).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.algorithms.algorithm import MetaLearner, MetaLoss
from mil_core.picture_windows import Window, moved, neighbours, replaced, rimmed, seen, window_at, without_rim
from mil_core.table_plane import TablePlane

_LEAST_CHANGE = 1e-4
"""Mean difference of pictures that is taken for one at least, so that moves which show nothing do no harm."""
_RADIUS_PX = 6.0
"""Of a block, about: so far from the middle half of a pixel is believed to be taken at first."""
_SURE = 4.0
"""Logit in the middle at first."""
_MOST_SCALING = 0.15
"""Logarithm of the correction of the size, at most."""


@dataclass(frozen=True)
class MovePredictorConfig:
    """Sizes of the model."""

    image_height: int = 64
    """Rows of the picture."""
    image_width: int = 64
    """Columns of the picture."""
    window: int = 28
    """Side of what is looked at around both places, in pixels, a multiple of 4: more than two blocks on each other."""
    filters: int = 16
    """Of the convolutions at full size; twice as many at half of it."""
    hidden: int = 64
    """Units behind the shift."""
    reaches: tuple[int, ...] = (6, 11)
    """The hole is filled with pixels so far away, in eight directions each."""


class MoveBatch(NamedTuple):
    """Moves with what came of them."""

    before: Float[Tensor, "move 3 height width"]
    """Pictures with values in [0, 1]."""
    after: Float[Tensor, "move 3 height width"]
    """The same after the move."""
    take_m: Float[Tensor, "move 2"]
    """Where something was taken, x and y on the table."""
    put_m: Float[Tensor, "move 2"]
    """Where it was to be put."""


class Lifted(NamedTuple):
    """Pictures out of which something was taken."""

    pictures: Tensor
    """Without it, with their rim."""
    cut_out: Float[Tensor, "move 4 window window"]
    """The window around where it was taken, and the mask of what was taken."""
    rows: Tensor
    """Of that window; these and the next two as in Window."""
    cols: Tensor
    """Of that window."""
    ways: Tensor
    """Of that window."""
    depth: Float[Tensor, " move"]
    """Distance of the place from the camera."""


class MovePredictor(MetaLearner):
    """The model and its loss."""

    plane: Tensor

    def __init__(self, plane: TablePlane, config: MovePredictorConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("plane", torch.from_numpy(plane.matrix).float(), persistent=False)
        steps = [(row, col) for row in (-1, 0, 1) for col in (-1, 0, 1) if row or col]
        self._offsets = [(reach * row, reach * col) for reach in config.reaches for row, col in steps]
        self.taking = _Hourglass(5, len(self._offsets) + 2, config.filters)
        self.shifting = _Numbers(11, 3, config)
        self.hiding = _Hourglass(9, 1, config.filters)

    def forward(
        self,
        before: Float[Tensor, "move 3 height width"],
        take_m: Float[Tensor, "move 2"],
        put_m: Float[Tensor, "move 2"],
    ) -> Float[Tensor, "move 3 height width"]:
        """The pictures after these moves."""
        return self.lay(self.lift(before, take_m), put_m)

    def lift(self, before: Float[Tensor, "move 3 height width"], take_m: Float[Tensor, "move 2"]) -> Lifted:
        """Take what is there; the same wherever it is put."""
        take, depth = self._window(take_m)
        pictures = rimmed(before, self.config.window)
        shown = seen(pictures, take)
        found = self.taking(torch.cat([shown - 0.5, self._scaled(take)], 1))
        around = neighbours(pictures, take, self._offsets)
        filled = torch.einsum("nkrc,nkirc->nirc", found[:, 2:].softmax(1), around)
        # Something round in the middle is taken: where training begins, or it would never dare to move anything.
        guess = _SURE * (1 - take.ways.square().sum(1, keepdim=True) / _RADIUS_PX**2).clamp(min=-1)
        hole, mask = (guess + found[:, :2]).sigmoid().split(1, 1)
        emptied = replaced(pictures, take, shown + hole * (filled - shown))
        return Lifted(emptied, torch.cat([shown, mask], 1), *take, depth)

    def lay(self, lifted: Lifted, put_m: Float[Tensor, "move 2"]) -> Float[Tensor, "move 3 height width"]:
        """Put down what was taken."""
        take, (put, depth) = Window(lifted.rows, lifted.cols, lifted.ways), self._window(put_m)
        ground = seen(lifted.pictures, put)
        both = torch.cat([lifted.cut_out - 0.5, self._scaled(take), ground - 0.5, self._scaled(put)], 1)
        right, down, larger = self.shifting(both).T
        scale = lifted.depth / depth * (_MOST_SCALING * larger.tanh()).exp()
        laid, mask = moved(lifted.cut_out, take, put, torch.stack([right, down], 1), scale).split([3, 1], 1)
        in_front = self.hiding(torch.cat([ground - 0.5, laid - 0.5, mask, self._scaled(put)], 1))
        mask = mask * (_SURE / 2 + in_front).sigmoid()
        return without_rim(replaced(lifted.pictures, put, ground + mask * (laid - ground)), self.config.window)

    def meta_loss(self, task: MoveBatch) -> MetaLoss:
        """Mean absolute error of the pictures over that of pictures in which nothing has moved: only what changes
        weighs, and 1 is nothing gained."""
        error = (self(task.before, task.take_m, task.put_m) - task.after).abs().mean()
        unmoved = (task.before - task.after).abs().mean()
        share = error / unmoved.clamp(min=_LEAST_CHANGE)
        report = {"error": error, "unmoved_error": unmoved, "unexplained": share}
        return MetaLoss(share, {name: float(value.detach()) for name, value in report.items()})

    def _window(self, places_m: Tensor) -> tuple[Window, Tensor]:
        """The windows around places on the table, and their distances from the camera."""
        found = functional.pad(places_m, (0, 1), value=1.0) @ self.plane.T
        size = self.config.image_height, self.config.image_width
        return window_at(found[:, :2] / found[:, 2:], self.config.window, *size), found[:, 2]

    def _scaled(self, window: Window) -> Tensor:
        return window.ways * (2 / self.config.window)


class _Hourglass(nn.Module):
    """A picture from a picture: at full size, at half of it, and back; each pixel sees most of the window."""

    def __init__(self, channels: int, made: int, filters: int) -> None:
        super().__init__()
        self.fine = _convolution(channels, filters)
        self.coarse = nn.Sequential(
            _convolution(filters, 2 * filters, stride=2),
            _convolution(2 * filters, 2 * filters, dilation=2),
            _convolution(2 * filters, filters, dilation=2),
            nn.Upsample(scale_factor=2),
        )
        self.last = nn.Sequential(_convolution(2 * filters, filters), nn.Conv2d(filters, made, 1))

    def forward(self, picture: Tensor) -> Tensor:
        fine = self.fine(picture)
        return self.last(torch.cat([fine, self.coarse(fine)], 1))


class _Numbers(nn.Sequential):
    """A few numbers from a picture, zero at first."""

    def __init__(self, channels: int, made: int, config: MovePredictorConfig) -> None:
        filters, side = config.filters, config.window // 4
        last = nn.Linear(config.hidden, made)
        super().__init__(
            _convolution(channels, filters, stride=2),
            _convolution(filters, 2 * filters, stride=2),
            _convolution(2 * filters, 2 * filters),
            nn.Flatten(),
            nn.Linear(2 * filters * side * side, config.hidden),
            nn.ReLU(),
            last,
        )
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)


def _convolution(channels: int, filters: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, filters, 3, stride, dilation, dilation), nn.ReLU())
