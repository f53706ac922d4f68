"""From the file of a demonstration to a reward over pictures. Knows no ROS; importing it loads the learning core."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.grid import GridDemo
from data_tools.grid_file import read_grid_demo
from mil_core.adapted_reward import CELL_PX, AdaptedReward
from mil_core.algorithms.mandril import Mandril
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.checkpoint import load
from mil_core.experiments.reward import RewardExperiment
from mil_core.support import load_support_demo
from mil_nodes.errors import ParameterError
from mil_nodes.library import ID, demo_path
from mil_nodes.picture_size import fitted
from sim.tabletop_path import shown_way


@dataclass(frozen=True)
class ShownReward:
    """A reward together with the demonstration that it follows from."""

    demo: str
    """Id, or path."""
    adapted: AdaptedReward
    """Rewards of pictures."""
    seconds: float
    """From the file to the adapted reward."""


class CheckpointRewards:
    """A meta-trained learner of rewards, ready to adapt."""

    def __init__(self, checkpoint: Path) -> None:
        """Args: checkpoint: its folder. Raises: MilError."""
        self._learner: RewardLearner = load(checkpoint, RewardExperiment).algorithm()
        grid = self._learner.grid
        self._height, self._width = CELL_PX * grid.rows, CELL_PX * grid.cols

    def of_id(self, library: Path, demo_id: str) -> ShownReward:
        """The reward behind a demonstration of a library.

        Raises: BadId, UnknownDemo: the library has no such demonstration. DataError, SimError: its file is no way over
            the table. MilError: the learner cannot use it.
        """
        return self._of_file(demo_id, demo_path(library, demo_id))

    def of_id_or_path(self, library: Path, demo: str) -> ShownReward:
        """As `of_id`, and for whoever starts the node also from any file."""
        return self.of_id(library, demo) if ID.fullmatch(demo) else self._of_file(demo, Path(demo))

    def read(self, path: Path) -> GridDemo:
        """A way over the table at the learner's size. Raises: DataError, SimError, MessageError: the file has none."""
        demo = read_grid_demo(path) if path.suffix == ".npz" else shown_way(load_support_demo(path))
        return GridDemo(self.picture(demo.picture), demo.cells)

    def adapt(self, demo: GridDemo) -> AdaptedReward:
        """The reward behind a way. Raises: MilError, DataError: the learner cannot use it."""
        return self._learner.adapt([demo])

    def unadapted(self) -> AdaptedReward:
        """The reward before any demonstration. Raises: ParameterError: the checkpoint's method has none."""
        if not isinstance(self._learner, Mandril):
            raise ParameterError(
                f"Checkpoint: expected one of the method mandril, found {type(self._learner).__name__}, whose rewards "
                "begin with a demonstration; name another checkpoint."
            )
        return self._learner.unadapted()

    def picture(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A camera picture as large as the learner wants it. Raises: MessageError: it has other proportions."""
        return fitted(picture, self._height, self._width)

    def _of_file(self, name: str, path: Path) -> ShownReward:
        start_s = time.monotonic()
        adapted = self.adapt(self.read(path))
        return ShownReward(name, adapted, time.monotonic() - start_s)
