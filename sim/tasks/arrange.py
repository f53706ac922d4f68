"""Bring one block into a commanded relation to another: left of it, behind it, on it and so on (thesis 8.2.6.1).

Description: four blocks belong to a scene; the task names two of them and a relation, and the others are distractors.
Randomisation: an identity is four blocks, a relation and a room; a layout is where the blocks stand and how they are
turned.
Success: after the last step the first block stands to the second as commanded (sim.relations), wherever the arm is.
Source: thesis 8.2.6.1. Differs: simulated blocks, where the thesis has household things; relations are written down.
"""

import hashlib
from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.blocks import Block, add_block, sample_blocks
from sim.cameras import add_camera
from sim.errors import LayoutFailed
from sim.relations import NONE, RELATIONS, relation
from sim.rooms import Room, add_room, sample_room
from sim.tasks.task import POLICY_CAMERA, AbstractTask

TABLE_HEIGHT_M = 0.70
TABLE_CENTRE_M = (0.85, -0.05)
TABLE_HALF_SIZE_M = (0.50, 0.75)
AREA_LOW_M = np.array([0.44, -0.31])
AREA_HIGH_M = np.array([0.88, 0.17])
"""Middles of blocks are drawn from this rectangle: reachable, and inside the policy camera's picture."""
GAP_M = 0.008
"""Least distance between two blocks on the table."""
CAMERA_POSITION_M = np.array([1.14, -0.07, 1.58])
CAMERA_TARGET_M = np.array([0.66, -0.07, 0.71])
CAMERA_FOVY_DEG = 33.0
OTHER_CAMERAS: dict[str, tuple[NDArray[np.float64], NDArray[np.float64], float]] = {
    "overview": (np.array([2.1, 1.1, 1.7]), np.array([0.4, -0.1, 0.8]), 40.0),
    "side": (np.array([0.66, 0.86, 1.45]), np.array([0.66, -0.07, 0.71]), 36.0),
    "close": (np.array([0.95, -0.07, 1.20]), np.array([0.62, -0.07, 0.71]), 40.0),
    "lifted": (np.array([0.90, -0.07, 1.75]), np.array([0.655, -0.07, 0.71]), 42.0),
}
"""Cameras that no classifier was trained on: position, target, opening; to prove that their pictures are flagged."""
MAX_LAYOUT_ATTEMPTS = 1000
NUM_BLOCKS = 4
BLOCKS = tuple(f"block_{index}" for index in range(NUM_BLOCKS))
"""Body names; the first is to be arranged with respect to the second."""
PARKED_M = np.array([0.85, 4.0])
"""Where blocks stand that are not in the scene: on the floor, seen by no camera."""


class ArrangeTask(AbstractTask):
    """One relation of block 0 to block 1, among distractors."""

    horizon_steps = 60
    control_rate_hz = 10.0
    settle_s = 0.3
    image_height = 64
    image_width = 64
    num_candidates = len(RELATIONS)
    criterion = "success_at_end"

    def __init__(self, split: Split, blocks: tuple[Block, ...], command: int, room: Room) -> None:
        """Take the identities; `command` is the number of a relation."""
        identity = "|".join([*(one.object_id for one in blocks), RELATIONS[command], room.room_id])
        self.task_id = f"arrange-{split}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
        self.blocks, self.command, self.room = blocks, command, room

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw blocks, relation and room of a split."""
        blocks = sample_blocks(rng, split, NUM_BLOCKS)
        return cls(split, blocks, int(rng.integers(len(RELATIONS))), sample_room(rng, "lab", split))

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Room, blocks, and cameras."""
        # Without this a prism on a flat surface has one contact point, wobbles and sinks.
        spec.option.enableflags |= int(mujoco.mjtEnableBit.mjENBL_MULTICCD)
        add_room(spec, self.room, (*TABLE_CENTRE_M, TABLE_HEIGHT_M), TABLE_HALF_SIZE_M)
        add_camera(spec, POLICY_CAMERA, CAMERA_POSITION_M, CAMERA_TARGET_M, CAMERA_FOVY_DEG)
        for name, (position_m, target_m, fovy_deg) in OTHER_CAMERAS.items():
            add_camera(spec, name, position_m, target_m, fovy_deg)
        for name, one in zip(BLOCKS, self.blocks, strict=True):
            add_block(spec, name, one)

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Put two blocks and perhaps a distractor on the table, the two in another relation than the commanded one."""
        for _ in range(MAX_LAYOUT_ATTEMPTS):
            places_m = scattered(rng, self.blocks, range(2 if rng.random() < 2 / 3 else 3))
            if relations(places_m, self.blocks)[0, 1] != self.command:
                put(data, places_m, rng)
                return
        raise LayoutFailed(f"Expected a layout without {RELATIONS[self.command]!r}, found none; use smaller blocks.")

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """The commanded relation holds."""
        return bool(relations(places_m(data), self.blocks)[0, 1] == self.command)

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """0 for the commanded relation; others count on from it; num_candidates for none."""
        found = int(relations(places_m(data), self.blocks)[0, 1])
        return len(RELATIONS) if found == NONE else (found - self.command) % len(RELATIONS)


def scattered(rng: np.random.Generator, blocks: tuple[Block, ...], present: range) -> NDArray[np.float64]:
    """Places on the table that leave gaps; absent blocks are parked.

    Returns: middles of the feet, shape (len(blocks), 3).
    Raises: LayoutFailed: no room.
    """
    places_m = parked(len(blocks))
    for _ in range(MAX_LAYOUT_ATTEMPTS):
        places_m[list(present)] = np.column_stack(
            [rng.uniform(AREA_LOW_M, AREA_HIGH_M, (len(present), 2)), np.full(len(present), TABLE_HEIGHT_M)]
        )
        if has_gaps(places_m, blocks):
            return places_m
    raise LayoutFailed(f"Expected room for {len(present)} blocks, found none; use fewer.")


def has_gaps(places_m: NDArray[np.float64], blocks: tuple[Block, ...]) -> bool:
    """Whether blocks whose feet are at the same height stand apart."""
    radii_m = np.array([one.radius_m for one in blocks])
    distances_m = np.linalg.norm(places_m[:, None] - places_m[None], axis=-1)
    is_stacked = np.abs(places_m[:, None, 2] - places_m[None, :, 2]) > 0.01
    gaps_m = distances_m - radii_m[:, None] - radii_m[None] + 1e3 * (np.eye(len(blocks)) + is_stacked)
    return bool(gaps_m.min() > GAP_M)


def parked(count: int) -> NDArray[np.float64]:
    """Places on the floor far away, apart from each other, shape (count, 3)."""
    return np.column_stack([PARKED_M[0] + 0.2 * np.arange(count), np.full(count, PARKED_M[1]), np.zeros(count)])


def put(data: mujoco.MjData, places_m: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Move the blocks to these places, each turned anyhow about the vertical."""
    for name, place_m in zip(BLOCKS, places_m, strict=True):
        half_rad = rng.uniform(-np.pi, np.pi) / 2
        data.joint(name).qpos[:] = [*place_m, np.cos(half_rad), 0.0, 0.0, np.sin(half_rad)]
        data.joint(name).qvel[:] = 0.0


def places_m(data: mujoco.MjData) -> NDArray[np.float64]:
    """Middles of the blocks' feet now, base frame, shape (4, 3)."""
    return np.array([data.body(name).xpos for name in BLOCKS])


def are_present(places_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which blocks are on the table or on each other, not parked, shape (..., M). Args: places_m: (..., M, 3)."""
    return places_m[..., 2] > TABLE_HEIGHT_M - 0.01


def relations(places_m: NDArray[np.float64], blocks: tuple[Block, ...]) -> NDArray[np.int8]:
    """The relation of each block (row) to each other one (column); NONE where there is none or one is parked."""
    table = np.full((len(blocks), len(blocks)), NONE, np.int8)
    is_present = are_present(places_m)
    for first, second in np.ndindex(table.shape):
        if first != second and is_present[first] and is_present[second]:
            one = blocks[second]
            table[first, second] = relation(places_m[first], places_m[second], one.radius_m, one.height_m)
    return table
