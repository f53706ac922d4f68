"""Push: bring one of two things onto the red disc with a fork, and leave the other alone.

Description: two things stand on a table, the goal is a red disc that never moves; which thing to push is the task.
Randomisation: identity = shapes, textures, sizes, masses and frictions of the two; layout = where they stand and how
they are turned.
Success: the target's middle within 0.130 m of the goal's for at least 10 of 100 steps in all (released code); the same
within the disc's 0.08 m (thesis) is reported beside it.
Source: environment and evaluation/eval_push.py of the released MIL code; thesis 7.1.6.2 and B.2.2.
Differs: shapes, textures and arm of our own; things can turn; each thing's way to the goal is clear of the other, so
that nothing in a layout tells which is the target; the table is plain, so that demonstrations need a third of the room.
As released, things do not collide with one another.
"""

import hashlib
from itertools import pairwise
from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.cameras import add_camera
from sim.errors import LayoutFailed
from sim.push_objects import PushObject, add_push_object, sample_pair
from sim.tasks.task import POLICY_CAMERA, TOOL_SITE, AbstractTask

GOAL_RADIUS_M = 0.08
"""Of the red disc, around the origin; the thesis's success."""
RELEASED_RADIUS_M = 0.130
"""The released code's success: a squared distance below 0.017."""
NEEDED_STEPS = 10
"""In all, not one after another."""
NEAREST_M = 0.17
"""Least distance of a thing from the goal at the start, as released."""
AREA_LOW_M, AREA_HIGH_M = np.array([-0.3, -0.2]), np.array([0.0, 0.2])
"""Things start in this rectangle, as released; one on each side of y = 0."""
ENTRY_M = np.array([-0.44, 0.0])
"""Where the tool starts: behind all things, as seen from the goal."""
BEHIND_M = 0.12
"""From a thing's middle to where the tool gets behind it."""
CLEAR_M = 0.165
"""Least distance of a thing from the other's way: from ENTRY_M to behind it, to it, to the goal. A fork and half a
thing find room beside it. It implies the released code's 0.1 m between things."""
OBJECTS = ("target", "distractor")
"""Body names; the first is the target."""
GOAL = "goal"
COUNTED_M = np.array([RELEASED_RADIUS_M, GOAL_RADIUS_M])
"""Steps within each of these are counted, in the first numbers of `data.userdata`."""
POSES = tuple(f"{name}_{axis}" for name in OBJECTS for axis in ("x", "y", "yaw"))
"""Joints of the things; where they stood at the start are the other numbers of `data.userdata`."""
MAX_LAYOUT_ATTEMPTS = 10_000
CAMERA_DISTANCE_M, CAMERA_ELEVATION_RAD = 0.95, np.deg2rad(50.0)
"""The released camera looks along -y, down by 50 degrees, from 0.75 m; a little farther away the whole scene fits."""
CAMERA_TARGET_M = np.array([-0.205, -0.02, 0.0])
CAMERA_FOVY_DEG = 40.0
_TABLE_HALF_M = (0.7, 0.7, 0.02)
_TABLE_RGBA = (0.74, 0.70, 0.64, 1.0)


class PushTask(AbstractTask):
    """One task: the thing to push and the thing to leave alone."""

    horizon_steps = 100
    control_rate_hz = 20.0
    settle_s = 0.0
    image_height = 125
    image_width = 125
    num_candidates = 2
    criterion = "success_at_end"

    def __init__(self, split: Split, objects: tuple[PushObject, PushObject]) -> None:
        """Take the two things, target first."""
        self.objects = objects
        identity = "|".join(thing.object_id for thing in objects)
        self.task_id = f"push-{split}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw two things of the split."""
        return cls(split, sample_pair(rng, split))

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Table, goal, things, light, camera, and room to count steps in."""
        spec.nuserdata = len(COUNTED_M) + len(POSES)
        spec.visual.headlight.ambient = [0.45, 0.45, 0.45]
        spec.visual.headlight.diffuse = [0.45, 0.45, 0.45]
        spec.visual.headlight.specular = [0.0, 0.0, 0.0]
        # Few facets on round shapes: software draws every one of them.
        spec.visual.quality.numslices, spec.visual.quality.numstacks, spec.visual.quality.numquads = 12, 6, 1
        _add_table(spec)
        spec.worldbody.add_geom(
            name=GOAL,
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[GOAL_RADIUS_M, 0.001, 0.0],
            rgba=[1.0, 0.0, 0.0, 1.0],
            contype=0,
            conaffinity=0,
        )
        for name, thing in zip(OBJECTS, self.objects, strict=True):
            add_push_object(spec, name, thing)
        away = np.array([0.0, np.cos(CAMERA_ELEVATION_RAD), np.sin(CAMERA_ELEVATION_RAD)])
        position_m = CAMERA_TARGET_M + CAMERA_DISTANCE_M * away
        add_camera(spec, POLICY_CAMERA, position_m, CAMERA_TARGET_M, CAMERA_FOVY_DEG)

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Draw where the things stand and how they are turned."""
        starts = [(*place_m, rng.uniform(-np.pi, np.pi)) for place_m in draw_places(rng)]
        data.userdata[len(COUNTED_M) :] = np.concatenate(starts)
        self.hand_back(model, data)

    def hand_back(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Put the things back where they stood at the start, as somebody would do; nothing has been counted then."""
        for joint, start in zip(POSES, data.userdata[len(COUNTED_M) :], strict=True):
            data.joint(joint).qpos[0] = start
        data.userdata[: len(COUNTED_M)] = 0.0

    def after_step(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Count the steps in which the target is on the goal, by the released radius and by the disc's."""
        data.userdata[: len(COUNTED_M)] += float(np.linalg.norm(data.body(OBJECTS[0]).xpos[:2])) < COUNTED_M

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """Whether the target has been within RELEASED_RADIUS_M for NEEDED_STEPS; once true, it stays."""
        return bool(data.userdata[0] >= NEEDED_STEPS)

    def measures(self, model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, float]:
        """Success by the thesis's radius, and how far the target still is from the goal."""
        return {
            "success_disc": float(data.userdata[1] >= NEEDED_STEPS),
            "distance_m": float(np.linalg.norm(data.body(OBJECTS[0]).xpos[:2])),
        }

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """The thing nearest to the middle of the fork."""
        places_m = np.array([data.body(name).xpos[:2] for name in OBJECTS])
        return int(np.linalg.norm(places_m - data.site(TOOL_SITE).xpos[:2], axis=1).argmin())


class SmallPushTask(PushTask):
    """The same seen in fewer pixels: a quarter of the work for cores without a graphics card."""

    image_height = 64
    image_width = 64


def draw_places(rng: np.random.Generator) -> NDArray[np.float64]:
    """Places of target and distractor, one in each half, each clear of the other's way, shape (2, 2), metres.

    Raises: LayoutFailed: no such places were found.
    """
    for _ in range(MAX_LAYOUT_ATTEMPTS):
        places_m = rng.uniform(AREA_LOW_M, AREA_HIGH_M, (2, 2))
        is_split = places_m[0, 1] * places_m[1, 1] < 0.0
        if is_split and np.linalg.norm(places_m, axis=1).min() > NEAREST_M and is_clear(places_m):
            return places_m
    raise LayoutFailed(f"Expected room for two things, found none in {MAX_LAYOUT_ATTEMPTS} draws; lower CLEAR_M.")


def is_clear(places_m: NDArray[np.float64]) -> bool:
    """Whether each of two things, shape (2, 2), is at least CLEAR_M from the other's way."""
    for place_m, other_m in (places_m, places_m[::-1]):
        way_m = (ENTRY_M, place_m - np.array([BEHIND_M, 0.0]), place_m, np.zeros(2))
        if min(_distance_m(other_m, *ends_m) for ends_m in pairwise(way_m)) < CLEAR_M:
            return False
    return True


def _distance_m(point_m: NDArray[np.float64], start_m: NDArray[np.float64], end_m: NDArray[np.float64]) -> float:
    """From a point to the straight line between two others."""
    way_m = end_m - start_m
    share = np.clip((point_m - start_m) @ way_m / (way_m @ way_m), 0.0, 1.0)
    return float(np.linalg.norm(point_m - start_m - share * way_m))


def _add_table(spec: mujoco.MjSpec) -> None:
    """A plain top at height zero, the same in every task: the fork can touch it, things need not."""
    spec.worldbody.add_geom(
        name="table",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=_TABLE_HALF_M,
        pos=[CAMERA_TARGET_M[0], CAMERA_TARGET_M[1], -_TABLE_HALF_M[2]],
        rgba=_TABLE_RGBA,
        contype=0,
        conaffinity=1,
        condim=1,
    )
