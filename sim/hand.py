"""A human forearm and hand that is seen but not felt: geoms that a film moves and physics ignores.

Frame of the hand: origin at the centre of the held item, x from the wrist to the fingers, z up, y to the hand's left.
This file knows nothing about tasks; it turns an opening and a place into the pose of every segment.
"""

from dataclasses import dataclass
from functools import cache

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.object_colours import Rgb, from_oklch

DEMONSTRATOR_COUNT: dict[Split, int] = {"train": 60, "validation": 10, "test": 16}

PALM_CENTRE_M = np.array((-0.035, 0.0, 0.068))
"""Middle of the palm in the frame of a hand of size 1."""
WRIST_M = np.array((-0.085, 0.0, 0.085))
"""Wrist in the frame of a hand of size 1."""
KNUCKLE_X_M, KNUCKLE_Z_M = 0.012, 0.062
FINGER_Y_M = (0.030, 0.010, -0.010, -0.029)
"""Index finger to little finger, across the palm of a right hand; hands measure about 85 mm across the knuckles."""
FINGER_LENGTH_M = ((0.044, 0.044), (0.048, 0.048), (0.044, 0.046), (0.036, 0.037))
"""First segment, and the other two as one."""
FINGER_RADIUS_M = 0.0095
ARM_LENGTH_M = 0.6
_Segment = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Both ends of a capsule in the frame of a hand of size 1, metres."""


@dataclass(frozen=True)
class Demonstrator:
    """The look of one person's arm."""

    demonstrator_id: str
    """Identity in the catalogue, such as "test-007"."""
    skin_rgb: Rgb
    """Colour of the skin."""
    sleeve_rgb: Rgb
    """Colour of the sleeve."""
    bare_m: float
    """Length of bare forearm between wrist and sleeve."""
    size: float
    """Scale of the hand, 1 for a hand of 0.19 m."""
    right_handed: bool
    """Which hand."""


@cache
def demonstrator_catalogue(split: Split) -> tuple[Demonstrator, ...]:
    """All people of one split; skin and sleeve colours of different splits are disjoint."""
    rng = np.random.default_rng([18640101, ("train", "validation", "test").index(split)])
    return tuple(_demonstrator(rng, f"{split}-{index:03d}") for index in range(DEMONSTRATOR_COUNT[split]))


def sample_demonstrator(rng: np.random.Generator, split: Split) -> Demonstrator:
    """One person of a split."""
    people = demonstrator_catalogue(split)
    return people[rng.integers(len(people))]


def add_hand(spec: mujoco.MjSpec, person: Demonstrator) -> None:
    """Add the moving bodies "hand" and "arm" to a model, in place; `pose_hand` moves them."""
    hand, arm = (_mocap_body(spec, name) for name in ("hand", "arm"))
    skin = (*person.skin_rgb, 1)
    for index, (start, end) in enumerate(_hand_segments(1.0, 0.02)):
        radius = (FINGER_RADIUS_M if index < 8 else _PALM_RADIUS_M if index < 12 else _THUMB_RADIUS_M) * person.size
        # Away from the body's frame from the start: a geom that is compiled in that frame can never leave it.
        hand.add_geom(
            name=f"hand_{index}",
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            size=(radius, 0, 0),
            fromto=(*start * person.size, *end * person.size),
            rgba=skin,
            group=2,
            contype=0,
            conaffinity=0,
            mass=0,
        )
    for radius, start, end, rgb in (
        (0.027 * person.size, 0.0, person.bare_m + 0.01, person.skin_rgb),
        (0.036 * person.size, 0.035, person.bare_m + 0.01, person.skin_rgb),
        (0.044 * person.size, person.bare_m + 0.044, ARM_LENGTH_M, person.sleeve_rgb),
    ):
        if end > start:
            arm.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CAPSULE,
                size=(radius, 0, 0),
                fromto=(start, 0, 0, end, 0, 0),
                rgba=(*rgb, 1),
                group=2,
                contype=0,
                conaffinity=0,
                mass=0,
            )


def pose_hand(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    person: Demonstrator,
    grip_m: NDArray[np.float64],
    shoulder_m: NDArray[np.float64],
    opening: float,
    item_radius_m: float,
) -> NDArray[np.float64]:
    """Move the hand in place; takes effect with the next mj_forward or mj_kinematics.

    Args:
        grip_m: where the centre of the held item is or would be, world frame, shape (3,).
        shoulder_m: where the arm comes from, world frame, shape (3,).
        opening: 0 closed around the item, 1 open.
        item_radius_m: half the width of the item between the fingers.

    Returns: the middle of the palm, world frame, shape (3,).
    """
    forward = np.append((grip_m - shoulder_m)[:2], 0.0)
    forward /= np.linalg.norm(forward)
    axes = np.column_stack((forward, np.cross((0, 0, 1), forward), (0, 0, 1)))
    mirror = np.array((1.0, 1.0 if person.right_handed else -1.0, 1.0)) * person.size
    _set_mocap(model, data, "hand", grip_m, axes)
    for index, (start, end) in enumerate(_hand_segments(opening, item_radius_m / person.size)):
        geom = model.geom(f"hand_{index}").id
        model.geom_pos[geom] = (start + end) / 2 * mirror
        mujoco.mju_quatZ2Vec(model.geom_quat[geom], _unit((end - start) * mirror))
    wrist = grip_m + axes @ (WRIST_M * mirror)
    along = _unit(shoulder_m - wrist)
    side = _unit(np.cross((0, 0, 1), along))
    _set_mocap(model, data, "arm", wrist, np.column_stack((along, side, np.cross(along, side))))
    return grip_m + axes @ (PALM_CENTRE_M * mirror)


_PALM_RADIUS_M = 0.0145
_THUMB_RADIUS_M = 0.0105


def _hand_segments(opening: float, item_radius_m: float) -> list[_Segment]:
    """Eight finger segments, four bones of the palm, two thumb segments; lengths do not depend on the arguments."""
    fingers: list[_Segment] = []
    palm: list[_Segment] = []
    # Angles below the horizontal; a closed finger goes over the item and comes down in front of it.
    first = np.deg2rad(np.interp(opening, (0, 1), (28 + 600 * (0.025 - item_radius_m), 8)))
    second = np.deg2rad(np.interp(opening, (0, 1), (98 + 900 * (0.025 - item_radius_m), 30)))
    for index, (y, (near, far)) in enumerate(zip(FINGER_Y_M, FINGER_LENGTH_M, strict=True)):
        spread = y * (0.25 * opening - 0.25 * (1 - opening))
        knuckle = np.array((KNUCKLE_X_M - 0.004 * abs(index - 1), y, KNUCKLE_Z_M))
        middle = knuckle + near * _unit(np.array((np.cos(first), 4 * spread, -np.sin(first))))
        tip = middle + far * _unit(np.array((np.cos(second), 4 * spread, -np.sin(second))))
        fingers += [(knuckle, middle), (middle, tip)]
        palm.append((WRIST_M + (0.0, 0.55 * y, -0.004), knuckle))
    return fingers + palm + _thumb(opening, item_radius_m)


def _thumb(opening: float, item_radius_m: float) -> list[_Segment]:
    root = np.array((-0.062, 0.024, 0.066))
    closed, opened = np.array((-0.25, 0.35, -0.9)), np.array((0.35, 0.8, -0.5))
    middle = root + 0.042 * _unit(closed + opening * (opened - closed))
    to_item = _unit(np.array((-item_radius_m - 0.008, 0.012, 0.002)) - middle)
    tip = middle + 0.036 * _unit(to_item + opening * (np.array((0.7, 0.6, -0.4)) - to_item))
    return [(root, middle), (middle, tip)]


def _mocap_body(spec: mujoco.MjSpec, name: str) -> mujoco.MjsBody:
    body = spec.worldbody.add_body(name=name, mocap=True)
    # Never used, since a film moves the body, but a model with a body without mass does not compile.
    body.mass, body.ipos, body.inertia, body.explicitinertial = 1.0, (0, 0, 0), (0.01, 0.01, 0.01), True
    return body


def _set_mocap(
    model: mujoco.MjModel, data: mujoco.MjData, body: str, position_m: NDArray[np.float64], axes: NDArray[np.float64]
) -> None:
    mocap = model.body(body).mocapid[0]
    data.mocap_pos[mocap] = position_m
    mujoco.mju_mat2Quat(data.mocap_quat[mocap], np.ascontiguousarray(axes).ravel())


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


def _demonstrator(rng: np.random.Generator, name: str) -> Demonstrator:
    lightness = rng.uniform(0.42, 0.86)
    # Human skin spans little hue; its chroma peaks at middle lightness.
    skin = from_oklch(lightness, rng.uniform(0.05, 0.08), rng.uniform(0.75, 1.1))
    sleeve = from_oklch(rng.uniform(0.25, 0.9), rng.uniform(0.0, 0.09), rng.uniform(0, 2 * np.pi))
    bare_m = round(float(rng.choice((rng.uniform(0.0, 0.06), rng.uniform(0.08, 0.2)))), 3)
    return Demonstrator(name, skin, sleeve, bare_m, round(float(rng.uniform(0.88, 1.12)), 3), bool(rng.random() < 0.7))
