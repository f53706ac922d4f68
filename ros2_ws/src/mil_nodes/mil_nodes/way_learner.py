"""From one way shown over the table to a policy that plans on the picture it sees and carries the tool along.

Knows no ROS; importing it loads the learning core.
"""

import contextlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation
from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward
from mil_core.commands.table_way import planned_way
from mil_core.errors import MilError
from mil_nodes.command import ACTION_SIZE
from mil_nodes.errors import ObservationError
from mil_nodes.library import demo_path
from mil_nodes.shown_reward import CheckpointRewards
from sim.path_follower import PathFollower
from sim.tabletop_path import CARRY_HEIGHT_M, DOWN_M, carrying_action, follower


class PlannedWay:
    """Looks once, plans by an adapted reward, and goes.

    Between its steps nobody looks at the picture again: the tool stands in it then.
    """

    uncertainty = float("nan")
    """Not known of rewards."""

    def __init__(self, adapted: AdaptedReward, rewards: CheckpointRewards) -> None:
        """Args: adapted: says what a picture is worth. rewards: brings pictures to the size of its learner."""
        self.loss_before, self.loss_after = adapted.loss_before, adapted.loss_after
        self._adapted, self._rewards = adapted, rewards
        self.reset()

    def reset(self) -> None:
        """Forget the plan."""
        self.cells = np.zeros((0, 2), np.int64)
        """Rows and columns of the plan, shape (T, 2); empty before the first step."""
        self._follower: PathFollower | None = None

    def act(self, observation: Observation) -> NDArray[np.float32]:
        """Velocity of the tool along the plan, gripper closed.

        Raises: ObservationError: the tool is too low to begin. MilError, NodeError: the picture cannot be used.
        """
        tool_m = observation.state[:3].astype(np.float64)
        if self._follower is None:
            self._follower = self._plan(observation.image, tool_m)
        return carrying_action(self._follower, tool_m, ACTION_SIZE).astype(np.float32)

    def _plan(self, image: NDArray[np.uint8], tool_m: NDArray[np.float64]) -> PathFollower:
        if tool_m[2] <= CARRY_HEIGHT_M + DOWN_M:
            raise ObservationError(
                f"Tool: expected it to begin above {CARRY_HEIGHT_M + DOWN_M:.3f} m and beside the table's picture, "
                f"found it {tool_m[2]:.3f} m high; lift the arm out of the picture first."
            )
        self.cells = planned_way(self._adapted.reward(self._rewards.picture(image)), tool_m[:2])
        return follower(self.cells, tool_m)


class WayLearner:
    """A meta-trained learner of rewards, whose policies plan by them."""

    def __init__(self, checkpoint: Path) -> None:
        """Args: checkpoint: its folder. Raises: MilError."""
        self._rewards = CheckpointRewards(checkpoint)
        # First calls load code, which should not happen while somebody waits; nothing need come of them.
        with contextlib.suppress(MilError):
            self.adapt(GridDemo(self._rewards.picture(np.zeros((320, 320, 3), np.uint8)), np.array([[0, 0], [1, 1]])))

    def read(self, library: Path, demo_id: str) -> GridDemo:
        """A way of the library. Raises: NodeError, DataError, SimError."""
        return self._rewards.read(demo_path(library, demo_id))

    def adapt(self, support: GridDemo) -> PlannedWay:
        """Find the reward behind a way, once. Raises: MilError, DataError."""
        return PlannedWay(self._rewards.adapt(support), self._rewards)

    def adapt_again(self, support: GridDemo) -> PlannedWay:
        """The same again: from another home it looks and plans anew. Raises: MilError, DataError."""
        return self.adapt(support)

    def unadapted(self) -> PlannedWay:
        """Plans by what is worth something to people on the average. Raises: MilError."""
        return PlannedWay(self._rewards.unadapted(), self._rewards)
