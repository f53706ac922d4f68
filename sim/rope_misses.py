"""Shapes that whoever pursues a goal shape comes by, and that are not the goal: what a classifier must not believe in.

Thesis 8.2.6.2 takes small moves and other tasks' goals for negatives; a policy that learns from the classifier leaves
these behind within a few moves and finds whatever else it believes in.
"""

from collections.abc import Iterator

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.rope_shapes import DIFFERENT_M, shape_distance_m
from sim.env import Environment
from sim.robots.table_gripper import TableGripper
from sim.rope import NUM_BEADS, beads_m, bends_of, bent, lay, straight
from sim.tasks.rope import RopeTask

WRONG_BEND_RAD = (0.08, 0.5)
"""Least and greatest standard deviation of the wrong angles of a shape that is nearly the goal's."""
MOST_DRAGS, LONGEST_DRAG = 2, 3
"""Drags one after another, and control steps of each at most."""


def misses(task: RopeTask, count: int, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """So many shapes, (NUM_BEADS, 2) each: a fourth of them on the way to the goal, a fourth with wrong angles, and
    half of them what dragging beads leads to."""
    found: list[NDArray[np.float64]] = []
    if count == 0:
        return found
    with Environment(task, TableGripper()) as env:
        dragged = _dragged(env, task, rng)
        makers = (lambda: _on_the_way(task, rng), lambda: next(dragged), lambda: _wrongly_bent(task, rng),
                  lambda: next(dragged))  # fmt: skip
        while len(found) < count:
            shape_m = makers[len(found) % len(makers)]()
            if shape_distance_m(shape_m, task.goal_m) >= DIFFERENT_M:
                found.append(shape_m)
    return found


def _on_the_way(task: RopeTask, rng: np.random.Generator) -> NDArray[np.float64]:
    """The goal with some or all of its angles not yet as far as they should be."""
    is_left = rng.random(NUM_BEADS - 2) < rng.uniform(0.3, 1.0)
    turned, bends = bends_of(task.goal_m)
    return bent(straight(), rng.random() * turned, np.where(is_left, rng.uniform(0.0, 0.8) * bends, bends))


def _wrongly_bent(task: RopeTask, rng: np.random.Generator) -> NDArray[np.float64]:
    """The goal with some of its angles wrong, by little or much."""
    spread_rad = rng.uniform(*WRONG_BEND_RAD)
    is_wrong = rng.random(NUM_BEADS - 2) < rng.uniform(0.2, 1.0)
    return bent(task.goal_m, rng.normal(0.0, spread_rad), is_wrong * rng.normal(0.0, spread_rad, NUM_BEADS - 2))


def _dragged(env: Environment, task: RopeTask, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Shapes after each of some drags of a bead, from the straight rope or from the goal, without end."""
    robot = env.robot
    assert isinstance(robot, TableGripper)
    while True:
        env.begin(rng)
        if rng.random() < 0.5:
            lay(env.data, task.goal_m)
        for _ in range(rng.integers(1, MOST_DRAGS + 1)):
            mujoco.mj_forward(env.model, env.data)
            robot.place(env.model, env.data, beads_m(env.data)[rng.integers(NUM_BEADS)], is_down=True)
            way = rng.uniform(-1.0, 1.0, 2)
            env.advance(np.array([0.0, 0.0, 1.0]))  # the jaws close before the hand moves
            for _ in range(rng.integers(1, LONGEST_DRAG + 1)):
                env.advance(np.array([*way, 1.0]))
            env.advance(robot.idle_action)
            yield beads_m(env.data)
