"""From a picture to the reward of each cell of a grid, by convolutions alone."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call, vmap

from mil_core.inner_loop import Parameters

MID_BRIGHTNESS = 0.5
"""Taken off every channel before the first layer."""


@dataclass(frozen=True)
class RewardNetConfig:
    """Sizes of a reward network."""

    filters: tuple[int, int, int, int] = (32, 64, 32, 32)
    """Of the four hidden layers; the thesis has (256, 128, 64, 64), about nine times the work."""
    num_inputs: int = 3
    """Channels of the picture: RGB, and whatever a baseline adds."""
    dilation: int = 1
    """Of the two 3x3 layers: with 1, as in the thesis, a cell sees 30 pixels, with 2 it sees 46."""


class RewardNet(nn.Module):
    """Reward of each cell; the picture's sides are four times the grid's.

    Source: thesis B.4.1: convolutions 8x8 of stride 2 with padding 4, 4x4 of stride 2 with padding 1, two of 3x3 with
    padding 1, one of 1x1; 80x80 pictures give 41x41, then 20x20. ReLU between them (not stated), no norm. Differs: the
    dilation, an option.
    """

    def __init__(self, config: RewardNetConfig) -> None:
        super().__init__()
        first, second, third, fourth = config.filters
        wide = config.dilation
        self.features = nn.Sequential(
            nn.Conv2d(config.num_inputs, first, 8, stride=2, padding=4),
            nn.ReLU(),
            nn.Conv2d(first, second, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, padding=wide, dilation=wide),
            nn.ReLU(),
            nn.Conv2d(third, fourth, 3, padding=wide, dilation=wide),
            nn.ReLU(),
        )
        self.readout = nn.Conv2d(fourth, 1, 1)
        for layer in (*self.features, self.readout):
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if layer is self.readout else "relu")
                nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, pictures: Float[Tensor, "scene channel height width"]) -> Float[Tensor, "scene row col"]:
        """Rewards of pictures with values in [0, 1]."""
        return self.readout(self.features(pictures - MID_BRIGHTNESS))[:, 0]


def rewards_by_task(
    network: RewardNet, parameters: Parameters, pictures: Float[Tensor, "task scene channel height width"]
) -> Float[Tensor, "task scene row col"]:
    """Rewards where each task has parameters of its own: `parameters` have the task as their first axis."""

    def of_one_task(values: dict[str, Tensor], scenes: Tensor) -> Tensor:
        return functional_call(network, values, (scenes,))

    return vmap(of_one_task)(dict(parameters), pictures)
