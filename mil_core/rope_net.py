"""From pictures of a rope to how likely its shape is the goal's. Knows no task and no data.

The convolutions are shared by all tasks; the fully connected layers behind them are what adapts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

_LEAST_RED = 0.1
"""Red over the mean of green and blue, above which a picture's point counts as rope."""
_EPSILON = 1e-6


@dataclass(frozen=True)
class RopeNetConfig:
    """Sizes of the classifier of rope shapes."""

    image_height: int = 64
    """Rows of the picture."""
    image_width: int = 64
    """Columns of the picture."""
    filters: int = 16
    """Of each of the three convolutions of stride 2, as in the thesis."""
    hidden: tuple[int, int] = (64, 64)
    """Units of the first two of three fully connected layers; the thesis names no number here."""
    centred: bool = True
    """Whether the network looks at a window around the rope instead of the whole picture. Ours: the shape counts and
    not the place, and 240 tasks alone do not teach that to layers that look at fixed places."""
    window: int = 40
    """Side of that window in pixels: as wide as the straight rope."""


class RopeNet(nn.Module):
    """The parameters that all tasks share.

    Source: thesis B.6.1, simulated experiments: three convolutions of 16 filters with layer normalisation, features
    flattened, three fully connected layers. Differs: one logit in the place of two; the window around the rope.
    """

    step_shares: ClassVar[dict[str, float]] = {
        "weight_0": 0.1, "bias_0": 0.1, "weight_1": 0.1, "bias_1": 0.1, "weight_2": 1.0, "bias_2": 0.1,
    }  # fmt: skip
    """What values and their steps are multiplied by, at the beginning: a step is the square of it times that of the
    inner loop."""

    def __init__(self, config: RopeNetConfig) -> None:
        super().__init__()
        self.config = config
        rows, cols = (config.window, config.window) if config.centred else (config.image_height, config.image_width)
        layers: list[nn.Module] = []
        for channels in (3, config.filters, config.filters):
            rows, cols = -(-rows // 2), -(-cols // 2)
            layers += [
                nn.Conv2d(channels, config.filters, 3, stride=2, padding=1),
                nn.LayerNorm([config.filters, rows, cols]),
                nn.ReLU(),
            ]
        self.convolutions = nn.Sequential(*layers, nn.Flatten())
        sizes = (config.filters * rows * cols, *config.hidden, 1)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True))

    def given(self, pictures: Float[Tensor, "picture 3 height width"]) -> Float[Tensor, "picture number"]:
        """What is given by hand: the window around the rope, flattened."""
        return self._window(pictures).flatten(1)

    def see(self, pictures: Float[Tensor, "picture 3 height width"]) -> Float[Tensor, "picture feature"]:
        """Features of pictures with values in [0, 1], the same for all tasks."""
        return self.convolutions(self._window(pictures) - 0.5)

    def _window(self, pictures: Tensor) -> Tensor:
        return around_rope(pictures, self.config.window) if self.config.centred else pictures

    def pairs(self, goals: Float[Tensor, "task goal feature"]) -> Tensor:
        """Nothing: all features are looked at, whatever the goals show. See GoalNet."""
        return goals.new_empty(0)

    def relations(
        self, points: Float[Tensor, "task picture feature"], pairs: Tensor
    ) -> Float[Tensor, "task picture feature"]:
        """The features as they are. See GoalNet."""
        del pairs
        return points

    def head(self, relations: Float[Tensor, "task picture feature"]) -> dict[str, Tensor]:
        """What adapts, before it has: the fully connected layers, once for each task."""
        copies = len(relations)
        weights = {f"weight_{k}": layer.weight.expand(copies, -1, -1) for k, layer in enumerate(self.layers)}
        return weights | {f"bias_{k}": layer.bias.expand(copies, -1) for k, layer in enumerate(self.layers)}

    @staticmethod
    def logits(
        head: Mapping[str, Tensor], relations: Float[Tensor, "task picture feature"]
    ) -> Float[Tensor, "task picture"]:
        """How much more likely the goal is than not, in nats."""
        seen = relations
        for number in range(len(head) // 2):
            seen = functional.relu(seen) if number else seen
            seen = torch.baddbmm(head[f"bias_{number}"][:, None], seen, head[f"weight_{number}"].mT)
        return seen[..., 0]


def around_rope(pictures: Float[Tensor, "picture 3 height width"], window: int) -> Float[Tensor, "picture 3 side side"]:
    """The part of each picture around the middle of what is red, moved by fractions of a pixel; the table's edge colour
    goes on beyond the edge."""
    height, width = pictures.shape[-2:]
    red = functional.relu(pictures[:, 0] - pictures[:, 1:].mean(1) - _LEAST_RED) + _EPSILON
    share = red / red.sum((1, 2), keepdim=True)
    rows, cols = torch.arange(height, dtype=red.dtype), torch.arange(width, dtype=red.dtype)
    middle = torch.stack([(share.sum(1) * cols).sum(1), (share.sum(2) * rows).sum(1)], dim=1)
    offsets = torch.arange(window, dtype=red.dtype) - (window - 1) / 2
    grid = torch.stack(torch.meshgrid(offsets, offsets, indexing="xy"), dim=-1) + middle[:, None, None]
    size = torch.tensor([width, height], dtype=red.dtype)
    return functional.grid_sample(pictures, (2 * grid + 1) / size - 1, padding_mode="border", align_corners=False)
