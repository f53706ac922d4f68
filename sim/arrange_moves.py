"""Moving blocks one at a time: what a move does on the table, what it is predicted to look like. No arm takes part.

The gripper lifts a block straight up, carries it and sets it down; this file does so by itself, with an error in the
place, and physics decides what comes of it. The arm is only somewhere in the picture, as in the goal pictures.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.arrange_collect import ARM_JITTER_RAD, arm_poses_rad
from sim.blocks import Block
from sim.env import Environment
from sim.relations import SAME_HEIGHT_M
from sim.robots.pr2_model import ARM_JOINTS
from sim.tasks.arrange import (
    AREA_HIGH_M,
    AREA_LOW_M,
    BLOCKS,
    TABLE_HEIGHT_M,
    ArrangeTask,
    are_present,
    has_gaps,
    places_m,
    put,
)

PLACE_ERROR_M = 0.004
"""Standard deviation of where a block really gets to, along each axis; predictions do not know it."""
DROP_M = 0.003
"""A block is let go so far above what it is set down on."""
SETTLE_STEPS = 4
"""Control steps until the next picture is taken."""


def after_move(
    places_m: NDArray[np.float64], blocks: tuple[Block, ...], thing: int, place_m: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Where all blocks are after a move, in closed form. Over another block it is set down on the middle of it.

    Args: places_m: middles of the feet before, shape (N, 3). thing: number of the moved block. place_m: x and y.
    Returns: shape (N, 3); None where it cannot be done: something stands on the block, or there is no room.
    """
    if thing not in movable(places_m, blocks):
        return None
    after_m = places_m.copy()
    after_m[thing] = [*place_m, TABLE_HEIGHT_M]
    others = [k for k in range(len(blocks)) if k != thing]
    under = [k for k in others if np.linalg.norm(places_m[k, :2] - place_m) < blocks[k].radius_m]
    if under:
        top = max(under, key=lambda k: places_m[k, 2])
        after_m[thing] = places_m[top] + [0.0, 0.0, blocks[top].height_m]
    is_inside = (after_m[thing, :2] > AREA_LOW_M).all() and (after_m[thing, :2] < AREA_HIGH_M).all()
    return after_m if is_inside and has_gaps(after_m, blocks) else None


def movable(places_m: NDArray[np.float64], blocks: tuple[Block, ...]) -> list[int]:
    """Numbers of the blocks on the table that nothing stands on."""
    present = np.flatnonzero(are_present(places_m)).tolist()
    return [k for k in present if not any(_is_on(places_m[j], places_m[k], blocks[k]) for j in present if j != k)]


def _is_on(upper_m: NDArray[np.float64], lower_m: NDArray[np.float64], lower: Block) -> bool:
    is_above = upper_m[2] - lower_m[2] > lower.height_m - SAME_HEIGHT_M
    return bool(is_above and np.linalg.norm(upper_m[:2] - lower_m[:2]) < lower.radius_m)


class ArrangeTable:
    """Blocks on a table that can be moved and looked at; it predicts its own pictures (mil_core.goal_pursuit.World)."""

    corners_m = (AREA_LOW_M, AREA_HIGH_M)
    """Least and greatest x and y of the places that blocks can be put to."""

    def __init__(self, env: Environment, rng: np.random.Generator) -> None:
        """Args: env: of an arrangement task, after a reset; for the caller to close. rng: errors and arm poses."""
        assert isinstance(env.task, ArrangeTask)
        self.blocks = env.task.blocks
        self._env, self._rng = env, rng
        self._arm_addresses = [env.model.joint(joint).qposadr[0] for joint in ARM_JOINTS]
        self._pose_rad = env.data.qpos[self._arm_addresses]

    @property
    def places_m(self) -> NDArray[np.float64]:
        """Middles of the blocks' feet, shape (M, 3)."""
        return places_m(self._env.data)

    def begin(self, places_m: NDArray[np.float64]) -> None:
        """Put the blocks there."""
        put(self._env.data, places_m, self._rng)
        self._wave()

    def movable(self) -> list[int]:
        """Numbers of the blocks that can be taken."""
        return movable(self.places_m, self.blocks)

    def look(self) -> NDArray[np.uint8]:
        """The policy camera's picture now, with the arm anywhere."""
        self._wave()
        self._pose_rad = self._env.data.qpos[self._arm_addresses]
        return self._env.render()

    def look_again(self) -> NDArray[np.uint8]:
        """The policy camera's picture now, with the arm where it was when `look` was called last."""
        self._pose(self._pose_rad)
        return self._env.render()

    def after(self, thing: int, place_m: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Where all blocks would be after a move without errors, (M, 3); None where it cannot be made."""
        return after_move(self.places_m, self.blocks, thing, place_m)

    def move(self, thing: int, place_m: NDArray[np.float64]) -> bool:
        """Take a block and set it down, nearly there. Returns: whether it could be done; nothing moved otherwise."""
        after_m = self.after(thing, place_m)
        if after_m is None:
            return False
        self._put_one(thing, after_m[thing] + [*self._rng.normal(0.0, PLACE_ERROR_M, 2), DROP_M])
        self._wave()
        for _ in range(SETTLE_STEPS):
            self._env.advance(self._env.robot.idle_action)
        return True

    def predict(
        self, things: NDArray[np.int64], places_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """What moves would lead to: the simulator without errors and without physics, the arm as it is now.

        Args: things: numbers of the moved blocks, (N,). places_m: where each is put, x and y, (N, 2).
        Returns: pictures (N, height, width, 3) and places (N, M, 3); NaN places where a move cannot be made.
        """
        data, before_m = self._env.data, self.places_m
        now = self._env.render()
        pictures, found_m = np.stack([now] * len(things)), np.full((len(things), *before_m.shape), np.nan)
        for number, (thing, place_m) in enumerate(zip(things.tolist(), places_m, strict=True)):
            after_m = after_move(before_m, self.blocks, thing, place_m)
            if after_m is None:
                continue
            kept = data.joint(BLOCKS[thing]).qpos.copy()
            self._put_one(thing, after_m[thing])
            mujoco.mj_kinematics(self._env.model, data)
            pictures[number], found_m[number] = self._env.render(), after_m
            data.joint(BLOCKS[thing]).qpos[:] = kept
        mujoco.mj_forward(self._env.model, data)
        return pictures, found_m

    def _put_one(self, thing: int, place_m: NDArray[np.float64]) -> None:
        joint = self._env.data.joint(BLOCKS[thing])
        joint.qpos[:3] = place_m
        joint.qvel[:] = 0.0

    def _wave(self) -> None:
        """Move the arm to anywhere above the blocks."""
        poses_rad = arm_poses_rad()
        jitter_rad = self._rng.uniform(-ARM_JITTER_RAD, ARM_JITTER_RAD, len(ARM_JOINTS))
        self._pose(poses_rad[self._rng.integers(len(poses_rad))] + jitter_rad)

    def _pose(self, angles_rad: NDArray[np.float64]) -> None:
        self._env.data.qpos[self._arm_addresses] = angles_rad
        mujoco.mj_forward(self._env.model, self._env.data)
        self._env.robot.anchor(self._env.model, self._env.data)
