"""Put the held item into the right one of three containers (thesis 7.1.6.3 and 7.2.7.1).

Description: three different containers stand on a table before the robot, whose gripper holds an item.
Randomisation: an identity is three containers, an item and a room; a layout is where the containers stand, how
they are turned, where the arm starts and a little of the light.
Success: the item is released and has landed in or on the first container.
"""

import hashlib
from dataclasses import dataclass
from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.cameras import add_camera
from sim.errors import LayoutFailed
from sim.objects import Container, Item, add_container, add_item, sample_containers, sample_item
from sim.rooms import Room, add_room, sample_room
from sim.tasks.task import GRASP_EQUALITY, POLICY_CAMERA, TOOL_SITE, AbstractTask

TABLE_HEIGHT_M = 0.70
TABLE_CENTRE_M = (0.85, -0.05)
TABLE_HALF_SIZE_M = (0.50, 0.75)
AREA_LOW_M = np.array([0.50, -0.36])
AREA_HIGH_M = np.array([0.84, 0.22])
"""Container centres are drawn from this rectangle: reachable, and inside the policy camera's picture."""
MIN_GAP_M = 0.03
"""Between the outer walls of two containers, so that fingers and item pass between them."""
CAMERA_POSITION_M = np.array([1.24, -0.07, 1.42])
"""On a tripod across the table, where the arm hides less of it than from the robot's own head."""
CAMERA_TARGET_M = np.array([0.66, -0.07, 0.72])
CAMERA_FOVY_DEG = 44.0
MAX_LAYOUT_ATTEMPTS = 1000
RELEASED_CLEARANCE_M = 0.01
"""An item lies "on" a container when its centre is at most its own half size and this much above the rim."""

ITEM = "item"
CONTAINERS = ("container_0", "container_1", "container_2")
"""Body names; the first is the target."""


@dataclass(frozen=True)
class PlaceTask(AbstractTask):
    """One choice of containers, item and room; container 0 is the target."""

    task_id: str
    """Hash of the split and the objects."""
    containers: tuple[Container, ...]
    """Three containers, the target first."""
    item: Item
    """What the gripper holds."""
    room: Room
    """Where the robot's table stands."""

    horizon_steps = 40
    control_rate_hz = 10.0
    settle_s = 0.3
    image_height = 90
    image_width = 100
    num_candidates = len(CONTAINERS)
    criterion = "success_at_end"

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw containers, item and room of a split."""
        containers = sample_containers(rng, split, len(CONTAINERS))
        item = sample_item(rng, split)
        room = sample_room(rng, "lab", split)
        identity = "|".join([*(container.object_id for container in containers), item.object_id, room.room_id])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
        return cls(f"place-{split}-{digest}", containers, item, room)

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Room, cameras, containers, item, and the weld that stands for the grip."""
        # Without this a cylinder on a flat surface has one contact point, wobbles for ever and sinks by millimetres.
        spec.option.enableflags |= int(mujoco.mjtEnableBit.mjENBL_MULTICCD)
        add_room(spec, self.room, (*TABLE_CENTRE_M, TABLE_HEIGHT_M), TABLE_HALF_SIZE_M)
        add_camera(spec, POLICY_CAMERA, CAMERA_POSITION_M, CAMERA_TARGET_M, CAMERA_FOVY_DEG)
        add_camera(spec, "overview", np.array([2.1, 1.1, 1.7]), np.array([0.4, -0.1, 0.8]), 40.0)
        for name, container in zip(CONTAINERS, self.containers, strict=True):
            add_container(spec, name, container)
        add_item(spec, ITEM, self.item)
        spec.add_equality(
            name=GRASP_EQUALITY,
            type=mujoco.mjtEq.mjEQ_WELD,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            name1=_tool_body(spec).name,
            name2=ITEM,
            solref=[0.008, 1.0],
        )

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Spread the containers, put the item into the gripper, vary the light."""
        radii_m = np.array([container.footprint_m for container in self.containers])
        positions_m = spread(rng, radii_m)
        for name, position_m in zip(CONTAINERS, positions_m, strict=True):
            yaw_rad = rng.uniform(-np.pi, np.pi)
            data.joint(name).qpos[:] = [*position_m, TABLE_HEIGHT_M, np.cos(yaw_rad / 2), 0.0, 0.0, np.sin(yaw_rad / 2)]
        _hold_item(model, data)
        _vary_light(model, self.room, rng)

    def hand_back(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """The item, wherever it is."""
        _hold_item(model, data)

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """The item has landed in or on the target."""
        return self.has_landed(model, data, 0)

    def has_landed(self, model: mujoco.MjModel, data: mujoco.MjData, number: int) -> bool:
        """Whether the item is released, over a container's footprint and not higher than its rim allows."""
        if data.eq_active[model.equality(GRASP_EQUALITY).id]:
            return False
        item_m, target_m = data.body(ITEM).xpos, data.body(CONTAINERS[number]).xpos
        target = self.containers[number]
        highest_m = target_m[2] + target.height_m + max(self.item.half_size_m) + RELEASED_CLEARANCE_M
        return bool(np.linalg.norm(item_m[:2] - target_m[:2]) < target.radius_m and item_m[2] < highest_m)

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """The container whose centre is horizontally nearest to the item."""
        positions_m = np.array([data.body(name).xpos for name in CONTAINERS])
        return int(np.argmin(np.linalg.norm(positions_m[:, :2] - data.body(ITEM).xpos[:2], axis=1)))


def spread(rng: np.random.Generator, radii_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Random centres of discs that stay apart by MIN_GAP_M, inside the area.

    Args: radii_m: shape (N,).
    Returns: centres in the base frame, shape (N, 2), metres.
    Raises: LayoutFailed: no room.
    """
    for _ in range(MAX_LAYOUT_ATTEMPTS):
        centres_m = rng.uniform(AREA_LOW_M, AREA_HIGH_M, (len(radii_m), 2))
        distances_m = np.linalg.norm(centres_m[:, None] - centres_m[None], axis=-1)
        gaps_m = distances_m - radii_m[:, None] - radii_m[None] + 1e3 * np.eye(len(radii_m))
        if gaps_m.min() > MIN_GAP_M:
            return centres_m
    raise LayoutFailed(
        f"Expected room for {len(radii_m)} containers of radii {radii_m.tolist()} m, found none; use smaller ones."
    )


def _tool_body(spec: mujoco.MjSpec) -> mujoco.MjsBody:
    return next(body for body in spec.bodies if any(site.name == TOOL_SITE for site in body.sites))


def _hold_item(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Put the item upright between the fingers and make that the pose that the weld keeps."""
    grasp = model.equality(GRASP_EQUALITY).id
    palm = data.body(model.eq_obj1id[grasp])
    tool_m = data.site(TOOL_SITE).xpos
    data.joint(ITEM).qpos[:] = [*tool_m, 1.0, 0.0, 0.0, 0.0]
    inverse = np.empty(4)
    mujoco.mju_negQuat(inverse, palm.xquat)
    # Layout of a weld's data: anchor on the second body, its position and orientation in the first, torque scale.
    model.eq_data[grasp, :3] = 0.0
    model.eq_data[grasp, 3:6] = palm.xmat.reshape(3, 3).T @ (tool_m - palm.xpos)
    model.eq_data[grasp, 6:10] = inverse
    data.eq_active[grasp] = 1


def _vary_light(model: mujoco.MjModel, room: Room, rng: np.random.Generator) -> None:
    """A lamp seldom shines twice alike: up to 15% brighter or darker, 0.1 rad off, and a little warmer or colder."""
    lamp = model.light("main")
    lamp.dir[:] = np.array(room.light_direction) + rng.uniform(-0.1, 0.1, 3)
    lamp.diffuse[:] = np.array(room.light_rgb) * rng.uniform(0.85, 1.15) * rng.uniform(0.97, 1.03, 3)
