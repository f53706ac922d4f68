"""Carry the gripper over one of three low things, past two glasses that must not be touched.

Description: bowls, plates and trays stand among glasses on a table, seen straight from above; which of the low things
is wanted is the task, and nothing but a demonstration tells it.
Randomisation: an identity is five things and a room; a layout is where they stand and how they are turned.
Success: after the last step the tool is over the wanted thing, and no glass has been touched or moved.
Source: thesis 8.1 moved onto a table; ours.
"""

import hashlib
from typing import Self

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.cameras import add_camera
from sim.errors import LayoutFailed
from sim.objects import Container, add_container
from sim.path_starts import is_behind
from sim.rooms import Room, add_room, sample_room
from sim.spriteworld.task import GOAL_REWARD
from sim.table_grid import TableGrid
from sim.tableware import NUM_FRAGILE, NUM_LOW, sample_tableware
from sim.tasks.task import POLICY_CAMERA, TOOL_SITE, AbstractTask

TABLE_HEIGHT_M = 0.70
TABLE_CENTRE_M = (0.85, -0.05)
TABLE_HALF_SIZE_M = (0.50, 0.75)
GRID = TableGrid()
"""The policy camera shows this square and nothing else."""
CARRY_HEIGHT_M = TABLE_HEIGHT_M + 0.085
"""Of the tool on its way: the fingers pass 10 mm above the highest low thing and would hit a glass."""
CLEARANCE_M = 0.05
"""From the wall of a glass to the tool's way: closed fingers and palm are 0.04 m to the side, the rest is margin."""
GAP_M = 0.012
"""Least distance between the outer walls of two things."""
INSET_M = 0.045
"""Least distance of a thing's centre from the border of the grid."""
MOVED_M = 0.003
"""A glass that stands further than this from its place has been touched."""
TILTED = 0.999
"""A glass whose axis has a smaller vertical part than this has been touched."""
THINGS = tuple(f"thing_{index}" for index in range(NUM_LOW + NUM_FRAGILE))
"""Body names: the goal, the other low things, the glasses."""
FRAGILE = THINGS[NUM_LOW:]
MAX_LAYOUT_ATTEMPTS = 2000
CAMERA_ABOVE_M = 1.2
FRAGILE_REWARD = -50.0
"""Of a cell too near to a glass: more than the longest way round costs, which is 7 a step."""
TABLE_REWARD = -2.0
"""Of a cell where nothing matters, things that are not wanted included."""


class TabletopTask(AbstractTask):
    """One choice of things and room; thing 0 is the goal, the last two break."""

    horizon_steps = 100
    control_rate_hz = 10.0
    settle_s = 0.3
    image_height = 80
    image_width = 80
    num_candidates = NUM_LOW
    criterion = "success_at_end"

    def __init__(self, split: Split, things: tuple[Container, ...], room: Room) -> None:
        """Take the identities: goal, other low things, glasses."""
        digest = hashlib.sha256("|".join([*(thing.object_id for thing in things), room.room_id]).encode()).hexdigest()
        self.task_id = f"tabletop-{split}-{digest[:12]}"
        self.things, self.room = things, room
        self._has_touched = False

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw things and room of a split."""
        return cls(split, sample_tableware(rng, split), sample_room(rng, "lab", split))

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Room, things, and two cameras: "policy" straight above the grid, "overview" from the side."""
        # Without this a round thing on a flat surface wobbles for ever, see sim.tasks.place.
        spec.option.enableflags |= int(mujoco.mjtEnableBit.mjENBL_MULTICCD)
        add_room(spec, self.room, (*TABLE_CENTRE_M, TABLE_HEIGHT_M), TABLE_HALF_SIZE_M)
        for name, thing in zip(THINGS, self.things, strict=True):
            add_container(spec, name, thing)
        # Orthographic: `fovy` is then the height of the picture in metres. Up in the picture is away from the robot.
        spec.worldbody.add_camera(
            name=POLICY_CAMERA,
            pos=[*GRID.centre_m, TABLE_HEIGHT_M + CAMERA_ABOVE_M],
            quat=[0.5**0.5, 0.0, 0.0, -(0.5**0.5)],
            orthographic=True,
            fovy=GRID.side_m,
        )
        add_camera(spec, "overview", np.array([1.55, 0.75, 1.45]), np.array([0.5, -0.12, 0.78]), 38.0)

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Spread the things over the grid."""
        self._places_m = self.drawn_places_m(rng)
        self._has_touched = False
        for name, place_m in zip(THINGS, self._places_m, strict=True):
            half_rad = rng.uniform(-np.pi, np.pi) / 2
            data.joint(name).qpos[:] = [*place_m, TABLE_HEIGHT_M, np.cos(half_rad), 0.0, 0.0, np.sin(half_rad)]

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """The tool is over the goal, and no glass has been touched up to now."""
        is_whole = not self.has_touched(model, data)  # asked at every step, wherever the tool is
        distance_m = np.linalg.norm(data.site(TOOL_SITE).xpos[:2] - data.body(THINGS[0]).xpos[:2])
        return bool(is_whole and distance_m < self.things[0].radius_m)

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """The low thing whose centre is horizontally nearest to the tool."""
        return int(np.linalg.norm(places_m(data)[:NUM_LOW] - data.site(TOOL_SITE).xpos[:2], axis=1).argmin())

    def has_touched(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """Whether a glass is touched now by anything but the table, has been since the reset, or has moved.

        Asked after every step; once true, it stays true until the next reset.
        """
        glasses = {model.body(name).id for name in FRAGILE}
        table = model.geom("table").id
        for contact in data.contact:
            geoms = (int(contact.geom1), int(contact.geom2))
            if table not in geoms and glasses & {int(model.geom_bodyid[geom]) for geom in geoms}:
                self._has_touched = True
        for name, place_m in zip(FRAGILE, self._places_m[NUM_LOW:], strict=True):
            body = data.body(name)
            is_moved = np.linalg.norm(body.xpos[:2] - place_m) > MOVED_M or body.xmat[8] < TILTED
            self._has_touched = bool(self._has_touched or is_moved)
        return self._has_touched

    def drawn_places_m(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Places of the things: apart from each other, the goal clear of glasses, and some way to it from everywhere.

        Returns: x and y in the base frame, in the order of THINGS, shape (5, 2).
        Raises: LayoutFailed: there is no room.
        """
        radii_m = np.array([thing.footprint_m for thing in self.things])
        low_m, high_m = np.array(GRID.low_m) + INSET_M, np.array(GRID.low_m) + GRID.side_m - INSET_M
        for _ in range(MAX_LAYOUT_ATTEMPTS):
            found_m = rng.uniform(low_m, high_m, (len(THINGS), 2))
            distances_m = np.linalg.norm(found_m[:, None] - found_m[None], axis=-1)
            gaps_m = distances_m - radii_m[:, None] - radii_m[None] + 1e3 * np.eye(len(radii_m))
            is_clear = distances_m[0, NUM_LOW:] > radii_m[NUM_LOW:] + CLEARANCE_M + GRID.cell_m
            if gaps_m.min() > GAP_M and is_clear.all() and _is_connected(~self.is_forbidden(found_m)):
                return found_m
        raise LayoutFailed(f"Expected room for things of radii {radii_m.tolist()} m, found none; use smaller ones.")

    def reward(self, places_m: NDArray[np.float64]) -> NDArray[np.float32]:
        """What each cell is worth at each step, in SpriteWorld's units, shape (cells, cells).

        Args: places_m: of the things, in the order of THINGS, shape (5, 2).
        """
        reward = np.full((GRID.cells, GRID.cells), TABLE_REWARD, np.float32)
        # Falls evenly from the middle of the goal to its rim: nobody sees which of two cells the middle lies in.
        distance = GRID.distances_m(places_m[0]) / self.things[0].radius_m
        reward[distance < 1] = GOAL_REWARD * (1 - distance[distance < 1])
        reward[self.is_forbidden(places_m)] = FRAGILE_REWARD
        return reward

    def is_behind_glass(self, places_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """The cells from which the straight way to the goal leads over forbidden ones.

        Args: places_m: of the things, in the order of THINGS, shape (5, 2).
        Returns: shape (cells, cells).
        """
        row, col = GRID.to_cells(places_m[0]).tolist()
        return is_behind(self.is_forbidden(places_m), (row, col))

    def is_forbidden(self, places_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """The cells that the tool may not pass, because a glass is too near.

        Args: places_m: of the things, in the order of THINGS, shape (5, 2).
        Returns: shape (cells, cells).
        """
        return np.any(
            [
                GRID.distances_m(place_m) < thing.footprint_m + CLEARANCE_M
                for place_m, thing in zip(places_m[NUM_LOW:], self.things[NUM_LOW:], strict=True)
            ],
            axis=0,
        )


def _is_connected(is_clear: NDArray[np.bool_]) -> bool:
    """Whether 8-connected moves lead from every clear cell to every other."""
    num_regions, _ = cv2.connectedComponents(is_clear.astype(np.uint8), connectivity=8)
    return num_regions == 2  # the forbidden cells count as one


def places_m(data: mujoco.MjData) -> NDArray[np.float64]:
    """Where the things stand now, in the order of THINGS, shape (5, 2), base frame."""
    return np.array([data.body(name).xpos[:2] for name in THINGS])
