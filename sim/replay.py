"""Does a recorded demonstration happen again: the same task and layout in the simulator, driven by the recording.

By state, the robot is put to each recorded state before it acts; by action, it starts like the recording and is then
left to the recorded actions alone. What is measured is how far the simulation gets away from the recording. Where
collection disturbs the actions as they are executed (`place` does), it records the expert's own, so the divergence by
action is real: it is what the disturbances did. Refuses to know files.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo, Observation, Split
from sim.collect import MAX_ATTEMPTS, attempt, layout_rng, robot_class, task_at
from sim.env import Environment
from sim.environments import open_environment
from sim.errors import SimError
from sim.tasks.metaworld_task import AbstractMetaworldTask
from sim.tasks.task import GRASP_EQUALITY, AbstractTask

By = Literal["state", "action"]
"""What drives a replay."""
MAX_TASKS = 2_000
"""How many tasks of a collection are searched for that of the recording."""
MAX_LAYOUTS = 64
"""How many layouts of a task are searched for that of the recording."""
MAX_STEPS, ENOUGH = 5, 1e-6
"""Steps towards a state, and how near is near enough, in the units of the state; float32 holds no more."""
SAME_STATE = 1e-3
"""Greatest difference of a state component by which the layout of a recording is recognised; states are stored as
float32, and two layouts differ in the arm's start by more."""
SAME_PICTURE = 2.0
"""Greatest mean difference of the first pictures, of 255; the objects of another layout stand elsewhere."""


@dataclass(frozen=True)
class Origin:
    """What a demonstration says of its making."""

    task: str
    """A key of sim.tasks.TASKS."""
    split: Split
    """Which identities."""
    seed: int
    """Collection seed."""


@dataclass(frozen=True)
class Replay:
    """How a replay went."""

    task_index: int
    """Number of the task under the seed."""
    layout_index: int
    """Number of the layout of the task."""
    state_distance: NDArray[np.float64]
    """Norm of recorded minus replayed state at each step, shape (T,), in the units of the state."""
    picture_distance: NDArray[np.float64]
    """Mean absolute difference of recorded and replayed picture at each step, shape (T,), of 255."""
    frames: NDArray[np.uint8]
    """Replayed pictures, shape (T, height, width, 3)."""
    success_once: bool
    """Whether the task was done after any of the steps."""
    success_at_end: bool
    """Whether the task was done after the last step."""


def replay(demo: Demo, origin: Origin, by: By, expected_layout: int = 0) -> Replay:
    """Replay a demonstration.

    Args:
        demo: the recording.
        origin: where it comes from.
        by: what drives the robot.
        expected_layout: layout to look at first.

    Raises: SimError: the task, or the layout, cannot be made again. PhysicsDiverged, ActionError: as the environment.
    """
    index, task = find_task(demo, origin)
    if by == "state" and isinstance(task, AbstractMetaworldTask):
        raise SimError(
            f"Expected a replay by action of task {task.task_id!r}, whose arm follows a point that is no part of its "
            "state, found one by state; type --by action."
        )
    with open_environment(task, robot_class(demo.robot)()) as env:
        layout, first = find_layout(env, demo, origin, index, expected_layout)
        return _replayed(env, demo, by, index, layout, first)


def find_task(demo: Demo, origin: Origin) -> tuple[int, AbstractTask]:
    """The task of a recording, and its number under the seed. Raises: SimError: there is none."""
    if origin.seed < 0:
        raise SimError(
            f"Expected a demonstration that a seed made, found one of task {demo.task_id!r} without a seed; only "
            "demonstrations of `mil collect` and `mil record` can be made again."
        )
    for index in range(MAX_TASKS):
        task = task_at(origin.task, origin.split, origin.seed, index)
        if task.task_id == demo.task_id:
            return index, task
    raise SimError(
        f"Expected task {demo.task_id!r} among the first {MAX_TASKS} of seed {origin.seed}, split {origin.split}, "
        "found none; it was relabelled, or collected by another version of mil."
    )


def find_layout(env: Environment, demo: Demo, origin: Origin, index: int, expected: int) -> tuple[int, Observation]:
    """Lay the task out as in the recording. Returns: number of the layout, and its first observation.

    A layout in which the expert failed was followed by others in the same stream of random numbers. Finding those means
    failing again as it did, so the expected layout is tried to its end first, and the others at their beginnings.

    Raises: SimError: no layout is that of the recording.
    """
    for layout in [expected, *(k for k in range(MAX_LAYOUTS) if k != expected)]:
        rng = layout_rng(origin.seed, origin.split, index, layout)
        for _ in range(MAX_ATTEMPTS if layout == expected else 1):
            start = copy.deepcopy(rng)
            seen = env.reset(rng)
            if _is_first(demo, seen):
                return layout, seen
            attempt(env, start)
            rng = start
    raise SimError(
        f"Expected one of the first {MAX_LAYOUTS} layouts of task {demo.task_id!r} to look like the recording, found "
        "none; it was recorded by another version of mil or MuJoCo."
    )


def put_to_state(env: Environment, wanted: NDArray[np.float32]) -> None:
    """Move the joints that have motors so that the robot reports a state, as far as it can, and what it holds with it.

    Gauss-Newton on positions and speeds with numerical derivatives, so that it works for any robot; the least change
    that does it, so speeds stay as they are where states do not report them.
    """
    model, data = env.model, env.data
    joints = [int(joint) for joint in model.actuator_trnid[:, 0]]
    free = [(data.qpos, model.jnt_qposadr[joint]) for joint in joints]
    free += [(data.qvel, model.jnt_dofadr[joint]) for joint in joints]

    def state() -> NDArray[np.float64]:
        mujoco.mj_kinematics(model, data)
        return env.robot.state(model, data).astype(np.float64)

    held = _held(model, data)
    for _ in range(MAX_STEPS):
        error = wanted.astype(np.float64) - state()
        if np.abs(error).max() < ENOUGH:
            break
        columns = np.stack([_derivative(values, place, state) for values, place in free], 1)
        for (values, place), change in zip(free, np.linalg.lstsq(columns, error, rcond=1e-4)[0], strict=True):
            values[place] += change
    mujoco.mj_kinematics(model, data)
    env.robot.anchor(model, data)
    _carry(model, data, held)
    mujoco.mj_forward(model, data)


def _derivative(
    values: NDArray[np.float64], place: int, state: Callable[[], NDArray[np.float64]]
) -> NDArray[np.float64]:
    step = 1e-3  # states are reported as float32: a smaller step would measure their rounding
    old = values[place]
    values[place] = old + step
    ahead = state()
    values[place] = old - step
    behind = state()
    values[place] = old
    return (ahead - behind) / (2 * step)


def _held(model: mujoco.MjModel, data: mujoco.MjData) -> tuple[int, NDArray[np.float64], NDArray[np.float64]] | None:
    """What the gripper holds: address of its free joint, its position and orientation in the frame of the hand."""
    grasp = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_EQUALITY, GRASP_EQUALITY)
    if grasp < 0 or not data.eq_active[grasp]:
        return None
    hand, thing = data.body(model.eq_obj1id[grasp]), model.eq_obj2id[grasp]
    inverse, position_m, orientation = (np.zeros(3), np.zeros(4)), np.zeros(3), np.zeros(4)
    mujoco.mju_negPose(*inverse, hand.xpos, hand.xquat)
    address = int(model.jnt_qposadr[model.body_jntadr[thing]])
    mujoco.mju_mulPose(position_m, orientation, *inverse, data.body(thing).xpos, data.body(thing).xquat)
    return address, position_m, orientation


def _carry(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    held: tuple[int, NDArray[np.float64], NDArray[np.float64]] | None,
) -> None:
    """Bring what is held to where the hand is now."""
    if held is None:
        return
    address, position_m, orientation = held
    hand = data.body(model.eq_obj1id[model.equality(GRASP_EQUALITY).id])
    place = data.qpos[address : address + 7]
    mujoco.mju_mulPose(place[:3], place[3:], hand.xpos, hand.xquat, position_m, orientation)


def _is_first(demo: Demo, seen: Observation) -> bool:
    same_shape = seen.image.shape == demo.video.frames[0].shape and seen.state.shape == demo.states[0].shape
    return (
        same_shape
        and np.abs(seen.state - demo.states[0]).max() < SAME_STATE
        and _picture_distance(seen.image, demo.video.frames[0]) < SAME_PICTURE
    )


def _replayed(env: Environment, demo: Demo, by: By, index: int, layout: int, observation: Observation) -> Replay:
    states, frames, successes = [], [], []
    for recorded, action in zip(demo.states, demo.actions, strict=True):
        if by == "state":
            put_to_state(env, recorded[: env.robot.state_size])  # what is behind it tells of objects
            observation = env.observe()
        states.append(observation.state)
        frames.append(observation.image)
        observation = env.step(action)
        successes.append(env.success())
    return Replay(
        index,
        layout,
        np.linalg.norm(np.stack(states) - demo.states, axis=1).astype(np.float64),
        np.array([_picture_distance(a, b) for a, b in zip(frames, demo.video.frames, strict=True)]),
        np.stack(frames),
        any(successes),
        successes[-1],
    )


def _picture_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(np.int16) - second).mean())
