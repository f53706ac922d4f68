"""A reward with fixed parameters: what adaptation hands to planners and nodes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem, NonFiniteParameters, SupportMismatch
from mil_core.inner_loop import Parameters
from mil_core.scaling import to_pictures
from mil_core.transitions import Transitions

RewardFunction = Callable[[Parameters, Tensor], Tensor]
"""From parameters and pictures (scene, 3, height, width) to rewards (scene, row, col)."""

CELL_PX = 4
"""Side of a cell in the picture."""


@dataclass(frozen=True)
class Grid:
    """The world that rewards are about."""

    rows: int = 20
    """Cells down the picture."""
    cols: int = 20
    """Cells across it."""
    horizon: int = 40
    """States on a path; one that ends earlier stays where it ends."""

    def __post_init__(self) -> None:
        if min(self.rows, self.cols, self.horizon) < 1:
            raise InvalidProblem(
                f"grid: expected at least 1 row, 1 column and a horizon of 1 step, found {self.rows}, {self.cols} and "
                f"{self.horizon}; choose larger ones."
            )

    def transitions(self) -> Transitions:
        """Moves to the 8 neighbours, and staying."""
        return Transitions.certain(eight_connected(self.rows, self.cols))


class AdaptedReward:
    """A function from pictures to rewards, with the parameters that adaptation found."""

    def __init__(
        self,
        function: RewardFunction,
        parameters: Parameters,
        grid: Grid,
        *,
        loss_before: float = float("nan"),
        loss_after: float = float("nan"),
    ) -> None:
        """Args: function: whose code runs. parameters: its (adapted) parameters. grid: what the rewards are about.

        Raises:
            NonFiniteParameters: a parameter is NaN or infinite.
        """
        broken = sorted(name for name, value in parameters.items() if not torch.isfinite(value).all())
        if broken:
            raise NonFiniteParameters(f"adapted parameters {broken[:3]}: expected finite numbers; try another path.")
        self.parameters = {name: value.detach() for name, value in parameters.items()}
        self.loss_before, self.loss_after, self._function, self._grid = loss_before, loss_after, function, grid

    @torch.no_grad()
    def reward(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Reward of each cell, shape (rows, cols), of a picture of shape (height, width, 3).

        Raises:
            SupportMismatch: the picture is not four pixels a cell high and wide.
        """
        check_picture(picture, self._grid)
        return self._function(self.parameters, to_pictures(picture[None]))[0].numpy()


def check_picture(picture: NDArray[np.uint8], grid: Grid) -> None:
    """Raises: SupportMismatch: the picture is not four pixels a cell high and wide."""
    expected = (CELL_PX * grid.rows, CELL_PX * grid.cols, 3)
    if picture.shape != expected or picture.dtype != np.uint8:
        raise SupportMismatch(
            f"expected a uint8 picture {expected}, found {picture.dtype} {picture.shape}; resize it first."
        )
