"""Shapes of things to push, built from a few parts: turned, cut, stacked, legged, spiky.

A shape is a family and a variant; the variants of a family differ in the numbers that make their outlines. Shapes have
no size of their own: `push_mesh` brings each to the same width. This file knows nothing of splits, looks and physics.
"""

from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.transformations import rotation_matrix

Parts = list[trimesh.Trimesh]
Points = NDArray[np.float64]

NUM_VARIANTS = 12
"""Of each family."""
MAX_HEIGHT = 2.4
"""Of a shape whose footprint has radius 1: higher ones are pressed down."""
MIN_HEIGHT = 0.9
"""Lower shapes are stretched, so that a fork cannot pass above them."""
_ROUND = 12
"""Corners of a circle: few, because software draws them."""


@cache
def push_mesh(family: str, variant: int) -> tuple[Points, NDArray[np.int32]]:
    """Vertices and faces of a shape that stands on z = 0, its footprint around the origin with radius 1.

    Args: family: a key of FAMILIES. variant: 0 to NUM_VARIANTS - 1.
    Returns: vertices, shape (V, 3), and faces, shape (F, 3).
    """
    rng = np.random.default_rng([20170914, list(FAMILIES).index(family), variant])
    mesh = cast(trimesh.Trimesh, trimesh.util.concatenate(FAMILIES[family](variant, rng)))
    vertices = np.array(mesh.vertices, dtype=np.float64)
    centre, radius = trimesh.nsphere.minimum_nsphere(vertices[:, :2])
    vertices[:, :2] = (vertices[:, :2] - centre) / radius
    low, high = vertices[:, 2].min(), vertices[:, 2].max()
    height = np.clip((high - low) / radius, MIN_HEIGHT, MAX_HEIGHT)
    vertices[:, 2] = (vertices[:, 2] - low) * height / (high - low)
    return vertices, np.array(mesh.faces, dtype=np.int32)


def _box(x: float, y: float, z: float, at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    """A box of these side lengths whose lower face's centre is at `at`."""
    box = trimesh.creation.box((x, y, z))
    return box.apply_translation((at[0], at[1], at[2] + z / 2))


def _ball(radii: tuple[float, float, float], at: tuple[float, float, float]) -> trimesh.Trimesh:
    """An ellipsoid around `at`."""
    return trimesh.creation.uv_sphere(1.0, count=(6, 9)).apply_scale(radii).apply_translation(at)


def _turned(profile: list[tuple[float, float]], corners: int = _ROUND) -> trimesh.Trimesh:
    """What a lathe makes of pairs (radius, height), from bottom to top."""
    closed = [(0.0, profile[0][1]), *profile, (0.0, profile[-1][1])]
    return trimesh.creation.revolve(np.array(closed), sections=corners)


def _cone(start: Points, end: Points, radius: float) -> trimesh.Trimesh:
    """A cone from its base's centre to its tip."""
    length = float(np.linalg.norm(end - start))
    cone = trimesh.creation.cone(radius, length, sections=5)
    return cone.apply_transform(trimesh.geometry.align_vectors((0, 0, 1), end - start)).apply_translation(start)


def _prism(outline: Points, height: float, twist_rad: float = 0.0, taper: float = 1.0) -> trimesh.Trimesh:
    """Layers of an outline around its centre, shape (N, 2), turned and scaled on the way up."""
    corners, layers = len(outline), 1 if twist_rad == 0.0 else 5
    rings = []
    for share in np.linspace(0.0, 1.0, layers + 1):
        cos, sin = np.cos(share * twist_rad), np.sin(share * twist_rad)
        ring = outline @ np.array([[cos, sin], [-sin, cos]]) * (1.0 + share * (taper - 1.0))
        rings.append(np.column_stack([ring, np.full(corners, share * height)]))
    vertices = np.vstack([*rings, [[0, 0, 0], [0, 0, height]]])
    here, after = np.arange(corners), np.roll(np.arange(corners), -1)
    faces = [np.column_stack([np.full(corners, len(vertices) - 2), after, here])]
    for layer in range(layers):
        below, above = layer * corners, (layer + 1) * corners
        faces.append(np.column_stack([below + here, below + after, above + after]))
        faces.append(np.column_stack([below + here, above + after, above + here]))
    top = layers * corners
    faces.append(np.column_stack([np.full(corners, len(vertices) - 1), top + here, top + after]))
    return trimesh.Trimesh(vertices, np.vstack(faces), process=False)


def _polygon(corners: int, radii: tuple[float, ...] = (1.0,)) -> Points:
    """A regular polygon whose corners take these distances from the centre in turn, shape (corners, 2)."""
    angles = 2 * np.pi * np.arange(corners) / corners
    distance = np.array(radii)[np.arange(corners) % len(radii)]
    return np.column_stack([distance * np.cos(angles), distance * np.sin(angles)])


def _vase(variant: int, rng: np.random.Generator) -> Parts:
    heights = np.linspace(0.0, 1.6 + 0.8 * (variant % 2), 6)
    radii = rng.uniform(0.2, 1.0, 6)
    radii[variant % 6] = 1.0
    return [_turned(list(zip(radii, heights, strict=True)))]


def _chessman(variant: int, rng: np.random.Generator) -> Parts:
    """A slim round foot, or a stout square one, under one of six heads."""
    neck, top = ((rng.uniform(0.25, 0.4), rng.uniform(1.2, 1.6)), (0.6, rng.uniform(0.6, 0.9)))[variant // 6]
    corners = (_ROUND, 4)[variant // 6]
    profile = [(1.0, 0.0), (1.0, 0.25), (0.7, 0.4), (neck, top - 0.2), (neck + 0.3, top - 0.1), (0.3, top)]
    heads: tuple[Parts, ...] = (
        [_ball((0.5, 0.5, 0.5), (0, 0, top + 0.35))],
        [_turned([(0.45, top), (0.75, top + 0.5), (0.55, top + 0.5)])],
        [_cone(np.array([0, 0, top]), np.array([0, 0, top + 0.9]), 0.5)],
        [_box(0.9, 0.25, 0.25, (0, 0, top + 0.3)), _box(0.25, 0.25, 0.9, (0, 0, top))],
        [_box(0.4, 0.4, 0.7, (0, 0, top)), _box(0.9, 0.35, 0.35, (0.3, 0, top + 0.5))],
        [_box(0.3, 0.3, 0.3, (0.5 * x, 0.5 * y, top)) for x in (-1, 1) for y in (-1, 1)],
    )
    return [_turned(profile, corners), *heads[variant % 6]]


def _star(variant: int, rng: np.random.Generator) -> Parts:
    points, inner = 3 + variant % 6, (0.35, 0.62)[variant // 6]
    return [_prism(_polygon(2 * points, (1.0, inner)), (0.9, 1.7)[variant // 6], taper=(1.0, 0.6)[variant // 6])]


_LETTERS = ("111100111100111", "100100100100111", "111010010010010", "101101111101101", "101101101101111",
            "111100111001111", "111001010100111", "101101010101101", "111101101101111", "101010111010101",
            "100100111101111", "001001001101111")  # fmt: skip
"""E L T H U S Z X O, a net, b and J on a grid of three columns and five rows."""


def _letter(variant: int, rng: np.random.Generator) -> Parts:
    cells = [divmod(index, 3) for index, cell in enumerate(_LETTERS[variant]) if cell == "1"]
    return [_box(1.0, 1.0, 1.8, (row - 2.0, column - 1.0, 0.0)) for row, column in cells]


def _pyramid(variant: int, rng: np.random.Generator) -> Parts:
    taper, height = (0.02, 0.5, 2.0, 1.0)[variant // 3], (1.0, 2.0, 2.0, 2.4)[variant // 3]
    return [_prism(_polygon(3 + variant % 3), height, taper=taper)]


def _pile(variant: int, rng: np.random.Generator) -> Parts:
    parts, height = [], 0.0
    for floor in range(2 + variant % 3):
        width = rng.uniform(0.35, 1.0)
        thick = rng.uniform(0.3, 0.8)
        corners = int(rng.choice((3, 4, 6, _ROUND)))
        turned = rotation_matrix(rng.uniform(0, np.pi), (0, 0, 1))
        part = _prism(_polygon(corners) * (width if floor else max(width, 0.7)), thick).apply_transform(turned)
        parts.append(part.apply_translation((0, 0, height)))
        height += thick
    return parts


def _animal(variant: int, rng: np.random.Generator) -> Parts:
    long, fat, tall = rng.uniform(0.7, 1.1), rng.uniform(0.3, 0.6), rng.uniform(0.15, 0.7)
    belly, head = tall + fat, rng.uniform(0.25, 0.5)
    face_m = (long + 0.2 * head, 0.0, belly + rng.uniform(0.2, 0.9) * (1 if variant % 3 else 0))
    parts = [_ball((long, fat, fat), (0, 0, belly)), _ball((head, head, head), face_m)]
    parts += [_box(0.22, 0.22, tall + 0.3, (0.6 * long * x, 0.6 * fat * y, 0)) for x in (-1, 1) for y in (-1, 1)]
    ears = np.array([[0.0, side * head * 0.7, 0.6 * head] for side in (-1, 1)]) + face_m
    length = (0.4, 1.0)[variant % 2]
    parts += [_cone(ear, ear + (0, 0.5 * (ear[1]), length), 0.18) for ear in ears]
    tail = np.array([-long * 0.9, 0.0, belly])
    return [*parts, _cone(tail, tail + (-0.8, 0.0, rng.uniform(-0.2, 0.9)), 0.2)] if variant % 4 else parts


def _ring(variant: int, rng: np.random.Generator) -> Parts:
    thick = (0.16, 0.28, 0.4)[variant % 3]
    ring = trimesh.creation.torus(1.0, thick, major_sections=14, minor_sections=6)
    upright = ring.copy().apply_transform(rotation_matrix(np.pi / 2, (1, 0, 0)))
    other = upright.copy().apply_transform(rotation_matrix(np.pi / 2, (0, 0, 1)))
    tilted = ring.copy().apply_transform(rotation_matrix(0.7, (1, 0, 0)))
    return ([ring], [upright], [tilted, _box(0.4, 2.0, 0.3, (0, 0, -1.0))], [upright, other])[variant // 3]


def _spiky(variant: int, rng: np.random.Generator) -> Parts:
    radii = (0.5, 0.5, (0.35, 0.6)[variant % 2])
    core = np.array(radii)
    count, length = (6, 10, 16)[variant % 3], (0.45, 0.9)[variant // 6]
    turn = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(count)  # the golden angle spreads them evenly
    up = np.linspace(-0.7, 0.95, count)
    flat = np.sqrt(1.0 - up**2)
    directions = np.column_stack([flat * np.cos(turn), flat * np.sin(turn), up])
    return [_ball(radii, (0, 0, 0))] + [
        _cone(0.7 * core * direction, (core + length) * direction, 0.2) for direction in directions
    ]


def _cluster(variant: int, rng: np.random.Generator) -> Parts:
    """Balls that touch: in a row, in a circle, on top of one another."""
    count = 2 + variant % 4
    radii = rng.uniform(0.3, 0.6, count)
    along = np.concatenate([[0.0], np.cumsum(0.8 * (radii[1:] + radii[:-1]))])
    if variant < 4:
        places = np.column_stack([along, np.zeros(count), radii])
    elif variant < 8:
        places = np.column_stack([0.6 * _polygon(count), radii])
    else:
        places = np.column_stack([np.zeros(count), 0.25 * (-1.0) ** np.arange(count), along + radii[0]])
    return [_ball((radius,) * 3, (x, y, z)) for radius, (x, y, z) in zip(radii, places, strict=True)]


def _furniture(variant: int, rng: np.random.Generator) -> Parts:
    x, y, leg = rng.uniform(0.5, 1.0), rng.uniform(0.6, 1.0), rng.uniform(0.5, 1.1)
    legs = [_box(0.2, 0.2, leg, (0.9 * x * i, 0.9 * y * j, 0)) for i in (-1, 1) for j in (-1, 1)]
    if variant % 3 == 2:
        legs = [_turned([(0.6, 0.0), (0.12, 0.15), (0.12, leg)])]
    parts = [*legs, _box(2 * x + 0.2, 2 * y + 0.2, 0.2, (0, 0, leg))]
    back = [_box(0.2, 2 * y + 0.2, 1.1, (-x, 0, leg))]
    arms = [_box(2 * x, 0.2, 0.5, (0, side * y, leg)) for side in (-1, 1)]
    return parts + (back if variant // 3 in (1, 2) else []) + (arms if variant // 3 in (2, 3) else [])


def _screw(variant: int, rng: np.random.Generator) -> Parts:
    corners, twist_rad = (2, 3, 4, 5)[variant % 4], (0.6, 1.3, 2.2)[variant // 4]
    outline = _polygon(corners) if corners > 2 else np.array([[1, 0.3], [-1, 0.3], [-1, -0.3], [1, -0.3]])
    return [_prism(outline, rng.uniform(1.2, 2.2), twist_rad, taper=rng.uniform(0.4, 1.0))]


FAMILIES: dict[str, Callable[[int, np.random.Generator], Parts]] = {
    "vase": _vase, "chessman": _chessman, "star": _star, "letter": _letter, "pyramid": _pyramid, "pile": _pile,
    "animal": _animal, "ring": _ring, "spiky": _spiky, "cluster": _cluster, "furniture": _furniture, "screw": _screw,
}  # fmt: skip
"""Families of shapes; each makes NUM_VARIANTS of them."""
