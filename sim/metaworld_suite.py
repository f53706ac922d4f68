"""Meta-World's own simulations, rewards and scripted experts, opened as they are: the only importer of `metaworld`.

Its goals and starts are set by us, because ours come from a seed and a split; all that moves and judges is the suite's.
It refuses to know our tasks, splits and demonstrations.
"""

import warnings
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.errors import ExtraMissing

STEP_S = 0.0125
"""One step of the suite: 5 of physics of 2.5 ms."""
MAX_SPEED_M_S = 0.8
"""Of the point that the hand is drawn to, along each axis, for an action of 1: 0.01 m a step."""
MAX_STEPS = 500
"""After so many steps the suite ends an episode."""
WORLD = 0
"""Body that does not move."""


def _opened(name: str) -> tuple[Any, Any]:
    """A simulation of the suite and its expert. Raises: ExtraMissing."""
    try:
        from metaworld.env_dict import ALL_V3_ENVIRONMENTS
        from metaworld.policies import ENV_POLICY_MAP
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "metaworld":
            raise
        raise ExtraMissing(
            "Meta-World: expected the package metaworld, found none; type: pip install 'mil[metaworld]'."
        ) from error
    return ALL_V3_ENVIRONMENTS[name](), ENV_POLICY_MAP[name]()


class Suite:
    """One task of Meta-World, with the goal in its observations: the expert looks at them, no policy does."""

    def __init__(self, name: str) -> None:
        """Args: name: the suite's, such as "reach-v3". Raises: ExtraMissing: it is not installed."""
        # Typed as anything: what is used of its private parts, its own benchmarks set the same way.
        self._env, self._expert = _opened(name)
        self._env._partially_observable = False
        del self._env.sawyer_observation_space  # computed once, for goals that are hidden
        self._env._set_task_called = True
        self._env._freeze_rand_vec = True
        self.model, self.data = self._env.model, self._env.data
        self._placed = mujoco.MjData(self.model)
        self.observation = np.zeros(39)
        """The suite's: hand (3), opening, first object (7), second object (7), all but the last 3 once more of the
        step before, goal (3)."""

    @property
    def random_box(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest of the numbers that the suite itself draws: an object's place (3), and if it varies the
        goal (3), m."""
        box = self._env._random_reset_space
        return box.low, box.high

    def reset(self, layout: NDArray[np.float64]) -> float:
        """Begin an episode.

        Args: layout: numbers inside of `random_box`; object and goal at least OBJECT_TO_GOAL_M apart in the table's
            plane, or the suite draws forever.
        Returns: what is left between what should be at the goal and the goal, m.
        """
        self._env._last_rand_vec = layout
        self.observation, _ = self._env.reset()
        # The suite moves its goal last: without this, what is drawn would tell, by micrometres, of the episode before.
        # MuJoCo places it, not we: a site that was compiled at its body stays there whatever it is moved to (sweep's).
        mujoco.mj_kinematics(self.model, self._placed)
        stands = self.model.site_bodyid == WORLD
        self.data.site_xpos[stands] = self._placed.site_xpos[stands]
        _, info = self._env.evaluate_state(self.observation, np.zeros(4, np.float32))
        return float(info["obj_to_target"])

    def step(self, action: NDArray[np.float64]) -> tuple[bool, float]:
        """One step. Args: action: hand (3) and gripper, each in [-1, 1].

        Returns: the suite's success flag, and what is left between what should be at the goal and the goal, m.
        """
        self.observation, _, _, _, info = self._env.step(action.astype(np.float32))
        return bool(info["success"]), float(info["obj_to_target"])

    def expert_action(self) -> NDArray[np.float64]:
        """What the suite's expert does now: hand (3) and gripper, each in [-1, 1]."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Constant")  # that a far hand asks for more than 1, which is cut to 1
            return np.clip(self._expert.get_action(self.observation), -1.0, 1.0).astype(np.float64)
