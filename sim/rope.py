"""A rope of beads that lies on a table: its model, where its beads are, and how it is laid.

Beads are joined by rigid links with damped hinges, so their distances cannot change; the table's friction is viscous.
The rope may lie across itself. It refuses to know tasks and grippers.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.rope_shapes import Beads

NUM_BEADS = 10
LINK_M = 0.04
"""Distance between the middles of neighbouring beads."""
BEAD_RADIUS_M = 0.012
MOST_BENT_RAD = np.deg2rad(75.0)
"""Greatest angle between neighbouring links."""
VISCOSITY_PA_S = 2.5
"""Of the medium that stands for the table's friction: a bead that is let go stops within a few millimetres."""
BEADS = tuple(f"bead_{number}" for number in range(NUM_BEADS))
"""Body names along the rope."""
_BEAD_KG = 0.02
_HINGE_DAMPING, _HINGE_ARMATURE = 2e-4, 1e-5
_FRICTION = [1.5, 0.005, 0.0001]
_RED, _STRING = [0.85, 0.12, 0.12, 1.0], [0.95, 0.55, 0.35, 1.0]
_SLIDES = {"rope_x": [1, 0, 0], "rope_y": [0, 1, 0]}
_HINGES = tuple(f"link_{number}" for number in range(NUM_BEADS - 1))
_JOINTS = (*_SLIDES, *_HINGES)


def add_rope(spec: mujoco.MjSpec) -> None:
    """Add a rope that lies straight along x from the origin, in place."""
    spec.option.viscosity = VISCOSITY_PA_S
    body = spec.worldbody
    for number, name in enumerate(BEADS):
        body = body.add_body(name=name, pos=[LINK_M, 0.0, 0.0] if number else [0.0, 0.0, BEAD_RADIUS_M])
        for slide, axis in _SLIDES.items() if number == 0 else ():
            body.add_joint(name=slide, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
        if number < len(_HINGES):
            _add_link(body, number)
        # Contype 0: beads meet fingers but not each other.
        body.add_geom(name=name, type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[BEAD_RADIUS_M, 0, 0], mass=_BEAD_KG,
                      friction=_FRICTION, rgba=_RED, contype=0, conaffinity=1)  # fmt: skip


def _add_link(body: mujoco.MjsBody, number: int) -> None:
    """A hinge at a bead, which turns it and the rest of the rope, and the string to the next bead, to be seen only."""
    hinge = body.add_joint(name=_HINGES[number], type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 0, 1],
                           damping=_HINGE_DAMPING, armature=_HINGE_ARMATURE)  # fmt: skip
    if number:
        hinge.limited, hinge.range = True, np.rad2deg([-MOST_BENT_RAD, MOST_BENT_RAD])
    body.add_geom(name=f"string_{number}", type=mujoco.mjtGeom.mjGEOM_CAPSULE, fromto=[0, 0, 0, LINK_M, 0, 0],
                  size=[0.5 * BEAD_RADIUS_M, 0, 0], mass=0.0, rgba=_STRING, contype=0, conaffinity=0)  # fmt: skip


def beads_m(data: mujoco.MjData) -> NDArray[np.float64]:
    """Where the beads are now, shape (NUM_BEADS, 2)."""
    first = data.body(BEADS[0]).id  # a chain of bodies: their numbers follow each other
    return data.xpos[first : first + NUM_BEADS, :2].copy()


def lay(data: mujoco.MjData, places_m: Beads) -> None:
    """Put the rope somewhere at rest, in place; only the first bead and the directions of the links are looked at."""
    turned_rad, between_rad = bends_of(places_m)
    values = (*places_m[0], turned_rad, *between_rad)
    for name, value in zip(_JOINTS, values, strict=True):
        data.joint(name).qpos[0], data.joint(name).qvel[0] = value, 0.0


def straight() -> NDArray[np.float64]:
    """A rope along x whose middle is at the origin."""
    along = LINK_M * (np.arange(NUM_BEADS) - (NUM_BEADS - 1) / 2)
    return np.stack([along, np.zeros(NUM_BEADS)], axis=1)


def bent(places_m: Beads, turned_rad: float, bends_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rope with its first bead at the same place, turned, and bent further at each bead between two links.

    Args: bends_rad: shape (NUM_BEADS - 2,); no angle between links becomes greater than MOST_BENT_RAD.
    """
    first, before = bends_of(places_m)
    between = np.clip(before + bends_rad, -MOST_BENT_RAD, MOST_BENT_RAD)
    angles = first + turned_rad + np.concatenate([[0.0], np.cumsum(between)])
    steps = LINK_M * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return places_m[0] + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def bends_of(places_m: Beads) -> tuple[float, NDArray[np.float64]]:
    """Direction of the first link, and angle at each bead between two links, (NUM_BEADS - 2,), rad."""
    ways = np.diff(places_m, axis=0)
    angles = np.unwrap(np.arctan2(ways[:, 1], ways[:, 0]))
    return float(angles[0]), np.diff(angles)
