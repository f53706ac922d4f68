"""Driving to the predicted end pose before the policy's own velocities take over.

Source: thesis B.3.5 (Sawyer): the first picture predicts the final pose, the robot drives there, then the gripper opens
and the predicted velocities control the arm. Here it serves the PR2 too: a straight line needs no learning.
"""

import numpy as np
from numpy.typing import NDArray

GAIN_PER_S = 3.0
"""Speed for each metre that remains, as the expert's."""
MAX_SPEED_M_S = 0.25
"""Below the experts' 0.28 m/s and at the safety gate's limit."""
ARRIVED_M = 0.015
"""Distance at which the pose counts as reached."""


class PoseFirst:
    """Drives once an episode: towards the pose until it is reached, then never again."""

    def __init__(self) -> None:
        self._has_arrived = False

    def reset(self) -> None:
        """A new episode begins."""
        self._has_arrived = False

    def __call__(
        self, action: NDArray[np.float32], pose_m: NDArray[np.float32], end_pose_m: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The action to take instead of the policy's.

        Args:
            action: the policy's, (7,): linear velocity m/s, angular velocity rad/s, gripper 0 = open, 1 = closed.
            pose_m: points on the gripper now, x y z of each in turn, base frame.
            end_pose_m: the same points at the predicted end.

        Returns: a straight drive with a closed gripper; once arrived the policy's velocities with an open one.
        """
        remaining_m = (end_pose_m - pose_m).reshape(-1, 3).mean(axis=0)
        distance_m = float(np.linalg.norm(remaining_m))
        self._has_arrived = self._has_arrived or distance_m < ARRIVED_M
        if self._has_arrived:
            return np.append(action[:-1], np.float32(0))
        speed_m_s = min(GAIN_PER_S * distance_m, MAX_SPEED_M_S)
        drive = np.zeros_like(action)
        drive[:3], drive[-1] = remaining_m * (speed_m_s / distance_m), 1.0
        return drive
