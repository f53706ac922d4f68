"""One robot and one task in one compiled world, stepped at the task's control rate.

The only caller of `mj_step`. The same task, random seed and actions give the same trajectory. It refuses to know what
a task means, how a robot moves, and who chooses the actions.
"""

from typing import ClassVar

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation
from sim.errors import ActionError, PhysicsDiverged, SimError
from sim.render import Renderer
from sim.robots.robot import AbstractRobot
from sim.tasks.task import POLICY_CAMERA, AbstractTask

DIVERGENCE_WARNINGS = (
    mujoco.mjtWarning.mjWARN_BADQPOS,
    mujoco.mjtWarning.mjWARN_BADQVEL,
    mujoco.mjtWarning.mjWARN_BADQACC,
)


class Environment:
    """A robot doing one task. Close it, or use it in a `with` block, to free the OpenGL resources."""

    policy_camera: ClassVar[str] = POLICY_CAMERA
    """What the model calls the camera that policies see by."""

    def __init__(self, task: AbstractTask, robot: AbstractRobot) -> None:
        self.task = task
        self.robot = robot
        spec = robot.spec()
        task.add_to(spec)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self.num_servo_steps = _whole("servo periods per control step", robot.servo_rate_hz / task.control_rate_hz)
        self.num_physics_steps = _whole(
            "physics steps per servo period", 1.0 / (robot.servo_rate_hz * self.model.opt.timestep)
        )
        self._renderer: Renderer | None = None

    @property
    def time_s(self) -> float:
        """Simulated time since the last reset."""
        return float(self.data.time)

    def reset(self, rng: np.random.Generator) -> Observation:
        """Draw a new layout and a new home pose, and observe."""
        self.begin(rng)
        return self.observe()

    def begin(self, rng: np.random.Generator) -> None:
        """Draw a new layout and a new home pose without rendering a picture."""
        mujoco.mj_resetData(self.model, self.data)
        self.robot.reset(self.model, self.data, rng)
        mujoco.mj_forward(self.model, self.data)
        self.task.reset(self.model, self.data, rng)
        self.settle()
        self.data.time = 0.0
        mujoco.mj_forward(self.model, self.data)

    def go_home(self, rng: np.random.Generator) -> Observation:
        """Bring the robot to a new home pose, with what the task hands back to it there, and observe.

        All else stays as it stands, and time goes on. Args: rng: source of the home pose. Raises: PhysicsDiverged.
        """
        self.data.qvel[:] = 0.0
        self.robot.reset(self.model, self.data, rng)
        mujoco.mj_forward(self.model, self.data)
        self.task.hand_back(self.model, self.data)
        self.settle()
        mujoco.mj_forward(self.model, self.data)
        return self.observe()

    def settle(self) -> None:
        """Let the world come to rest while the robot stands still. Raises: PhysicsDiverged."""
        mujoco.mj_forward(self.model, self.data)
        for _ in range(round(self.task.settle_s * self.robot.servo_rate_hz)):
            self._run_servo_period(self.robot.idle_action)
        self._raise_if_diverged()

    def step(self, action: NDArray[np.floating]) -> Observation:
        """Act for one control period, then observe.

        Args: action: shape (robot.action_size,), finite.
        Raises: ActionError; PhysicsDiverged.
        """
        self.advance(action)
        return self.observe()

    def advance(self, action: NDArray[np.floating]) -> None:
        """Act for one control period without rendering a picture; otherwise as `step`."""
        checked = self._checked(action)
        for _ in range(self.num_servo_steps):
            self._run_servo_period(checked)
        self._raise_if_diverged()
        # Body and site poses lag one integration step behind qpos; observers expect them to agree.
        mujoco.mj_kinematics(self.model, self.data)
        self.task.after_step(self.model, self.data)

    def observe(self) -> Observation:
        """The policy camera's picture, the robot's state with what the task tells of objects, and the time, now."""
        parts = self.robot.state(self.model, self.data), self.task.object_state(self.model, self.data)
        return Observation(self.render(), np.concatenate(parts), self.time_s)

    def render(
        self, camera: str = POLICY_CAMERA, height: int | None = None, width: int | None = None
    ) -> NDArray[np.uint8]:
        """A picture, shape (height, width, 3); the task's own size unless told otherwise."""
        if self._renderer is None:
            self._renderer = Renderer(self.model)
        return self._renderer.render(
            self.data, camera, height or self.task.image_height, width or self.task.image_width
        )

    def success(self) -> bool:
        """Whether the task is done now."""
        return self.task.success(self.model, self.data)

    def measures(self) -> dict[str, float]:
        """Further numbers of the task about now, by name."""
        return self.task.measures(self.model, self.data)

    def chosen(self) -> int:
        """Index of the candidate object that the behaviour is nearest to; 0 is the target."""
        return self.task.chosen(self.model, self.data)

    def close(self) -> None:
        """Free the OpenGL resources; safe to call twice."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> "Environment":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run_servo_period(self, action: NDArray[np.float64]) -> None:
        self.robot.apply(self.model, self.data, action, self.num_physics_steps * self.model.opt.timestep)
        mujoco.mj_step(self.model, self.data, self.num_physics_steps)

    def _checked(self, action: NDArray[np.floating]) -> NDArray[np.float64]:
        checked = np.asarray(action, dtype=np.float64)
        if checked.shape != (self.robot.action_size,):
            raise ActionError(
                f"Expected an action of shape ({self.robot.action_size},) for robot {self.robot.name!r}, "
                f"found {checked.shape}; pass one action at a time."
            )
        if not np.isfinite(checked).all():
            raise ActionError(f"Expected a finite action, found {checked.tolist()}; check the policy for NaN.")
        return checked

    def _raise_if_diverged(self) -> None:
        warned = [kind for kind in DIVERGENCE_WARNINGS if self.data.warning[kind].number > 0]
        if warned or not np.isfinite(self.data.qpos).all():
            raise PhysicsDiverged(
                f"Expected finite, bounded motion, found {[kind.name for kind in warned] or 'NaN'} "
                f"at {self.time_s:.3f} s of task {self.task.task_id!r}; reset, and check the last action."
            )


def _whole(meaning: str, ratio: float) -> int:
    whole = round(ratio)
    if whole < 1 or abs(ratio - whole) > 1e-6:
        raise SimError(f"Expected a whole number of {meaning}, found {ratio}; choose rates that divide each other.")
    return whole
