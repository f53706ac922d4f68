"""Whatever acts in an episode: adapted policies, baselines and the ways they are compared with."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation


class Actor(Protocol):
    """Chooses actions; the part of `Adapted` that an episode needs."""

    def reset(self) -> None:
        """Forget the episode so far."""

    def act(self, observation: Observation) -> NDArray[np.float32]:
        """Action for this observation, shape (A,)."""
        ...
