"""The pushing task as labelled pictures: one of two things brought to the goal, on the way there, or pushed past it.

A group is two things. The pictures come from the expert's episodes, half of them for each thing; in some the other one
lies on the goal already, as after an attempt that pushed the wrong one.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.goal_pictures import GoalGroup
from sim.collect import layout_rng, task_at
from sim.env import Environment
from sim.experts.push import PushExpert
from sim.parallel import in_order
from sim.robots.pr2_torque_arm import Pr2TorqueArm
from sim.tasks.push import OBJECTS, RELEASED_RADIUS_M, SmallPushTask
from sim.tasks.task import POLICY_CAMERA

TASK = "push_small"
"""The task whose pictures they are, as `mil_push` has it."""
RELATIONS = ("at",)
"""How a thing may stand to the goal, which is the last of the three."""
GOAL_NUMBER = len(OBJECTS)
EPISODES = 12
"""Episodes for each thing; each gives a picture of its end and one from before."""
ONE_IN = 3
"""In one of so many episodes the other thing is at the goal from the start, and this one in the end beside it."""
ASIDE_M = (0.16, 0.28)
"""So far from the goal's middle lies what was pushed past it."""


class _Row(NamedTuple):
    """One picture of a group."""

    picture: NDArray[np.uint8]
    relations: NDArray[np.int8]
    places_m: NDArray[np.float32]


def collect_groups(split: Split, seed: int, num_groups: int, workers: int | None = None) -> Iterator[GoalGroup]:
    """Groups 0 to `num_groups` - 1 in their order, whatever the number of workers.

    Args: split, seed: as in sim.collect. workers: as for sim.parallel.in_order.
    Raises: SimError: as drawing layouts does.
    """
    return in_order(partial(collect_group, split, seed), num_groups, workers)


def collect_group(
    split: Split, seed: int, index: int, camera: str = POLICY_CAMERA, episodes: int = EPISODES
) -> GoalGroup:
    """Group number `index`; the same on every call.

    Args: split, seed, index: as in sim.collect. camera: one of the task's. episodes: see EPISODES.
    Raises: LayoutFailed, PhysicsDiverged.
    """
    task, rng = _task(split, seed, index), layout_rng(seed, split, index, 0)
    rows: list[_Row] = []
    for pushed in range(len(OBJECTS)):
        things = task.objects if pushed == 0 else task.objects[::-1]
        with Environment(SmallPushTask(split, things), Pr2TorqueArm()) as env:
            for number in range(episodes):
                rows += _episode(env, camera, pushed, rng, with_other=number % ONE_IN == 0)
    pictures, relations, places_m = (np.stack(column) for column in zip(*rows, strict=True))
    return GoalGroup(group_id(split, seed, index), pictures, relations, places_m)


def group_id(split: Split, seed: int, index: int) -> str:
    """Identity of a group: its things."""
    return _task(split, seed, index).task_id


def _episode(
    env: Environment, camera: str, pushed: int, rng: np.random.Generator, *, with_other: bool
) -> Iterator[_Row]:
    """One push by the expert. Args: pushed: number, in the group, of the thing that env calls the target."""
    env.begin(rng)
    if with_other:
        _put(env, OBJECTS[1], RELEASED_RADIUS_M * np.sqrt(rng.uniform()), rng)
    expert, moment = PushExpert(), int(rng.integers(env.task.horizon_steps))
    for step in range(env.task.horizon_steps):
        if step == moment:
            yield _row(env, camera, pushed)
        env.advance(expert.act(env))
    yield _row(env, camera, pushed)
    if with_other:
        _put(env, OBJECTS[0], float(rng.uniform(*ASIDE_M)), rng)
        yield _row(env, camera, pushed)


def _put(env: Environment, name: str, distance_m: float, rng: np.random.Generator) -> None:
    """Lay a thing so far from the goal's middle, anywhere around it."""
    angle_rad = rng.uniform(-np.pi, np.pi)
    env.data.joint(f"{name}_x").qpos[0] = distance_m * np.cos(angle_rad)
    env.data.joint(f"{name}_y").qpos[0] = distance_m * np.sin(angle_rad)
    mujoco.mj_forward(env.model, env.data)


def _row(env: Environment, camera: str, pushed: int) -> _Row:
    names = OBJECTS if pushed == 0 else OBJECTS[::-1]
    places_m = np.array([*(env.data.body(name).xpos for name in names), np.zeros(3)], np.float32)
    relations = np.full((GOAL_NUMBER + 1, GOAL_NUMBER + 1), -1, np.int8)
    is_there = np.linalg.norm(places_m[:GOAL_NUMBER, :2], axis=1) < RELEASED_RADIUS_M
    relations[:GOAL_NUMBER, GOAL_NUMBER] = np.where(is_there, 0, -1)
    return _Row(env.render(camera), relations, places_m)


def _task(split: Split, seed: int, index: int) -> SmallPushTask:
    task = task_at(TASK, split, seed, index)
    assert isinstance(task, SmallPushTask)
    return task
