"""The rope task as labelled pictures: the goal shape all over the table, and small moves of the straight rope.

Source: thesis 8.2.6.2. Differs: small moves are laid all over the table too, and the gripper is anywhere in all
pictures alike, or place and gripper would tell success. Pictures of other tasks' goals, the other half of the
negatives, are taken from those tasks.
Ours beside it: misses, shapes that whoever pursues the goal comes by (sim.rope_misses), for training alone.
"""

from collections.abc import Iterator
from functools import partial

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.rope_pictures import RopePictures
from data_tools.rope_shapes import DIFFERENT_M, centred, shape_distance_m
from sim.collect import layout_rng, split_index
from sim.env import Environment
from sim.parallel import in_order
from sim.robots.table_gripper import TableGripper
from sim.rope import NUM_BEADS, bent, lay, straight
from sim.rope_misses import misses
from sim.rope_play import explore
from sim.tasks.rope import VIEW_M, RopeTask

NUM_POSITIVES = 30
"""Pictures of each goal shape (thesis 8.2.6.2)."""
NUM_SMALL = 15
"""Pictures of small moves: half of the 30 negatives; the other half are pictures of other tasks."""
BEND_RAD = 0.02
"""Standard deviation of the small changes of each angle between links."""
TURN_RAD = 0.02
"""Standard deviation of the small changes of the rope's direction."""
MARGIN_M = 0.02
"""All beads are at least so far inside the picture."""
NEAR_SHARE = 0.5
"""Share of the pictures in which the gripper is at a bead; in the others it is anywhere."""
GRIPPER_M = 0.22
"""There it is within this of the middle of the table along each axis."""


def collect_ropes(
    split: Split, seed: int, num_tasks: int, workers: int | None = None, num_misses: int = 0
) -> Iterator[RopePictures]:
    """Tasks 0 to `num_tasks` - 1 in their order, whatever the number of workers.

    Args: split, seed: as in sim.collect. workers: processes; one a core when None, none but this one when 0.
        num_misses: pictures of misses beside those of small moves.
    Raises: SimError: as playing does.
    """
    yield from in_order(partial(collect_rope, split, seed, num_misses=num_misses), num_tasks, workers)


def collect_rope(split: Split, seed: int, index: int, num_misses: int = 0) -> RopePictures:
    """Pictures of task number `index`; the same on every call, and of the task that sim.collect.task_at gives."""
    rng = np.random.default_rng([seed, split_index(split), index])
    goal_m, small_m = explore(RopeTask(split, straight()), rng, 2 * NUM_SMALL)
    task, rng = RopeTask(split, goal_m), layout_rng(seed, split, index, 0)
    # Small moves that come as near to the goal as that show it.
    small_m = small_m[shape_distance_m(small_m, task.goal_m) >= DIFFERENT_M][:NUM_SMALL]
    # Drawn last, and from a stream of their own: the other pictures are the same with and without them.
    missed_m = misses(task, num_misses, layout_rng(seed, split, index, 1))
    return photographed(task, [task.goal_m] * NUM_POSITIVES + list(small_m) + missed_m, rng)


def photographed(task: RopeTask, shapes_m: list[NDArray[np.float64]], rng: np.random.Generator) -> RopePictures:
    """Pictures of shapes, the first NUM_POSITIVES of which are the goal's: each somewhere, with small changes."""
    with Environment(task, TableGripper()) as env:
        env.begin(rng)
        pictures, beads_m = zip(*(_photograph(env, shape_m, rng) for shape_m in shapes_m), strict=True)
    is_goal = np.arange(len(shapes_m)) < NUM_POSITIVES
    return RopePictures(task.task_id, np.stack(pictures), np.stack(beads_m), task.goal_m.astype(np.float32), is_goal)


def _photograph(
    env: Environment, shape_m: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture of the shape somewhere, with small changes, and where the beads are in it."""
    beads_m = somewhere(changed(shape_m, rng), rng)
    lay(env.data, beads_m)
    _put_gripper(env, beads_m, rng)
    mujoco.mj_forward(env.model, env.data)
    return env.render(), beads_m.astype(np.float32)


def changed(shape_m: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The shape with small changes of all of its angles."""
    return bent(shape_m, rng.normal(0.0, TURN_RAD), rng.normal(0.0, BEND_RAD, NUM_BEADS - 2))


def somewhere(shape_m: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The shape anywhere inside the picture."""
    middle_m, limit_m = centred(shape_m), VIEW_M / 2 - MARGIN_M
    return middle_m + rng.uniform(-limit_m - middle_m.min(0), limit_m - middle_m.max(0))


def _put_gripper(env: Environment, beads_m: NDArray[np.float64], rng: np.random.Generator) -> None:
    robot = env.robot
    assert isinstance(robot, TableGripper)
    is_near = rng.random() < NEAR_SHARE
    place_m = beads_m[rng.integers(NUM_BEADS)] if is_near else rng.uniform(-GRIPPER_M, GRIPPER_M, 2)
    robot.place(env.model, env.data, place_m, is_down=bool(is_near and rng.random() < 0.5))
