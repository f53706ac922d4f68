"""What to ask a person next: the start from which one more demonstration is expected to tell most about a wish."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward
from mil_core.algorithms.mandril import Mandril
from mil_core.errors import InvalidProblem
from mil_core.reward_spread import next_demo, posterior
from mil_core.scaling import to_pictures

PRIOR_STD = 0.1
"""Of the last layer's weights before any demonstration; half of what they begin training with. Not tuned."""
MEMBERS = 32
"""Rewards drawn from what is known, among which a demonstration is to decide."""


class Question(NamedTuple):
    """Where a demonstration shall begin, and why there."""

    start: tuple[int, int]
    """Row and column."""
    uncertainty: NDArray[np.float64]
    """Standard deviation of each cell's reward, shape (rows, cols)."""
    information: NDArray[np.float64]
    """Expected nats of one path from each cell, shape (rows, cols)."""


def question(
    learner: Mandril,
    demos: Sequence[GridDemo],
    adapted: AdaptedReward,
    picture: NDArray[np.uint8],
    may_start: NDArray[np.bool_],
    generator: torch.Generator,
    prior_std: float = PRIOR_STD,
) -> Question:
    """Where to let somebody begin who has shown some ways.

    Args:
        learner: what adapted. demos: what was shown. adapted: what followed from it.
        picture: of the scene to ask about, shape (height, width, 3).
        may_start: the cells from which somebody can begin there, shape (rows, cols).
        generator: draws the rewards that explain the demonstrations.
        prior_std: see PRIOR_STD.

    Raises: InvalidProblem: nobody can begin anywhere. GridPathError, SupportMismatch: as `adapt`.
    """
    if not may_start.any():
        raise InvalidProblem("may_start: expected at least one cell at step 0, found none; name where paths may begin.")
    scenes = learner.support_scenes([demos])
    belief = posterior(learner.network, adapted.parameters, scenes, learner.grid, len(demos), prior_std)
    found = next_demo(learner.network, belief, to_pictures(picture[None])[0], learner.grid, MEMBERS, generator)
    uncertainty, information = found.uncertainty.numpy(), found.information.numpy()
    row, column = np.unravel_index(int(np.where(may_start, information, -1.0).argmax()), information.shape)
    return Question((int(row), int(column)), uncertainty, information)
