"""Where tasks take place: table, floor, walls and light, for the robot's laboratory and for the films.

A room is an identity from a fixed catalogue; the catalogues of the splits, and of laboratory and film, share none.
This file knows nothing about objects, robots or cameras.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import mujoco
import numpy as np

from data_tools.demo import Split
from sim.object_colours import Rgb, from_oklch
from sim.textures import SURFACE_SIZE, SURFACES, surface_picture

Place = Literal["lab", "film"]

ROOM_COUNT: dict[Place, dict[Split, int]] = {
    "lab": {"train": 40, "validation": 8, "test": 10},
    "film": {"train": 240, "validation": 30, "test": 40},
}
LAB_SURFACES = ("wood", "stone", "plain")
"""The robot's laboratory is one kind of place; films come from anywhere."""
TABLE_HALF_THICKNESS_M = 0.02


@dataclass(frozen=True)
class Surface:
    """The look of one surface."""

    kind: str
    """A key of sim.textures.SURFACES."""
    rgb: Rgb
    """Main colour, muted, so that objects stand out."""
    second_rgb: Rgb
    """Colour of its grain or pattern."""
    texture_seed: int
    """Identity of its picture."""


@dataclass(frozen=True)
class Room:
    """One look of a place."""

    room_id: str
    """Identity in the catalogue, such as "film-train-017"."""
    table: Surface
    """Table top."""
    floor_rgb: Rgb
    """Floor, seen past the edge of the table."""
    wall_rgb: tuple[Rgb, Rgb]
    """Upper and lower colour of everything behind."""
    light_direction: tuple[float, float, float]
    """Where the main light shines to, world frame."""
    light_rgb: Rgb
    """Main light, intensity and warmth in one."""
    ambient_rgb: Rgb
    """Light from everywhere."""


@cache
def room_catalogue(place: Place, split: Split) -> tuple[Room, ...]:
    """All rooms of one place and split."""
    seed = (("lab", "film").index(place), ("train", "validation", "test").index(split))
    rng = np.random.default_rng([19711015, *seed])
    return tuple(_room(rng, place, split, seed, index) for index in range(ROOM_COUNT[place][split]))


def sample_room(rng: np.random.Generator, place: Place, split: Split) -> Room:
    """One room of a catalogue."""
    rooms = room_catalogue(place, split)
    return rooms[rng.integers(len(rooms))]


def add_room(
    spec: mujoco.MjSpec, room: Room, top_centre_m: tuple[float, float, float], half_size_m: tuple[float, float]
) -> mujoco.MjsGeom:
    """Add table, floor, sky and lights to a model, in place.

    Args:
        spec: model to extend; its headlight is set too.
        room: the look.
        top_centre_m: middle of the table top, world frame.
        half_size_m: half the extent of the table along x and y.

    Returns: the table's geom, named "table".
    """
    x, y, top = top_centre_m
    _add_surface(spec, room.table)
    table = spec.worldbody.add_geom(
        name="table",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=(*half_size_m, TABLE_HALF_THICKNESS_M),
        pos=(x, y, top - TABLE_HALF_THICKNESS_M),
        material="table",
        friction=(0.9, 0.01, 0.001),
    )
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=(4, 4, 0.1),
        pos=(x, y, min(0.0, top - 0.7)),
        rgba=(*room.floor_rgb, 1),
        contype=0,
        conaffinity=0,
    )
    spec.add_texture(
        name="walls",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=room.wall_rgb[0],
        rgb2=room.wall_rgb[1],
        width=16,
        height=96,
    )
    direction = np.array(room.light_direction)
    spec.worldbody.add_light(
        name="main",
        pos=np.array(top_centre_m) - 2 * direction,
        dir=direction,
        diffuse=room.light_rgb,
        specular=(0.2, 0.2, 0.2),
        ambient=(0, 0, 0),
        castshadow=False,
        directional=True,
    )
    spec.visual.headlight.ambient = room.ambient_rgb
    spec.visual.headlight.diffuse = (0.15, 0.15, 0.15)
    spec.visual.headlight.specular = (0, 0, 0)
    return table


def _add_surface(spec: mujoco.MjSpec, surface: Surface) -> None:
    picture = surface_picture(surface.kind, surface.rgb, surface.second_rgb, surface.texture_seed)
    texture = spec.add_texture(
        name="table", type=mujoco.mjtTexture.mjTEXTURE_2D, width=SURFACE_SIZE, height=SURFACE_SIZE, nchannel=3
    )
    texture.data = picture.tobytes()
    material = spec.add_material(name="table", specular=0.1, shininess=0.2)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "table"


def _room(rng: np.random.Generator, place: Place, split: Split, seed: tuple[int, int], index: int) -> Room:
    kind = str(rng.choice(LAB_SURFACES if place == "lab" else tuple(SURFACES)))
    identity = (1 + seed[0]) * 10_000_000 + seed[1] * 1_000_000 + index
    azimuth = rng.uniform(0, 2 * np.pi)
    tilt = rng.uniform(0.1, 0.4 if place == "lab" else 0.8)
    # Sunlight is bluish, a bulb is yellowish; a laboratory has one kind of lamp.
    warmth = rng.uniform(-0.02, 0.02) if place == "lab" else rng.uniform(-0.08, 0.12)
    tint = np.array((1 + warmth, 1.0, 1 - 1.3 * warmth))
    main = rng.uniform(0.45, 0.55) if place == "lab" else rng.uniform(0.35, 0.6)
    ambient = rng.uniform(0.38, 0.44) if place == "lab" else rng.uniform(0.32, 0.46)
    walls = _muted(rng, (0.35, 0.9), 0.05), _muted(rng, (0.35, 0.8), 0.05)
    return Room(
        room_id=f"{place}-{split}-{index:03d}",
        table=_surface(rng, kind, identity),
        floor_rgb=_muted(rng, (0.35, 0.75), 0.04),
        wall_rgb=walls,
        light_direction=_rounded((np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), -np.cos(tilt))),
        light_rgb=_rounded(main * tint),
        ambient_rgb=_rounded(ambient * tint),
    )


def _surface(rng: np.random.Generator, kind: str, texture_seed: int) -> Surface:
    if kind in ("wood", "planks"):
        hue, chroma, lightness = rng.uniform(0.8, 1.5), rng.uniform(0.03, 0.07), rng.uniform(0.5, 0.85)
    else:
        hue, chroma, lightness = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.045), rng.uniform(0.45, 0.9)
    # The second colour is lighter or darker, never another hue: a table must not look like crockery.
    step = rng.uniform(0.06, 0.2) * (1 if lightness < 0.6 else -1)
    return Surface(kind, from_oklch(lightness, chroma, hue), from_oklch(lightness + step, chroma, hue), texture_seed)


def _muted(rng: np.random.Generator, lightness: tuple[float, float], max_chroma: float) -> Rgb:
    return from_oklch(rng.uniform(*lightness), rng.uniform(0, max_chroma), rng.uniform(0, 2 * np.pi))


def _rounded(values: "np.ndarray | tuple[float, ...]") -> tuple[float, float, float]:
    one, two, three = (round(float(value), 4) for value in values)
    return one, two, three
