"""One motion command as plain data: what the policy asks for and what the gate lets through. Knows no ROS."""

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]
ZERO: Vector = (0.0, 0.0, 0.0)
BASE_FRAME = "base_footprint"
"""All twists and positions of this project's robots are given in this frame."""
ACTION_SIZE = 7
"""Linear velocity (3), angular velocity (3), gripper."""


@dataclass(frozen=True)
class Command:
    """How the gripper shall move until the next command."""

    seq: int
    """Strictly increasing for one source."""
    source: str
    """Name of the node that decided."""
    linear_m_s: Vector
    """Velocity of the gripper in the base frame."""
    angular_rad_s: Vector
    """Angular velocity of the gripper in the base frame."""
    gripper: float
    """0 open to 1 closed."""
    observation_ns: int = 0
    """Stamp of the observation that this command answers; 0 for a hold, which stops and keeps the gripper as it is."""
    episode_id: int = 0
    """Episode of that observation."""
    frame_id: str = BASE_FRAME
    """Frame of the two velocities."""

    def is_finite(self) -> bool:
        """Whether every number is one."""
        return all(math.isfinite(value) for value in (*self.linear_m_s, *self.angular_rad_s, self.gripper))

    def is_hold(self) -> bool:
        """Whether this command answers no observation and only stops."""
        return self.observation_ns == 0 and self.linear_m_s == ZERO and self.angular_rad_s == ZERO


def hold(seq: int, source: str, gripper: float, episode_id: int = 0) -> Command:
    """Stand still and keep the gripper as it is."""
    return Command(seq, source, ZERO, ZERO, gripper, 0, episode_id)
