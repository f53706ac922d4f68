"""What a task is: one identity (which objects, which of them is the target) that can be laid out many times.

It refuses to know the robot beyond two names in its specification: the site "tool" where the gripper holds things,
and the equality "grasp" that a robot lets go of when its gripper opens.
"""

from abc import ABC, abstractmethod
from typing import Literal, Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split

POLICY_CAMERA = "policy"
"""Every task adds a camera of this name: its pictures are what a policy sees."""
TOOL_SITE = "tool"
"""Every robot has a site of this name at the point that it is told to move."""
GRASP_EQUALITY = "grasp"
"""A task may add an equality of this name to hold an object; robots switch it off when the gripper opens."""


class AbstractTask(ABC):
    """One task identity. Layouts are drawn by `reset`; the same identity may be reset any number of times."""

    task_id: str
    """Stable name of this identity; equal ids mean equal objects and target."""
    horizon_steps: int
    """Length of an episode in control steps."""
    control_rate_hz: float
    """Actions per second."""
    settle_s: float
    """How long the world comes to rest after a layout was drawn, before time zero."""
    image_height: int
    """Height of the policy camera's picture in pixels."""
    image_width: int
    """Width of the policy camera's picture in pixels."""
    num_candidates: int
    """How many objects a behaviour could have meant; index 0 is the target."""
    criterion: Literal["success_once", "success_at_end"]
    """Whether success at any time of an episode counts in results, or only after its last step."""
    object_state_size: int = 0
    """Numbers in `object_state`."""

    @classmethod
    @abstractmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw an identity; the identities of different splits are disjoint."""

    @abstractmethod
    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Add objects, lights and the camera "policy" to a robot's specification, in place."""

    @abstractmethod
    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Draw a layout, in place; the robot is at its home pose already and `mj_forward` has run."""

    def hand_back(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Do in place what somebody does who helps to begin again, as soon as the robot stands at home: give it what it
        holds at the start, put back what it pushes away. By default nothing."""
        del model, data

    def after_step(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Called once after each control step: note in `data.userdata` what one moment does not show."""
        del model, data

    @abstractmethod
    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """Whether the task is done at this moment."""

    @abstractmethod
    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """Index of the candidate that the behaviour is nearest to now; 0 is the target."""

    def object_state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """What is told about objects behind the robot's own state, shape (object_state_size,); by default nothing, so
        that a policy must look."""
        del model, data
        return np.empty(0, np.float32)

    def measures(self, model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, float]:
        """Further numbers about this moment that results report beside success; none unless a task says so."""
        del model, data
        return {}
