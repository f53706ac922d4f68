"""From a picture to the logits of "not the goal" and "the goal": convolutions, relations of features, a small head.

Knows no task and no data. Convolutions and relations are the trunk, which all tasks share; the head is what adapts.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.policies.encoder import Encoder, soft_argmax

REACH = 6
"""Farthest that two features are compared across, in cells of a 16 x 16 map; two blocks in a relation are nearer."""
FEATURE_NORM = 4.0
"""Length of every feature vector: the inner step then has a known size whatever the picture."""
_EPSILON = 1e-6
_FAINT = 0.5
"""Sum of a cell's features below which it hardly counts; above it all cells count alike, however vivid."""
_DOUBT = 12.0
"""Minus the logit before the inner step, at the beginning: hardly anything counts as success until goals are seen."""
_NARROW = 0.8
"""Cosine of the widest angle between a detector's hue and one that excites it."""
_PALE = 0.1
"""Chroma below which a pixel has no hue."""


@dataclass(frozen=True)
class GoalNetConfig:
    """Sizes of a goal classifier."""

    image_height: int = 64
    """Rows of the picture."""
    image_width: int = 64
    """Columns of the picture."""
    hues: int = 12
    """Detectors of the first layer, which is fixed."""
    filters: tuple[int, int] = (12, 12)
    """Of the two learned convolutions; the thesis has (32, 32)."""
    strides: tuple[int, int] = (2, 1)
    """Of the two learned convolutions; the thesis has (2, 2)."""
    readout: Literal["points", "relations"] = "relations"
    """What the head sees of the last map: the thesis's feature points, or which features lie where to each other."""
    hidden: int = 0
    """Units of the head's hidden layer, 0 for none; the thesis has 50 behind feature points."""


class GoalNet(nn.Module):
    """Trunk and head of a goal classifier.

    Source: thesis B.6.1: three 3x3 convolutions, each with layer norm and ReLU, spatial soft-argmax, 50 units, two
    logits; the first convolution is given, not learned (VGG-16's in the thesis, frozen in the released code). Differs:
    the given layer detects hues that differ from the table's; fewer filters; with `readout="relations"` a layer that
    compares features with one another stands in the place of soft-argmax and hidden units, so that the head need not
    learn from five pictures what "left of" is; the length of the head's input is fixed.
    """

    def __init__(self, config: GoalNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config.hues, config.filters, config.strides, 3)
        begin_as_identity(self.encoder)
        channels = config.filters[-1]
        num_features = 2 * channels if config.readout == "points" else len(offsets()) * channels**2
        self.hidden = nn.Linear(num_features, config.hidden) if config.hidden else None
        self.logits = nn.Linear(config.hidden or num_features, 2)
        with torch.no_grad():
            if self.hidden is None:
                self.logits.weight.zero_()
            self.logits.bias.copy_(torch.tensor([0.5, -0.5]) * _DOUBT)

    def features(self, pictures: Float[Tensor, "picture 3 height width"]) -> Float[Tensor, "picture feature"]:
        """What the head sees of pictures with values in [0, 1]; the same for all tasks."""
        maps = self.encoder.maps(hue_maps(pictures, self.config.hues))
        if self.config.readout == "points":
            found = soft_argmax(maps)
        else:
            found = co_occurrence(maps / (maps.sum(1, keepdim=True) + _FAINT))
        return FEATURE_NORM * found / (found.norm(dim=1, keepdim=True) + _EPSILON)

    def forward(self, features: Float[Tensor, "picture feature"]) -> Float[Tensor, "picture two"]:
        """Logits of "not the goal" and "the goal"."""
        return self.logits(features if self.hidden is None else self.hidden(features).relu())

    def head_names(self) -> frozenset[str]:
        """Names of the parameters behind the features."""
        return frozenset(name for name, _ in self.named_parameters() if not name.startswith("encoder."))


def hue_maps(pictures: Float[Tensor, "picture 3 height width"], hues: int) -> Float[Tensor, "picture hue row col"]:
    """How vividly each hue is seen where a picture differs from the table, at half the size. Ours.

    The table is the picture's median. A pixel excites the one or two detectors that are nearest to its hue; grey ones,
    such as an arm's, excite none.
    """
    table = pictures.flatten(2).median(dim=2).values[..., None, None]
    across, along = _chromaticity(pictures)
    chroma = (across.square() + along.square()).sqrt()
    apart = torch.stack(_chromaticity(pictures - table)).square().sum(0).sqrt()
    angles = torch.arange(hues, dtype=pictures.dtype) * (2 * torch.pi / hues)
    seen = across[:, None] * angles.cos().view(-1, 1, 1) + along[:, None] * angles.sin().view(-1, 1, 1)
    is_thing = (chroma > _PALE) & (apart > _PALE)
    return functional.avg_pool2d((seen - _NARROW * chroma[:, None]).relu() * is_thing[:, None], 2)


def _chromaticity(colours: Tensor) -> tuple[Tensor, Tensor]:
    """The two coordinates of colours (picture, 3, row, col) across the grey axis."""
    red, green, blue = colours.unbind(1)
    return (2 * red - green - blue) / 6**0.5, (green - blue) / 2**0.5


def begin_as_identity(encoder: Encoder) -> None:
    """Let the convolutions begin by handing on what they get, in place: the first one its mean over 2 x 2 cells."""
    first, second = (layer.weight for layer in encoder.convolutions)
    with torch.no_grad():
        first.zero_()
        first[..., :2, :2] = torch.eye(*first.shape[:2])[..., None, None] / 4
        second.zero_()
        second[..., 1, 1] = torch.eye(*second.shape[:2])


def offsets() -> tuple[tuple[int, int], ...]:
    """Rows and columns between two compared cells: half of the plane, as the other half repeats it."""
    steps = range(-REACH, REACH + 1)
    ahead = [(row, col) for row in range(REACH + 1) for col in steps if row > 0 or col >= 0]
    return tuple(offset for offset in ahead if offset[0] ** 2 + offset[1] ** 2 <= REACH**2)


def co_occurrence(maps: Float[Tensor, "picture channel row col"]) -> Float[Tensor, "picture feature"]:
    """How much of which feature lies at which offset from which other feature, wherever in the picture. Ours.

    Returns: square roots of sum_x f_a(x) f_b(x + offset) for every offset and pair a, b; zero where a = b, because
        most of what lies beside a thing is the thing itself.
    """
    parts = []
    rows, cols = maps.shape[-2:]
    for down, right in offsets():
        here = maps[..., : rows - down, max(0, -right) : cols - max(0, right)].flatten(2)
        there = maps[..., down:, max(0, right) : cols - max(0, -right)].flatten(2)
        parts.append(here @ there.transpose(1, 2))
    differs = 1 - torch.eye(maps.shape[1], dtype=maps.dtype)
    return ((torch.stack(parts, 1) * differs).flatten(1) + _EPSILON).sqrt()
