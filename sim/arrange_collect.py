"""The arrangement task as labelled pictures: blocks set down in every relation, the arm anywhere, no physics needed.

A group is four blocks in a room. Of its pictures most show one of the first three blocks in a relation to another of
them; some show the pair in the right direction but too far apart; in a third of all, other blocks stand around.
"""

import functools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.goal_pictures import GoalGroup
from sim.blocks import Block
from sim.collect import layout_rng, task_at
from sim.errors import LayoutFailed
from sim.parallel import in_order
from sim.relations import FARTHEST_M, HALF_ANGLE_RAD, NONE, ON, OVERLAP, RELATIONS, offset_m
from sim.render import Renderer
from sim.robots.pr2 import PR2
from sim.robots.pr2_model import ARM_JOINTS
from sim.tasks.arrange import (
    AREA_HIGH_M,
    AREA_LOW_M,
    BLOCKS,
    GAP_M,
    MAX_LAYOUT_ATTEMPTS,
    TABLE_HEIGHT_M,
    ArrangeTask,
    are_present,
    has_gaps,
    parked,
    put,
    relations,
)
from sim.tasks.task import POLICY_CAMERA, TOOL_SITE

PAIRS = ((0, 1), (0, 2), (1, 2))
"""Pairs of blocks that relations are shown of; they share blocks, so that a pair is not told by one of its blocks."""
PER_RELATION = 10
"""Pictures of each pair in each relation."""
TOO_FAR = 10
"""Pictures of each pair in a right direction but too far apart."""
TOO_FAR_M = (0.25, 0.36)
DISTRACTOR_SHARE = 1 / 3
"""Share of pictures in which one or two other blocks stand around (thesis 8.2.6.1: about a third)."""
NUM_ARM_POSES = 200
ARM_LOW_M, ARM_HIGH_M = np.array([0.54, -0.38, 0.84]), np.array([0.86, 0.24, 1.06])
"""The tool is somewhere in this box, above all blocks."""
ARM_SPREAD_RAD = np.array([0.9, 0.7, 0.9, 0.7, 1.5, 0.7, 1.5])
"""Joint angles are drawn so far around those at home, until the tool is in the box."""
MOST_UPWARD = -0.35
"""Vertical part of the direction in which the gripper points, at most."""
ARM_JITTER_RAD = 0.04
"""Each joint of a pose is moved by up to so much in each picture."""
_ARM_SEED = 20180706
_BODY_GROUPS = np.array([1, 1, 1, 0, 0, 0], np.uint8)
"""Groups of geoms that can hide a block: what is drawn."""


class Arrangement(NamedTuple):
    """What one picture is to show."""

    pair: tuple[int, int]
    """Numbers of two blocks."""
    number: int
    """Relation of the first to the second."""
    is_too_far: bool
    """Right direction, but too far apart for the relation to hold."""


def _arrangements(pair: tuple[int, int]) -> list[Arrangement]:
    right = [Arrangement(pair, number, False) for number in [*range(len(RELATIONS))] * PER_RELATION]
    return right + [Arrangement(pair, number % ON, True) for number in range(TOO_FAR)]


ARRANGEMENTS = tuple(arrangement for pair in PAIRS for arrangement in _arrangements(pair))
"""The pictures of every group, in their order."""


def collect_groups(split: Split, seed: int, num_groups: int, workers: int | None = None) -> Iterator[GoalGroup]:
    """Groups 0 to `num_groups` - 1 in their order, whatever the number of workers.

    Args: split, seed: as in sim.collect. workers: processes; one a core when None, none but this one when 0.
    Raises: SimError: as drawing layouts does.
    """
    return in_order(partial(collect_group, split, seed), num_groups, workers)


def collect_group(
    split: Split,
    seed: int,
    index: int,
    camera: str = POLICY_CAMERA,
    arrangements: Sequence[Arrangement] = ARRANGEMENTS,
) -> GoalGroup:
    """Group number `index` in all of its arrangements; the same on every call.

    Args: split, seed, index: as in sim.collect. camera: a camera of the task. arrangements: what to take pictures of.
    Raises: LayoutFailed: there is no room for an arrangement.
    """
    task = _task(split, seed, index)
    spec = PR2().spec()
    task.add_to(spec)
    model = spec.compile()
    data, renderer = mujoco.MjData(model), Renderer(model)
    rng = layout_rng(seed, split, index, 0)
    pictures, tables, places = [], [], []
    for arrangement in arrangements:
        places_m = arrange(model, data, task.blocks, arrangement, rng)
        pictures.append(renderer.render(data, camera, task.image_height, task.image_width))
        tables.append(relations(places_m, task.blocks))
        places.append(np.where(are_present(places_m)[:, None], places_m, np.nan))
    renderer.close()
    return GoalGroup(
        group_id(split, seed, index), np.stack(pictures), np.stack(tables), np.stack(places).astype(np.float32)
    )


def group_id(split: Split, seed: int, index: int) -> str:
    """Identity of a group: its blocks and its room."""
    task = _task(split, seed, index)
    things = "+".join(one.object_id.rpartition("-")[2] for one in task.blocks)
    return f"{split}-{things}-{task.room.room_id}"


def arrange(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    blocks: tuple[Block, ...],
    arrangement: Arrangement,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Put blocks and arm into an arrangement, in place; the pair is not hidden by the arm.

    Returns: middles of the blocks' feet, shape (4, 3); absent ones are parked.
    Raises: LayoutFailed: none was found.
    """
    poses_rad = arm_poses_rad()
    addresses = [model.joint(joint).qposadr[0] for joint in ARM_JOINTS]
    for _ in range(MAX_LAYOUT_ATTEMPTS):
        places_m = _places_m(blocks, arrangement, rng)
        pose_rad = poses_rad[rng.integers(len(poses_rad))]
        if places_m is None:
            continue
        put(data, places_m, rng)
        data.qpos[addresses] = pose_rad + rng.uniform(-ARM_JITTER_RAD, ARM_JITTER_RAD, len(ARM_JOINTS))
        mujoco.mj_forward(model, data)
        upper = roles(blocks, arrangement)[: 1 if arrangement.number == ON else 2]
        if all(is_seen(model, data, BLOCKS[k], blocks[k].height_m) for k in upper):
            return places_m
    raise LayoutFailed(f"Expected room for {arrangement}, found none; use smaller blocks.")


def is_seen(model: mujoco.MjModel, data: mujoco.MjData, name: str, height_m: float) -> bool:
    """Whether nothing stands between the policy camera and the middle of a block's top."""
    body = data.body(name)
    top_m = body.xpos + np.array([0.0, 0.0, height_m])
    towards_m = data.camera(POLICY_CAMERA).xpos - top_m
    hit = np.zeros(1, np.int32)
    return mujoco.mj_ray(model, data, top_m, towards_m, _BODY_GROUPS, 1, body.id, hit) < 0


@functools.cache
def arm_poses_rad() -> NDArray[np.float64]:
    """Joint angles of the arm with its tool anywhere above the table, pointing down, shape (NUM_ARM_POSES, 7)."""
    rng = np.random.default_rng(_ARM_SEED)
    robot = PR2()
    model = robot.spec().compile()
    data = mujoco.MjData(model)
    robot.reset(model, data, rng)
    joints = [model.joint(joint) for joint in ARM_JOINTS]
    addresses = [joint.qposadr[0] for joint in joints]
    limits_rad = np.array([joint.range if joint.limited[0] else (-np.pi, np.pi) for joint in joints])
    home_rad, poses = data.qpos[addresses].copy(), []
    while len(poses) < NUM_ARM_POSES:
        data.qpos[addresses] = np.clip(home_rad + rng.uniform(-ARM_SPREAD_RAD, ARM_SPREAD_RAD), *limits_rad.T)
        mujoco.mj_kinematics(model, data)
        tool = data.site(TOOL_SITE)
        is_inside = (tool.xpos > ARM_LOW_M).all() and (tool.xpos < ARM_HIGH_M).all()
        if is_inside and tool.xmat[6] < MOST_UPWARD:
            poses.append(data.qpos[addresses].copy())
    return np.stack(poses)


def _places_m(blocks: tuple[Block, ...], wanted: Arrangement, rng: np.random.Generator) -> NDArray[np.float64] | None:
    """One try to lay out the pair and its distractors; None where there is no room."""
    first, second = roles(blocks, wanted)
    places_m = parked(len(blocks))
    places_m[second] = [*rng.uniform(AREA_LOW_M, AREA_HIGH_M), TABLE_HEIGHT_M]
    places_m[first] = places_m[second] + _way_m(blocks[first], blocks[second], wanted, rng)
    others = [k for k in range(len(blocks)) if k not in wanted.pair]
    num_others = int(rng.integers(1, 1 + len(others))) if rng.random() < DISTRACTOR_SHARE else 0
    for k in rng.permutation(others)[:num_others]:
        places_m[k] = [*rng.uniform(AREA_LOW_M, AREA_HIGH_M), TABLE_HEIGHT_M]
    is_inside = (places_m[first, :2] > AREA_LOW_M).all() and (places_m[first, :2] < AREA_HIGH_M).all()
    if not is_inside or not has_gaps(places_m, blocks):
        return None
    found = relations(places_m, blocks)[first, second]
    return places_m if found == (NONE if wanted.is_too_far else wanted.number) else None


def roles(blocks: tuple[Block, ...], wanted: Arrangement) -> tuple[int, int]:
    """Numbers of who stands in the relation and of the block it stands so to: the pair as it is, but the wider block
    never stands on the narrower one."""
    first, second = wanted.pair
    is_wider = blocks[first].radius_m > blocks[second].radius_m
    return (second, first) if wanted.number == ON and is_wider else (first, second)


def _way_m(first: Block, second: Block, wanted: Arrangement, rng: np.random.Generator) -> NDArray[np.float64]:
    """From the second block's foot to the first one's, shape (3,)."""
    if wanted.number == ON:
        angle_rad, share = rng.uniform(-np.pi, np.pi), 0.6 * OVERLAP * np.sqrt(rng.random())
        aside_m = share * second.radius_m * np.array([np.cos(angle_rad), np.sin(angle_rad)])
        return np.array([*aside_m, second.height_m])
    nearest_m = first.radius_m + second.radius_m + GAP_M
    distance_m = rng.uniform(*TOO_FAR_M) if wanted.is_too_far else rng.uniform(nearest_m, FARTHEST_M)
    return np.array([*offset_m(wanted.number, distance_m, rng.uniform(-HALF_ANGLE_RAD, HALF_ANGLE_RAD)), 0.0])


def _task(split: Split, seed: int, index: int) -> ArrangeTask:
    task = task_at("arrange", split, seed, index)
    assert isinstance(task, ArrangeTask)
    return task
