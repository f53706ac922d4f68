"""From a picture to the logits of "not the goal" and "the goal": convolutions, relations of features, a small head.

Knows no task and no data. Convolutions and relations are the trunk, which all tasks share; the head is what adapts.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.policies.encoder import Encoder, soft_argmax

REACH = 6
"""Farthest that two features are compared across, in cells of a 16 x 16 map; two blocks in a relation are nearer."""
FEATURE_NORM = 4.0
"""Length of every feature vector: the inner step then has a known size whatever the picture."""
_EPSILON = 1e-6
_LIGHT = 0.05
"""Weight of a light detector for each channel at the beginning: the table's surroundings differ most by lightness."""
_SPARSE = -0.5
"""Offset of the last layer at the beginning: most of a picture excites nothing."""
_OTHERS = 2.5
"""Sum of what a detector takes off of all detectors' responses: a hue that lies on its axis then just passes."""


@dataclass(frozen=True)
class GoalNetConfig:
    """Sizes of a goal classifier."""

    image_height: int = 64
    """Rows of the picture."""
    image_width: int = 64
    """Columns of the picture."""
    filters: tuple[int, int, int] = (12, 12, 12)
    """Of the three convolutions; the thesis has (32, 32, 32)."""
    strides: tuple[int, int, int] = (2, 2, 1)
    """Of the three convolutions; the thesis has (2, 2, 2)."""
    readout: Literal["points", "relations"] = "relations"
    """What the head sees of the last map: the thesis's feature points, or which features lie where to each other."""
    hidden: int = 50
    """Units of the head's hidden layer, as in the thesis."""


class GoalNet(nn.Module):
    """Trunk and head of a goal classifier.

    Source: thesis B.6.1: three 3x3 convolutions, each with layer norm and ReLU, spatial soft-argmax, 50 units, two
    logits. Differs: fewer filters, which begin as detectors of hues in the place of the first layer of VGG-16; they see
    how far a pixel is from the picture's median, which is the table; with `readout="relations"` a layer that compares
    features with one another stands in the place of the soft-argmax, so that the head need not learn from five
    pictures what "left of" is; the length of the head's input is fixed.
    """

    def __init__(self, config: GoalNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(3, config.filters, config.strides, 3)
        begin_with_hues(self.encoder)
        channels = config.filters[-1]
        num_features = 2 * channels if config.readout == "points" else len(offsets()) * channels**2
        self.hidden = nn.Linear(num_features, config.hidden)
        self.logits = nn.Linear(config.hidden, 2)
        nn.init.normal_(self.hidden.weight, std=1 / FEATURE_NORM)
        nn.init.zeros_(self.hidden.bias)

    def features(self, pictures: Float[Tensor, "picture 3 height width"]) -> Float[Tensor, "picture feature"]:
        """What the head sees of pictures with values in [0, 1]; the same for all tasks."""
        table = pictures.flatten(2).median(dim=2).values[..., None, None]
        maps = self.encoder.maps(pictures - table)
        found = soft_argmax(maps) if self.config.readout == "points" else co_occurrence(maps)
        return FEATURE_NORM * found / (found.norm(dim=1, keepdim=True) + _EPSILON)

    def forward(self, features: Float[Tensor, "picture feature"]) -> Float[Tensor, "picture two"]:
        """Logits of "not the goal" and "the goal"."""
        return self.logits(self.hidden(features).relu())


def begin_with_hues(encoder: Encoder) -> None:
    """Let the filters begin as blurred detectors, one a hue and the last two for light and dark, in place. Ours.

    The third layer takes off what other hues see, so that a colour excites its own detectors alone.
    """
    first, second, third = (layer.weight for layer in encoder.convolutions)
    channels, hues = first.shape[0], first.shape[0] - 2
    angles = torch.arange(hues) * (2 * torch.pi / hues)
    axes = torch.tensor([[2.0, -1.0, -1.0], [0.0, 3**0.5, -(3**0.5)]]) / 6**0.5
    light = torch.full((1, 3), _LIGHT)
    own = torch.eye(channels)
    own[:hues, :hues] -= _OTHERS / hues
    with torch.no_grad():
        colours = torch.cat([torch.stack([angles.cos(), angles.sin()], dim=1) @ axes, light, -light])
        first.copy_((colours / 9)[..., None, None].expand_as(first))
        second.copy_((torch.eye(channels) / 9)[..., None, None].expand_as(second))
        third.zero_()
        third[..., 1, 1] = own
        encoder.offsets[-1].fill_(_SPARSE)


def offsets() -> tuple[tuple[int, int], ...]:
    """Rows and columns between two compared cells: every second one of half the plane, as the other half repeats it."""
    steps = range(-REACH, REACH + 1, 2)
    ahead = [(row, col) for row in range(0, REACH + 1, 2) for col in steps if row > 0 or col >= 0]
    return tuple(offset for offset in ahead if offset[0] ** 2 + offset[1] ** 2 <= REACH**2)


def co_occurrence(maps: Float[Tensor, "picture channel row col"]) -> Float[Tensor, "picture feature"]:
    """How much of which feature lies at which offset from which other feature, wherever in the picture. Ours.

    Returns: square roots of sum_x f_a(x) f_b(x + offset) for every offset and pair of channels.
    """
    parts = []
    rows, cols = maps.shape[-2:]
    for down, right in offsets():
        here = maps[..., : rows - down, max(0, -right) : cols - max(0, right)].flatten(2)
        there = maps[..., down:, max(0, right) : cols - max(0, -right)].flatten(2)
        parts.append(here @ there.transpose(1, 2))
    together = (torch.stack(parts, 1).flatten(1) + _EPSILON).sqrt()
    return together
