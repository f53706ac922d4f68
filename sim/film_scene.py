"""What one film shows: where the things stand, who acts, how, in which room, and from where it is seen.

A scene is drawn from chance and then compiled; the frame has its origin in the middle of the table top, z up.
This file knows nothing about time, pictures or robots.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.cameras import add_camera, look_at
from sim.crockery import shell_mesh
from sim.errors import FilmFailed
from sim.gesture import Gesture, draw_gesture
from sim.hand import Demonstrator, add_hand, sample_demonstrator
from sim.objects import Container, Item, add_container, add_item
from sim.rooms import Room, add_room, sample_room

CAMERA, ITEM = "film", "item"
CONTAINERS = ("container_0", "container_1", "container_2")
"""Body names; the first is the target."""
ASPECT = 200 / 180
"""Width over height of the picture."""
TABLE_HALF_SIZE_M = (0.55, 0.55)
AREA_HALF_SIZE_M = np.array((0.23, 0.18))
"""Container centres lie in a rectangle this big, turned at random."""
MIN_GAP_M = 0.025
START_CLEARANCE_M = 0.12
"""Least horizontal distance of the hand from every container's middle when the film begins."""
MARGIN = 0.49
"""All of every container stays this near to the middle of the picture, as a fraction of it."""
MAX_DRAWS = 2000


@dataclass(frozen=True)
class CameraPose:
    """A camera that looks at a point."""

    position_m: NDArray[np.float64]
    """Where it stands, world frame, shape (3,)."""
    target_m: NDArray[np.float64]
    """What it looks at, world frame, shape (3,)."""
    fovy_deg: float
    """Vertical opening angle."""

    def picture_xy(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Picture positions of world points, shape (N, 3) -> (N, 2), x right, y down, the picture being [-0.5, 0.5)."""
        right, up, backward = ((points_m - self.position_m) @ look_at(self.position_m, self.target_m)).T
        height = -2 * backward * np.tan(np.deg2rad(self.fovy_deg) / 2)
        return np.column_stack((right / (height * ASPECT), -up / height))


@dataclass(frozen=True)
class FilmScene:
    """Everything that chance decides about a film."""

    containers: tuple[Container, ...]
    """The target first."""
    item: Item
    """What is carried."""
    places_m: NDArray[np.float64]
    """Middle of each container's foot, shape (3, 2)."""
    yaws_rad: NDArray[np.float64]
    """How each container is turned, shape (3,)."""
    person: Demonstrator
    """Whose hand."""
    shoulder_m: NDArray[np.float64]
    """Where the arm comes from, out of the picture, shape (3,)."""
    gesture: Gesture
    """How the hand moves."""
    room: Room
    """Table, background and light."""
    camera: CameraPose
    """From where it is filmed."""

    @property
    def item_radius_m(self) -> float:
        """Half the width of the item between the fingers."""
        return self.item.half_size_m[0]

    def edge_points_m(self, index: int) -> NDArray[np.float64]:
        """Twelve points just inside a container's rim and one above its floor, world frame, shape (13, 3)."""
        container = self.containers[index]
        angles = np.arange(12) * np.pi / 6
        rim = 0.9 * container.radius_m * np.column_stack((np.cos(angles), container.form.aspect * np.sin(angles)))
        heights = np.full((13, 1), container.height_m)
        heights[-1] = 0.01
        return self.placed_m(index, np.column_stack((np.vstack((rim, (0.0, 0.0))), heights)))

    def placed_m(self, index: int, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points in the frame of a container, shape (N, 3), in the world frame."""
        turned_m = points_m[:, :2] @ _turn(self.yaws_rad[index]).T + self.places_m[index]
        return np.column_stack((turned_m, points_m[:, 2]))

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Put the containers into their places, in place."""
        mujoco.mj_resetData(model, data)
        for name, (x, y), yaw in zip(CONTAINERS, self.places_m, self.yaws_rad, strict=True):
            data.joint(name).qpos[:] = (x, y, 0.0, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2))


def draw_scene(containers: tuple[Container, ...], item: Item, rng: np.random.Generator) -> FilmScene:
    """Draw one scene with the given objects; the person and the room come from the containers' split.

    Args: containers: the target first. item: what is carried. rng: source of chance.
    Returns: a scene with all containers inside the picture.
    Raises: FilmFailed: no such scene was found.
    """
    split = containers[0].split
    person, room = sample_demonstrator(rng, split), sample_room(rng, "film", split)
    shells_m = [shell_mesh(container.form).vertices_m for container in containers]
    for _ in range(MAX_DRAWS):
        places_m, yaws_rad = _draw_places(rng, containers), rng.uniform(-np.pi, np.pi, len(containers))
        azimuth = rng.uniform(-np.pi, np.pi)
        camera = _draw_camera(rng, azimuth)
        shoulder_m = _draw_shoulder(rng, azimuth)
        start_m = _draw_start(rng, shoulder_m)
        if np.linalg.norm(places_m - start_m[:2], axis=1).min() < START_CLEARANCE_M:
            continue
        gesture = draw_gesture(rng, start_m, _release_point(rng, containers[0], item, places_m[0]), start_m)
        scene = FilmScene(containers, item, places_m, yaws_rad, person, shoulder_m, gesture, room, camera)
        points_m = np.vstack([scene.placed_m(index, shell_m) for index, shell_m in enumerate(shells_m)])
        if np.abs(camera.picture_xy(points_m)).max() < MARGIN and np.abs(camera.picture_xy(start_m[None])).max() < 0.5:
            return scene
    raise FilmFailed(f"Expected a view of all containers, found none in {MAX_DRAWS} draws; pass smaller containers.")


def compile_scene(scene: FilmScene) -> mujoco.MjModel:
    """Build the model of a scene; `FilmScene.reset` puts the containers into their places."""
    spec = mujoco.MjSpec()
    add_room(spec, scene.room, (0.0, 0.0, 0.0), TABLE_HALF_SIZE_M)
    for name, container in zip(CONTAINERS, scene.containers, strict=True):
        add_container(spec, name, container)
    add_item(spec, ITEM, scene.item)
    add_hand(spec, scene.person)
    add_camera(spec, CAMERA, scene.camera.position_m, scene.camera.target_m, scene.camera.fovy_deg)
    spec.visual.map.znear = 0.02
    # Three times faster in software; films are read at half their size, which smooths the edges better.
    spec.visual.quality.offsamples = 0
    return spec.compile()


def _draw_places(rng: np.random.Generator, containers: tuple[Container, ...]) -> NDArray[np.float64]:
    radii_m = np.array([container.footprint_m for container in containers])
    near_m = radii_m[:, None] + radii_m[None] + MIN_GAP_M - 1e3 * np.eye(len(radii_m))
    for _ in range(MAX_DRAWS):
        places_m = rng.uniform(-AREA_HALF_SIZE_M, AREA_HALF_SIZE_M, (len(radii_m), 2)) @ _turn(rng.uniform(0, np.pi)).T
        if (np.linalg.norm(places_m[:, None] - places_m[None], axis=-1) > near_m).all():
            return places_m
    raise FilmFailed(f"Expected room for containers of {radii_m.tolist()} m, found none; pass smaller containers.")


def _draw_camera(rng: np.random.Generator, azimuth_rad: float) -> CameraPose:
    """A camera about a metre away, 35 to 60 degrees up."""
    elevation, distance = np.deg2rad(rng.uniform(35, 60)), rng.uniform(0.85, 1.15)
    level = np.array((np.cos(azimuth_rad), np.sin(azimuth_rad), 0.0))
    direction = np.cos(elevation) * level + (0.0, 0.0, np.sin(elevation))
    target_m = np.array((*rng.uniform(-0.04, 0.04, 2), 0.02))
    # A longer lens from further away: the table fills the picture alike.
    fovy_deg = np.rad2deg(2 * np.arctan(rng.uniform(0.30, 0.36) / distance))
    return CameraPose(target_m + distance * direction, target_m, float(fovy_deg))


def _draw_shoulder(rng: np.random.Generator, camera_azimuth_rad: float) -> NDArray[np.float64]:
    """Opposite the camera or at its sides; from behind the camera an arm would hide the table."""
    azimuth = camera_azimuth_rad + rng.choice((-0.5, 0.5, 1.0)) * np.pi + rng.uniform(-0.5, 0.5)
    reach_m = rng.uniform(0.75, 0.85)
    return np.array((reach_m * np.cos(azimuth), reach_m * np.sin(azimuth), rng.uniform(0.22, 0.38)))


def _draw_start(rng: np.random.Generator, shoulder_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """The hand waits above the person's side of the table."""
    towards = shoulder_m[:2] / np.linalg.norm(shoulder_m[:2])
    xy_m = rng.uniform(0.12, 0.30) * towards + rng.uniform(-0.12, 0.12) * np.array((-towards[1], towards[0]))
    return np.array((*xy_m, rng.uniform(0.10, 0.18)))


def _release_point(
    rng: np.random.Generator, target: Container, item: Item, place_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    height_m = target.height_m + item.half_size_m[2] + rng.uniform(0.005, 0.03)
    return np.array((*(place_m + rng.normal(0, 0.006, 2)), height_m))


def _turn(angle_rad: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return np.array(((cosine, -sine), (sine, cosine)))
