"""From points of colours to how likely a goal is: which way one colour lies from another, and a weight for each.

Knows no task, no data and no pictures. The network that tells ways apart is shared by all tasks and all colours; the
weights are what adapts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int
from torch import Tensor, nn

from mil_core.colour_points import ColourPointsConfig, colour_points, lattice

_REACH = 0.17
"""Unit of ways, in picture widths: about the length of those that matter."""
_STACK = 0.3
"""Ways as short as those between a thing and what stands on it, in the same unit."""
_UNLIKE_STEPS = 4
"""Colours so many steps of the lattice apart are hardly ever shades of one thing."""
_NUM_SEEN = 11
"""What is told of each pair."""
_BEGIN = -4.0
"""Logit before any goal is seen, at the beginning: hardly anything counts as success."""
_EPSILON = 1e-3


@dataclass(frozen=True)
class GoalNetConfig:
    """Sizes of a goal classifier."""

    image_height: int = 64
    """Rows of the picture."""
    image_width: int = 64
    """Columns of the picture."""
    colours: ColourPointsConfig = ColourPointsConfig()
    """What the given layer looks for."""
    hidden: int = 48
    """Units of each of the two hidden layers of the network that tells ways apart; the thesis has 50 behind points."""
    kinds: int = 12
    """Kinds of ways that it tells apart, and one more for those that mean nothing."""
    pairs: int = 96
    """Pairs of colours that a classifier looks at: those that its goal pictures show most surely."""
    least_apart: float = 0.0
    """Distance of a pair's colours, in steps of the lattice along the axis where they differ most; at 1.5 a pair is
    hardly ever two shades of one thing."""
    steady: float = 0.0
    """How much the way between them may vary from goal picture to goal picture, in picture widths; pairs whose way
    varies more count less. Zero where that does not matter."""


class GoalNet(nn.Module):
    """The parameters that all tasks share.

    Source: thesis B.6.1: a given first layer, feature points, a small network behind them, a logit; adapted by gradient
    steps on positives. Differs: the given layer finds colours, where the thesis takes VGG-16's first; points of colours
    stand in the place of learned ones; a network that compares points by pairs (Santoro et al. 2017, relation
    networks) stands in the place of one that sees them all, so that five pictures need not teach what "left of" is.
    """

    step_shares: ClassVar[dict[str, float]] = {"weight": 1.0, "bias": 0.02}
    """What values and their steps are multiplied by, at the beginning: a step is the square of it times that of the
    inner loop. A bias that rose as fast as the weights would make everything likelier."""

    def __init__(self, config: GoalNetConfig) -> None:
        super().__init__()
        self.config = config
        self.ways = nn.Sequential(
            nn.Linear(_NUM_SEEN, config.hidden),
            nn.Tanh(),
            nn.Linear(config.hidden, config.hidden),
            nn.Tanh(),
            nn.Linear(config.hidden, config.kinds + 1),
        )
        self.weight = nn.Parameter(torch.zeros(config.kinds))
        self.bias = nn.Parameter(torch.tensor(_BEGIN))

    def given(self, pictures: Float[Tensor, "picture 3 height width"]) -> Float[Tensor, "picture number"]:
        """What is given by hand: how surely each colour is there, and its place weighted by that."""
        points = colour_points(pictures, self.config.colours)
        return torch.cat([points[..., :1], points[..., :1] * points[..., 1:]], dim=-1).flatten(1)

    @torch.no_grad()
    def see(self, pictures: Float[Tensor, "picture 3 height width"]) -> Float[Tensor, "picture colour 3"]:
        """Points of colours; nothing in them is learned."""
        return colour_points(pictures, self.config.colours)

    def pairs(self, goals: Float[Tensor, "task goal colour 3"]) -> Int[Tensor, "two task pair"]:
        """Numbers of the two colours of each pair that the goals show most surely, and most alike if that is asked."""
        first, second = _far_pairs(self.config.colours, self.config.least_apart)
        sure = goals[..., 0]
        worth = (sure[..., first] * sure[..., second]).mean(1)
        if self.config.steady > 0:
            spread = (goals[..., first, 1:] - goals[..., second, 1:]).var(1, correction=0).sum(-1)
            worth = worth * (-spread / self.config.steady**2).exp()
        chosen = worth.topk(self.config.pairs, -1).indices
        return torch.stack([first[chosen], second[chosen]])

    def relations(
        self, points: Float[Tensor, "task picture colour 3"], pairs: Int[Tensor, "two task pair"]
    ) -> Float[Tensor, "task picture pair kind"]:
        """How surely each kind of way leads from the second colour of each pair to the first; the network is told the
        way and how unlike the two colours are, not which colours they are."""
        index = pairs[:, :, None, :, None].expand(-1, -1, points.shape[1], -1, 3)
        first, second = (points.gather(2, one) for one in index)
        way = (first[..., 1:] - second[..., 1:]) / _REACH
        length = (way.square().sum(-1, keepdim=True) + _EPSILON).sqrt()
        unlike = _unlikeness(self.config.colours).to(way.dtype)[pairs[0], pairs[1]]
        unlike = unlike[:, None].expand(-1, points.shape[1], -1, -1)  # the same in every picture
        seen = torch.cat([way, way / length, (way / _STACK).tanh(), length, 1 / (1 + length), unlike], dim=-1)
        kinds = self.ways(seen).softmax(-1)[..., :-1]
        return (first[..., :1] * second[..., :1]) * kinds

    def head(self, relations: Float[Tensor, "task picture pair kind"]) -> dict[str, Tensor]:
        """What adapts, before it has: a weight of each kind, the same for all pairs, and the bias, (task, ...)."""
        num_tasks, _, num_pairs, num_kinds = relations.shape
        return {"weight": self.weight.expand(num_tasks, num_pairs, num_kinds), "bias": self.bias.expand(num_tasks)}

    @staticmethod
    def logits(
        head: Mapping[str, Tensor], relations: Float[Tensor, "task picture pair kind"]
    ) -> Float[Tensor, "task picture"]:
        """How much more likely the goal is than not, in nats."""
        return torch.einsum("tnpk,tpk->tn", relations, head["weight"]) + head["bias"][:, None]


@cache
def _unlikeness(colours: ColourPointsConfig) -> Float[Tensor, "colour colour 3"]:
    """How unlike any two colours are: in hue, across grey, and in light. Two shades of one thing lie as near to each
    other as a thing and what stands on it, and mean nothing."""
    nodes = lattice(colours)
    chroma, light = nodes[:, :2], nodes[:, 2:]
    hue = functional.normalize(chroma, dim=1)
    across = torch.cdist(chroma, chroma) / (_UNLIKE_STEPS * colours.chroma_step)
    along = torch.cdist(light, light) / (_UNLIKE_STEPS * colours.light_step)
    return torch.stack([1 - hue @ hue.T, across.tanh(), along], dim=-1)


def _far_pairs(colours: ColourPointsConfig, least_apart: float) -> tuple[Tensor, Tensor]:
    """Numbers of the two colours of every pair whose colours are no nearer than this, see GoalNetConfig."""
    nodes = lattice(colours)
    first, second = torch.triu_indices(len(nodes), len(nodes), 1)
    steps = torch.tensor([colours.chroma_step, colours.chroma_step, colours.light_step])
    is_far = ((nodes[first] - nodes[second]).abs() / steps).amax(1) >= least_apart
    return first[is_far], second[is_far]
