"""The human demonstrator: a film of a person putting the same item into the same container, elsewhere.

A film shares with the robot's task the identities of the containers and the item, and nothing else: places, camera,
light, table, background, timing and arm are its own. This file knows nothing about robots and policies.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Film, Video, VideoSource
from sim.cameras import project
from sim.errors import FilmFailed
from sim.film_scene import CAMERA, CONTAINERS, ITEM, FilmScene, compile_scene, draw_scene
from sim.hand import pose_hand
from sim.render import Renderer
from sim.tasks.place import PlaceTask

HEIGHT, WIDTH = 180, 200
RATE_HZ = 10.0
TIMESTEP_S = 0.002
MAX_ATTEMPTS = 10
LANDING_S = 1.0
"""Time that the item is given to come to rest after the last picture, before the film is judged."""
EARLY_SHARE = 1 / 3
"""Share of the film in which the target must be seen."""
MIN_SEEN = 0.7
"""Least share of a container's upper edge and floor that the camera must see."""


@dataclass(frozen=True)
class Take:
    """One attempt at a film."""

    film: Film
    """What was filmed."""
    landed: bool
    """Whether the item came to rest in or on the target."""


def film(task: PlaceTask, rng: np.random.Generator) -> Film:
    """Film a person doing a task.

    Args:
        task: whose containers and item appear; the first container is the target.
        rng: source of chance.

    Returns: 3 to 6 seconds at 10 pictures a second, 180 x 200, with the picture positions of the palm and of where the
    item came to rest.
    Raises: FilmFailed: the item missed the target in every attempt.
    """
    for _ in range(MAX_ATTEMPTS):
        take = shoot(task, rng)
        if take.landed:
            return take.film
    raise FilmFailed(f"Expected a film of {task.task_id} within {MAX_ATTEMPTS} attempts, found none; pass another rng.")


def shoot(task: PlaceTask, rng: np.random.Generator) -> Take:
    """One attempt at a film, whether the item lands or not."""
    scene, model, data = _staged(task, rng)
    times_s = np.arange(0.0, scene.gesture.duration_s, 1 / RATE_HZ)
    renderer = Renderer(model)
    try:
        frames, hand_xy = [], []
        for time_s in times_s:
            palm_m = _move(scene, model, data, float(time_s))
            frames.append(renderer.render(data, CAMERA, HEIGHT, WIDTH))
            hand_xy.append(project(model, data, CAMERA, palm_m, WIDTH / HEIGHT))
    finally:
        renderer.close()
    _fall(data, model, data.time + LANDING_S)
    video = Video(np.stack(frames), times_s, VideoSource(path="", codec="rendered"))
    rest_xy = project(model, data, CAMERA, data.body(ITEM).xpos, WIDTH / HEIGHT)
    goal_xy = _inside_picture(np.array([rest_xy]))[0]
    return Take(Film(video, _inside_picture(np.array(hand_xy)), goal_xy), landed(task, data))


def landed(task: PlaceTask, data: mujoco.MjData) -> bool:
    """Whether the item lies over the target's footprint, no higher than on its rim."""
    offset_m = data.body(ITEM).xpos - data.body(CONTAINERS[0]).xpos
    target = task.containers[0]
    highest_m = target.height_m + max(task.item.half_size_m)
    return bool(np.linalg.norm(offset_m[:2]) < target.radius_m and offset_m[2] < highest_m)


def seen(scene: FilmScene, model: mujoco.MjModel, data: mujoco.MjData, index: int) -> float:
    """Share of sample points of a container that nothing hides from the camera."""
    eye_m = scene.camera.position_m
    body = model.body(CONTAINERS[index]).id
    hit = np.zeros(1, np.int32)
    points_m = scene.edge_points_m(index)
    groups = np.array((1, 1, 1, 0, 0, 0), np.uint8)
    visible = 0
    for point_m in points_m:
        ray_m = point_m - eye_m
        distance = mujoco.mj_ray(model, data, eye_m, ray_m, groups, 1, -1, hit)
        # Beyond the point, or at the container itself, nothing is in the way.
        visible += distance < 0 or distance > 1.0 or model.geom_bodyid[hit[0]] == body
    return visible / len(points_m)


def _staged(task: PlaceTask, rng: np.random.Generator) -> tuple[FilmScene, mujoco.MjModel, mujoco.MjData]:
    """A scene in which the camera sees the target while the film begins, and each container before it does."""
    for _ in range(MAX_ATTEMPTS):
        scene = draw_scene(task.containers, task.item, rng)
        model = compile_scene(scene)
        model.opt.timestep = TIMESTEP_S
        data = mujoco.MjData(model)
        scene.reset(model, data)
        if _target_seen_early(scene, model, data):
            return scene, model, data
    raise FilmFailed(f"Expected a camera that sees the target of {task.task_id}, found none; pass another rng.")


def _target_seen_early(scene: FilmScene, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
    for time_s in np.linspace(0.0, EARLY_SHARE * scene.gesture.duration_s, 4):
        _move(scene, model, data, float(time_s))
        if seen(scene, model, data, 0) < MIN_SEEN:
            return False
    return True


def _move(scene: FilmScene, model: mujoco.MjModel, data: mujoco.MjData, time_s: float) -> NDArray[np.float64]:
    """Bring everything to a moment of the film; returns the middle of the palm, world frame, shape (3,)."""
    gesture = scene.gesture
    grip_m = gesture.grip_m(time_s)
    held = time_s <= gesture.release_s
    palm_m = pose_hand(
        model, data, scene.person, grip_m, scene.shoulder_m, gesture.opening(time_s), scene.item_radius_m
    )
    if held:
        data.joint(ITEM).qpos[:3] = grip_m
        data.joint(ITEM).qvel[:] = 0.0
        data.time = time_s
        mujoco.mj_forward(model, data)
    else:
        _fall(data, model, time_s)
    return palm_m


def _fall(data: mujoco.MjData, model: mujoco.MjModel, until_s: float) -> None:
    while data.time < until_s:
        mujoco.mj_step(model, data)
    # The pictures show positions, which mj_step leaves one step behind.
    mujoco.mj_kinematics(model, data)


def _inside_picture(xy: NDArray[np.float64]) -> NDArray[np.float32]:
    """Picture positions with NaN where they lie outside [-0.5, 0.5)."""
    outside = np.any((xy < -0.5) | (xy >= 0.5), axis=1)
    return np.where(outside[:, None], np.nan, xy).astype(np.float32)
