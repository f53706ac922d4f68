"""Random play with a rope: the shape that becomes a goal, and small moves that are none (thesis 8.2.6.2).

It refuses to know how a goal is told to anybody.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_tools.rope_shapes import shape_distance_m
from sim.env import Environment
from sim.errors import LayoutFailed
from sim.robots.table_gripper import TableGripper
from sim.rope import beads_m
from sim.tasks.task import AbstractTask

FREEZE_M = 0.10
"""A shape counts once a bead is farther than this from where it was (thesis 8.2.6.2)."""
LEAST_CHANGE_M = 0.03
"""Least mean distance of beads between a goal and the start, middles laid on each other: a rope that was dragged as it
is would be no shape to be made. Ours."""
LONGEST_HOLD = 4
"""A random action is kept up for so many steps at most."""
MAX_PLAYS = 300

Shape = NDArray[np.float64]
"""Places of the beads, (NUM_BEADS, 2)."""


class Played(NamedTuple):
    """What came of playing."""

    goal_m: Shape
    """The first shape that a bead was moved far enough for."""
    small_m: NDArray[np.float64]
    """Shapes after actions that moved no bead so far, (small, NUM_BEADS, 2), evenly spread over how far one was."""


def explore(task: AbstractTask, rng: np.random.Generator, num_small: int = 0) -> Played:
    """Play until a goal was found, and so many small moves. The goal does not depend on `num_small`.

    Args: task: any rope task; its goal is not looked at.
    Raises: LayoutFailed: no goal came of MAX_PLAYS episodes.
    """
    goal_m: Shape | None = None
    kept: list[Shape] = []
    moved_m: list[float] = []
    with Environment(task, TableGripper()) as env:
        for _ in range(MAX_PLAYS):
            start_m, *shapes = play(env, rng)
            ways_m = [farthest_m(shape, start_m) for shape in shapes]
            if goal_m is None and ways_m[-1] > FREEZE_M and shape_distance_m(shapes[-1], start_m) >= LEAST_CHANGE_M:
                goal_m = shapes[-1]
            kept += [shape for shape, way_m in zip(shapes, ways_m, strict=True) if way_m <= FREEZE_M]
            moved_m += [way_m for way_m in ways_m if way_m <= FREEZE_M]
            if goal_m is not None and sum(way_m > FREEZE_M / 4 for way_m in moved_m) >= 2 * num_small:
                return Played(goal_m, _spread(kept, moved_m, num_small, rng))
    raise LayoutFailed(f"Expected a new shape in {MAX_PLAYS} episodes of random actions, found none; try another seed.")


def play(env: Environment, rng: np.random.Generator) -> Iterator[Shape]:
    """One episode of random actions: the start, then the shape after each step, up to the first that is far enough."""
    env.begin(rng)
    start_m = beads_m(env.data)
    yield start_m
    action, left = env.robot.idle_action, 0
    for _ in range(env.task.horizon_steps):
        if left == 0:
            action, left = rng.uniform(-1.0, 1.0, env.robot.action_size), int(rng.integers(1, LONGEST_HOLD + 1))
        left -= 1
        env.advance(action)
        now_m = beads_m(env.data)
        yield now_m
        if farthest_m(now_m, start_m) > FREEZE_M:
            return


def farthest_m(now_m: Shape, start_m: Shape) -> float:
    """How far the bead is from its start that is farthest from it, metres."""
    return float(np.linalg.norm(now_m - start_m, axis=-1).max())


def _spread(shapes: list[Shape], moved_m: list[float], num_small: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Some of the shapes, evenly spread over how far a bead was moved; none twice."""
    free_m, chosen = np.array(moved_m), []
    for wanted_m in rng.uniform(0.0, FREEZE_M, num_small):
        chosen.append(int(np.abs(free_m - wanted_m).argmin()))
        free_m[chosen[-1]] = np.inf
    return np.array([shapes[k] for k in chosen])
