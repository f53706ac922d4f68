"""A policy runner without a checkpoint, for tests: its policies move the gripper down and open it, or answer NaN."""

import math
from pathlib import Path

import numpy as np
from mil_nodes.adaptation import read_film
from mil_nodes.policy_runner import PolicyRunner
from mil_nodes.process import serve
from numpy.typing import NDArray

from data_tools.demo import Observation, Video

SPEED_M_S = 0.05
HELD_STEPS = 3
"""After so many the gripper opens."""
SIZE = (90, 100)


class SimplePolicy:
    """Moves down, or sideways, at a constant speed; a policy adapted to a dark film answers NaN."""

    loss_before, loss_after, uncertainty = 1.0, 0.5, 0.0

    def __init__(self, is_broken: bool, goes_down: bool = True) -> None:
        self.is_broken, self.goes_down, self._steps = is_broken, goes_down, 0

    def reset(self) -> None:
        self._steps = 0

    def act(self, observation: Observation) -> NDArray[np.float32]:
        self._steps += 1
        speed = math.nan if self.is_broken else -SPEED_M_S
        sideways, upwards = (0.0, speed) if self.goes_down else (speed, 0.0)
        return np.array([0.0, sideways, upwards, 0.0, 0.0, 0.0, self._steps <= HELD_STEPS], dtype=np.float32)


class SimpleLearner:
    """Adapts by looking at the brightness of a film."""

    def __init__(self, folder: Path, second: Path | None = None) -> None:
        del folder, second

    def read(self, library: Path, demo_id: str) -> Video:
        return read_film(library, demo_id, *SIZE)

    def adapt(self, support: Video) -> SimplePolicy:
        assert support.frames.shape == (40, *SIZE, 3)
        return SimplePolicy(is_broken=float(support.frames.mean()) < 30.0)

    def adapt_again(self, support: Video) -> SimplePolicy:
        return SimplePolicy(self.adapt(support).is_broken, goes_down=False)

    def unadapted(self) -> SimplePolicy:
        return SimplePolicy(is_broken=False)


def main() -> None:
    serve(lambda: PolicyRunner(SimpleLearner))
