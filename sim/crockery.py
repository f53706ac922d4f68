"""The geometry of open containers: a round or many-sided wall that rises from a flat floor.

One form gives the mesh that is seen and the boxes that collide. This file knows nothing about colours or tasks.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

FLOOR_M = 0.005
"""Thickness of the floor: an item falling 0.15 m moves 3.4 mm in one physics step of 2 ms, so it cannot pass."""
WALL_M = 0.004
"""Thickness of the wall where it is seen."""
WALL_COLLISION_M = 0.006
"""Thickness of the wall where it collides, for the same reason as the floor."""
SEGMENTS_ROUND = 28
WALLS_ROUND = 8


@dataclass(frozen=True)
class Form:
    """Shape of a container, standing on z = 0 and centred on the z axis."""

    sides: int
    """Number of sides of the outline, or 0 for a round one."""
    radius_m: float
    """Half the outer width along x at the rim."""
    aspect: float
    """Outer width along y over that along x."""
    height_m: float
    """Height of the rim."""
    base_fraction: float
    """Outline of the foot as a fraction of that of the rim."""
    curve: float
    """Exponent of the wall: 1 is straight, below 1 is bellied like a bowl, above 1 is flared like a plate."""

    @property
    def footprint_m(self) -> float:
        """Radius of the circle around the z axis that holds the whole container."""
        corners_m = _outline(self, np.linspace(0.0, 2 * np.pi, 121))
        return float(np.linalg.norm(corners_m, axis=1).max())

    def scale_at(self, height_fraction: float) -> float:
        """Outline at a height as a fraction of that of the rim."""
        return self.base_fraction + (1 - self.base_fraction) * height_fraction**self.curve


@dataclass(frozen=True)
class ShellMesh:
    """What is seen of a container: triangles with texture coordinates, u around and v from the foot over the rim."""

    vertices_m: NDArray[np.float64]
    """Shape (V, 3)."""
    faces: NDArray[np.int32]
    """Shape (F, 3), counter-clockwise seen from outside."""
    uv: NDArray[np.float64]
    """Shape (V, 2) in [0, 1]."""


@dataclass(frozen=True)
class Box:
    """A box in the frame of the container."""

    centre_m: NDArray[np.float64]
    """Shape (3,)."""
    half_size_m: NDArray[np.float64]
    """Shape (3,)."""
    quaternion_wxyz: NDArray[np.float64]
    """Shape (4,)."""


def shell_mesh(form: Form) -> ShellMesh:
    """The closed surface of a container: underside, outer wall, rim, inner wall, floor."""
    profile = _profile(form)
    # The seam is doubled so that a texture can run once around.
    around = np.linspace(0.0, 1.0, _segments(form) + 1)
    outline = _outline(form, 2 * np.pi * around)
    # A wall as thick along x as along y: sides keep their direction.
    inwards = outline / (form.radius_m * np.array((1.0, form.aspect)))
    rings = [
        np.column_stack((outline * scale - inwards * inset, np.full(len(outline), z))) for scale, z, inset, _ in profile
    ]
    uv = [np.column_stack((around, np.full(len(around), v))) for *_, v in profile]
    columns = len(around)
    corner = (np.arange(len(profile) - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    faces = np.concatenate(
        (
            np.column_stack((corner, corner + 1, corner + columns + 1)),
            np.column_stack((corner, corner + columns + 1, corner + columns)),
        )
    )
    return ShellMesh(np.concatenate(rings), faces.astype(np.int32), np.concatenate(uv))


def collision_boxes(form: Form) -> list[Box]:
    """Boxes that fill the floor and the wall of a container; none reaches below z = 0 by more than a hair."""
    levels = (0.0, 1.0) if abs(form.curve - 1) < 0.2 else (0.0, 0.4, 1.0)
    boxes = _floor_boxes(form)
    for low, high in zip(levels[:-1], levels[1:], strict=True):
        boxes += _wall_boxes(form, low, high)
    return boxes


def _profile(form: Form) -> list[tuple[float, float, float, float]]:
    """Rings from the middle of the underside to the middle of the floor: scale, z, inset in metres, v."""
    fractions = np.linspace(0.0, 1.0, 2 if form.curve == 1 else 6)
    outer = [(form.scale_at(f), f * form.height_m, 0.0, 0.5 * f) for f in fractions]
    floor_fraction = FLOOR_M / form.height_m
    inner_fractions = np.linspace(1.0, floor_fraction, len(fractions))
    inner = [(form.scale_at(f), f * form.height_m, WALL_M, 1.0 - 0.4 * f) for f in inner_fractions]
    # The middle is not quite a point: a triangle without area has no normal.
    return [(1e-3, 0.0, 0.0, 0.0), *outer, *inner, (1e-3, FLOOR_M, 0.0, 1.0)]


def _segments(form: Form) -> int:
    return SEGMENTS_ROUND if form.sides == 0 else 4 * form.sides


def _outline(form: Form, angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Outer outline at the rim in metres, shape (N, 2)."""
    if form.sides == 0:
        reach = np.ones_like(angle_rad)
    else:
        step = 2 * np.pi / form.sides
        reach = 1 / np.cos((angle_rad + step / 2) % step - step / 2)
    return form.radius_m * np.column_stack((reach * np.cos(angle_rad), form.aspect * reach * np.sin(angle_rad)))


def _floor_boxes(form: Form) -> list[Box]:
    half_z = FLOOR_M / 2
    if form.sides == 4:
        half = np.array((form.radius_m, form.radius_m * form.aspect)) * form.base_fraction
        return [_box_about_z(half, half_z, 0.0)]
    # Two squares make a star that covers a disc up to the wall with corners that hardly stick out.
    side = 0.78 * form.radius_m * form.base_fraction
    return [_box_about_z(np.array((side, side)), half_z, turn) for turn in (0.0, np.pi / 4)]


def _box_about_z(half_xy_m: NDArray[np.float64], half_z_m: float, turn_rad: float) -> Box:
    turn = np.array((np.cos(turn_rad / 2), 0.0, 0.0, np.sin(turn_rad / 2)))
    return Box(np.array((0.0, 0.0, half_z_m)), np.array((*half_xy_m, half_z_m)), turn)


def _wall_boxes(form: Form, low: float, high: float) -> list[Box]:
    """One box a side between two heights, given as fractions of the rim's."""
    walls = form.sides or WALLS_ROUND
    step = 2 * np.pi / walls
    corners = _outline(form, np.arange(walls + 1) * step + step / 2)
    if form.sides == 0:
        # The chords of a circle lie inside it; half the sagitta outwards splits the difference.
        corners = corners * (1 + 1 / np.cos(step / 2)) / 2
    boxes = []
    for start, end in zip(corners[:-1], corners[1:], strict=True):
        foot = np.append((start + end) / 2 * form.scale_at(low), low * form.height_m)
        rim = np.append((start + end) / 2 * form.scale_at(high), high * form.height_m)
        boxes.append(_wall_box(foot, rim, np.append(end - start, 0.0) * form.scale_at(high)))
    return boxes


def _wall_box(foot_m: NDArray[np.float64], rim_m: NDArray[np.float64], along_m: NDArray[np.float64]) -> Box:
    """The box whose inner face lies on the inner wall between the middles of a side's foot and rim."""
    length = np.linalg.norm(along_m)
    rise = np.linalg.norm(rim_m - foot_m)
    axis_along, axis_up = along_m / length, (rim_m - foot_m) / rise
    outwards = np.cross(axis_along, axis_up)
    # The outer edge of a leaning box would dip under the table: lift the lowest ones by that much.
    lift_m = (WALL_COLLISION_M - WALL_M) * abs(outwards[2]) if foot_m[2] == 0.0 else 0.0
    centre = (foot_m + rim_m) / 2 + outwards * (WALL_COLLISION_M / 2 - WALL_M) + (0.0, 0.0, lift_m)
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.column_stack((axis_along, outwards, -axis_up)).ravel())
    return Box(centre, np.array((length / 2, WALL_COLLISION_M / 2, rise / 2)), quaternion)
