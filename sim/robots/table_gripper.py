"""A parallel-jaw gripper that hangs over a table: it moves sideways, comes down and closes, or opens and goes up.

Source: thesis 8.2.6.2 (a parallel-jaw gripper in MuJoCo); its actions are not stated there. Ours: two speeds and one
number for the jaws, which close only when they are down, as a gripper's own controller would see to. Fingers hold by
friction alone. It refuses to know what is to be held.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.robots.robot import AbstractRobot
from sim.tasks.task import TOOL_SITE

FASTEST_M_S = 0.16
"""Speed along each axis for an action of 1."""
REACH_M = 0.26
"""Greatest distance along each axis from the middle of the table."""
UP_M = 0.035
"""Height of the fingertips above the table when open: above everything that lies on it."""
LOW_M = 0.005
"""Fingers close below this height."""
OPEN_M, CLOSED_M = 0.024, 0.012
"""Distance of each finger's middle from that of the gripper, as commanded."""
START_JITTER_M = 0.04
"""The gripper starts within this of the middle of the table along each axis."""
FINGER_HALF_SIZE_M = (0.012, 0.004, 0.03)
TIMESTEP_S = 0.0125
_STIFFNESS, _DAMPING = 1000.0, 40.0
_FINGER_STIFFNESS, _FINGER_DAMPING, _GRIP_N = 300.0, 8.0, 5.0
_HAND_KG, _FINGER_KG = 0.2, 0.05
_FRICTION = [1.5, 0.005, 0.0001]
_DARK = [0.12, 0.13, 0.16, 1.0]
_AXES = {"hand_x": [1, 0, 0], "hand_y": [0, 1, 0], "hand_z": [0, 0, 1]}
_FINGERS = {"finger_left": 1.0, "finger_right": -1.0}


class TableGripper(AbstractRobot):
    """Action: speed along x and y and the jaws, each in [-1, 1]: above zero down and closed, else open and up."""

    name = "table_gripper"
    action_size = 3
    state_size = 4
    servo_rate_hz = 20.0
    idle_action = np.array([0.0, 0.0, -1.0])

    def spec(self) -> mujoco.MjSpec:
        """The gripper alone, above the middle of a table at height zero."""
        spec = mujoco.MjSpec()
        spec.option.timestep = TIMESTEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.iterations, spec.option.ls_iterations = 10, 10
        spec.option.gravity = [0.0, 0.0, 0.0]
        hand = spec.worldbody.add_body(name="hand")
        for name, axis in _AXES.items():
            hand.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
            _add_servo(spec, name, _STIFFNESS, _DAMPING)
        # A thin bar in the place of a palm: from above it would hide what the fingers hold.
        _add_box(hand, "palm", [0.006, 0.032, 0.006], [0.0, 0.0, 0.07], _HAND_KG, is_solid=False)
        for name, side in _FINGERS.items():
            finger = hand.add_body(name=name)
            finger.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[0.0, side, 0.0])
            _add_servo(spec, name, _FINGER_STIFFNESS, _FINGER_DAMPING, _GRIP_N)
            _add_box(finger, name, list(FINGER_HALF_SIZE_M), [0.0, 0.0, 0.032], _FINGER_KG, is_solid=True)
        hand.add_site(name=TOOL_SITE, pos=[0.0, 0.0, 0.012], size=[0.005] * 3, group=4)
        return spec

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Open, up, near the middle of the table."""
        self.place(model, data, rng.uniform(-START_JITTER_M, START_JITTER_M, 2))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, place_m: NDArray[np.float64], *, is_down: bool = False
    ) -> None:
        """Put the gripper somewhere, in place: up and open, or down and around whatever is there.

        Args: place_m: x and y, shape (2,).
        """
        self._bind(model)
        pose_m = np.array([*place_m, 0.0 if is_down else UP_M, OPEN_M, OPEN_M])
        data.qpos[self._joints], data.qvel[self._speeds], data.ctrl[self._servos] = pose_m, 0.0, pose_m

    def apply(self, model: mujoco.MjModel, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> None:
        """Move the commanded place by the commanded speed, and the jaws."""
        closes = action[2] > 0
        holds = closes and data.qpos[self._joints[2]] < LOW_M
        place_m = data.ctrl[self._servos[:2]] + np.clip(action[:2], -1.0, 1.0) * FASTEST_M_S * dt_s
        data.ctrl[self._servos[:2]] = np.clip(place_m, -REACH_M, REACH_M)
        data.ctrl[self._servos[2]] = 0.0 if closes else UP_M
        data.ctrl[self._servos[3:]] = CLOSED_M if holds else OPEN_M

    def state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Place (x, y), height of the fingertips and distance between the fingers' middles, metres, shape (4,)."""
        values = data.qpos[self._joints]
        return np.array([*values[:3], values[3] + values[4]], np.float32)

    def _bind(self, model: mujoco.MjModel) -> None:
        """Look up once where this model keeps the joints: it is asked many times a second."""
        joints = [model.joint(name) for name in (*_AXES, *_FINGERS)]
        self._joints = np.array([joint.qposadr[0] for joint in joints])
        self._speeds = np.array([joint.dofadr[0] for joint in joints])
        self._servos = np.array([model.actuator(name).id for name in (*_AXES, *_FINGERS)])


def _add_servo(
    spec: mujoco.MjSpec, joint: str, stiffness: float, damping: float, strongest_n: float | None = None
) -> None:
    """A position servo of the same name as its joint."""
    servo = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    servo.gainprm = [stiffness, *[0.0] * 9]
    servo.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    servo.biasprm = [0.0, -stiffness, -damping, *[0.0] * 7]
    if strongest_n is not None:
        servo.forcelimited, servo.forcerange = True, [-strongest_n, strongest_n]


def _add_box(
    body: mujoco.MjsBody, name: str, half_size_m: list[float], place_m: list[float], mass_kg: float, *, is_solid: bool
) -> None:
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half_size_m,
        pos=place_m,
        mass=mass_kg,
        friction=_FRICTION,
        rgba=_DARK,
        contype=int(is_solid),
        conaffinity=0,
    )
