"""The placing task as labelled pictures: the item in each of the containers, beside them, or still in the hand.

A group is three containers, an item and a room. The pictures come from episodes that begin near their end: the arm
stands beside a container, carries the item over it or past it, and lets go.
"""

import contextlib
from collections.abc import Iterator
from functools import partial

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.goal_pictures import GoalGroup
from sim.collect import layout_rng, task_at
from sim.env import Environment
from sim.errors import IkFailed, LayoutFailed
from sim.experts.place import CARRY_HEIGHT_M, carrying_action
from sim.parallel import in_order
from sim.robots.pr2 import PR2
from sim.tasks.place import AREA_HIGH_M, AREA_LOW_M, CONTAINERS, ITEM, PlaceTask
from sim.tasks.task import POLICY_CAMERA

RELATIONS = ("in",)
"""How the item, the last of the things, may stand to a container."""
ITEM_NUMBER = len(CONTAINERS)
IN_EACH = 11
"""Episodes that end in each container, each with a picture of its end and one from before."""
BESIDE = 9
"""Episodes that end beside one."""
BESIDE_M = (0.06, 0.14)
"""Distance from a container's middle at which those let go."""
START_M = 0.12
"""Episodes begin so far from where they let go, at most, in x and in y."""
LANDING_STEPS = 6
"""Control steps in which a released item comes to rest."""
MOST_STEPS = 25
MAX_ATTEMPTS = 20
CLOSED = 0.5
"""The gripper's command from which on it holds."""


def collect_groups(split: Split, seed: int, num_groups: int, workers: int | None = None) -> Iterator[GoalGroup]:
    """Groups 0 to `num_groups` - 1 in their order, whatever the number of workers.

    Args: split, seed: as in sim.collect. workers: as for sim.parallel.in_order.
    Raises: SimError: as drawing layouts does.
    """
    return in_order(partial(collect_group, split, seed), num_groups, workers)


def collect_group(
    split: Split,
    seed: int,
    index: int,
    camera: str = POLICY_CAMERA,
    in_each: int = IN_EACH,
    beside: int = BESIDE,
) -> GoalGroup:
    """Group number `index`; the same on every call.

    Args: split, seed, index: as in sim.collect. camera: one of the task's. in_each, beside: see IN_EACH and BESIDE.
    Raises: LayoutFailed: the arm reaches no scene of it.
    """
    task, rng = _task(split, seed, index), layout_rng(seed, split, index, 0)
    targets = [number for number in range(len(CONTAINERS)) for _ in range(in_each)]
    targets += [k % len(CONTAINERS) for k in range(beside)]
    rows: list[tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.float32]]] = []
    with Environment(task, PR2()) as env:
        for number, target in enumerate(targets):
            is_beside = number >= in_each * len(CONTAINERS)
            moments = _episode(env, target, rng, is_beside=is_beside)
            next(moments)
            while_held = _picture(env, camera)
            next(moments)
            rows += [_picture(env, camera)] if is_beside else [_picture(env, camera), while_held]
    pictures, relations, places_m = (np.stack(column) for column in zip(*rows, strict=True))
    return GoalGroup(group_id(split, seed, index), pictures, relations, places_m)


def group_id(split: Split, seed: int, index: int) -> str:
    """Identity of a group: its containers, its item and its room."""
    return _task(split, seed, index).task_id


def _episode(env: Environment, target: int, rng: np.random.Generator, *, is_beside: bool) -> Iterator[None]:
    """Take the item into a container, or beside it; stops once while it is held and once when it has come to rest."""
    place_m = _begin(env, target, rng, is_beside=is_beside)
    moment, is_shown = int(rng.integers(MOST_STEPS // 2)), False
    for step in range(MOST_STEPS):
        action = carrying_action(env, place_m)
        lets_go = action[-1] < CLOSED
        if not is_shown and (step == moment or lets_go or step == MOST_STEPS - 1):
            is_shown = True
            yield
        if lets_go:
            break
        env.advance(action)
    for _ in range(LANDING_STEPS):
        env.advance(np.zeros(env.robot.action_size))
    yield


def _begin(env: Environment, target: int, rng: np.random.Generator, *, is_beside: bool) -> NDArray[np.float64]:
    """Lay out a scene and hold the item near a place on the table. Returns: that place, shape (2,)."""
    assert isinstance(env.robot, PR2)
    for _ in range(MAX_ATTEMPTS):
        env.begin(rng)
        place_m = env.data.body(CONTAINERS[target]).xpos[:2] + (_aside_m(rng) if is_beside else 0.0)
        start_m = np.clip(place_m + rng.uniform(-START_M, START_M, 2), AREA_LOW_M, AREA_HIGH_M)
        if (place_m < AREA_LOW_M).any() or (place_m > AREA_HIGH_M).any():
            continue
        with contextlib.suppress(IkFailed):  # the arm cannot stand everywhere; then elsewhere
            env.robot.stand_at(env.model, env.data, np.append(start_m, CARRY_HEIGHT_M))
            mujoco.mj_forward(env.model, env.data)
            env.task.hand_back(env.model, env.data)
            env.settle()
            return place_m
    raise LayoutFailed(
        f"Expected a scene of {env.task.task_id!r} that the arm can reach, found none; try another seed."
    )


def _picture(env: Environment, camera: str) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.float32]]:
    """A picture, what holds in it, and where the things are, as in GoalGroup."""
    assert isinstance(env.task, PlaceTask)
    relations = np.full((ITEM_NUMBER + 1, ITEM_NUMBER + 1), -1, np.int8)
    landed = [env.task.has_landed(env.model, env.data, number) for number in range(ITEM_NUMBER)]
    relations[ITEM_NUMBER, :ITEM_NUMBER] = np.where(landed, 0, -1)
    places_m = np.array([env.data.body(name).xpos for name in (*CONTAINERS, ITEM)], np.float32)
    return env.render(camera), relations, places_m


def _aside_m(rng: np.random.Generator) -> NDArray[np.float64]:
    angle_rad = rng.uniform(-np.pi, np.pi)
    return rng.uniform(*BESIDE_M) * np.array([np.cos(angle_rad), np.sin(angle_rad)])


def _task(split: Split, seed: int, index: int) -> PlaceTask:
    task = task_at("place", split, seed, index)
    assert isinstance(task, PlaceTask)
    return task
