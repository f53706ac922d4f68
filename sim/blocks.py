"""Blocks to arrange: upright prisms with flat tops, so that any of them can stand on any other.

Every block has an identity, a number in the catalogue of its split; the catalogues share no id, colour, size or texture
seed. This file knows nothing about where blocks stand and what an arrangement is.
"""

from dataclasses import dataclass
from itertools import combinations

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.errors import LayoutFailed
from sim.object_colours import Rgb, colour_distance, palette
from sim.textures import PATTERN_SIZE, PATTERNS, pattern_picture

BLOCK_COUNT: dict[Split, int] = {"train": 600, "validation": 100, "test": 200}
SIDES = (4, 5, 6, 8, 16)
"""Corners of the outline; 16 look round."""
PLAIN_SHARE = 0.4
"""Share of blocks without a pattern."""
MIN_COLOUR_DISTANCE = 0.13
"""Between the main colours of one scene's blocks, in the units of colour_distance."""
MASS_KG = 0.12
INSIDE = 0.75
"""Half the side of the box that stands for a block in contacts, over its radius."""
MAX_ATTEMPTS = 2000
_STREAM: dict[Split, int] = {"train": 0, "validation": 1, "test": 2}


@dataclass(frozen=True)
class Block:
    """One block."""

    object_id: str
    """Identity in the catalogue, such as "train-block-017"."""
    sides: int
    """Corners of its outline."""
    radius_m: float
    """Of the upright cylinder that holds all of it."""
    height_m: float
    """Height of its flat top."""
    rgb: Rgb
    """Main colour."""
    second_rgb: Rgb
    """Colour of the pattern."""
    pattern: str
    """"plain" or a key of sim.textures.PATTERNS."""
    texture_seed: int
    """Identity of the pattern's picture."""


def block(split: Split, number: int) -> Block:
    """Block `number` of a split, 0 to BLOCK_COUNT[split] - 1; the same on every call."""
    stream = _STREAM[split]
    seed = (31 + stream) * 1_000_000 + number
    rng = np.random.default_rng(seed)
    colours = palette(split)
    rgb = colours[(number * 37) % len(colours)]
    far = [colour for colour in colours if colour_distance(colour, rgb) > 0.12]
    # Sizes of the splits lie on interleaved grids of 0.3 mm, so that no two agree.
    radius_m, height_m = (
        round(low + 0.0003 * int(rng.integers(steps)) + 0.0001 * stream, 4) for low, steps in ((0.031, 45), (0.030, 67))
    )
    return Block(
        object_id=f"{split}-block-{number:03d}",
        sides=int(rng.choice(SIDES)),
        radius_m=radius_m,
        height_m=height_m,
        rgb=rgb,
        second_rgb=far[rng.integers(len(far))],
        pattern="plain" if rng.random() < PLAIN_SHARE else str(rng.choice(list(PATTERNS))),
        texture_seed=seed,
    )


def sample_blocks(rng: np.random.Generator, split: Split, count: int) -> tuple[Block, ...]:
    """Blocks for one scene, of clearly different main colours.

    Raises: LayoutFailed: so many different colours were not found.
    """
    for _ in range(MAX_ATTEMPTS):
        chosen = tuple(block(split, int(k)) for k in rng.choice(BLOCK_COUNT[split], count, replace=False))
        if all(colour_distance(a.rgb, b.rgb) >= MIN_COLOUR_DISTANCE for a, b in combinations(chosen, 2)):
            return chosen
    raise LayoutFailed(f"Expected {count} blocks of clearly different colours, found none; ask for 4 at most.")


def add_block(spec: mujoco.MjSpec, name: str, one: Block) -> mujoco.MjsBody:
    """Add a block that stands on z = 0 of its own frame and moves freely.

    Args: spec: model to extend. name: of the body and its free joint; the model's other names start with it.
    Returns: the body, at the origin of the world.
    """
    body = spec.worldbody.add_body(name=name)
    body.add_freejoint(name=name)
    spec.add_mesh(name=f"{name}_shape", uservert=_corners_m(one).ravel())
    _add_material(spec, name, one)
    body.add_geom(
        name=f"{name}_geom",
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=f"{name}_shape",
        material=name,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )
    # What is touched is the box inside: boxes rest on boxes, where meshes rock and sink.
    half_m = (INSIDE * one.radius_m, INSIDE * one.radius_m, one.height_m / 2)
    body.add_geom(
        name=f"{name}_box",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=half_m,
        pos=(0.0, 0.0, one.height_m / 2),
        mass=MASS_KG,
        friction=(0.8, 0.01, 0.001),
        group=4,
    )
    return body


def _corners_m(one: Block) -> NDArray[np.float64]:
    """Corners of the prism, shape (2 * sides, 3)."""
    angles = np.linspace(0, 2 * np.pi, one.sides, endpoint=False) + np.pi / one.sides
    outline = one.radius_m * np.column_stack([np.cos(angles), np.sin(angles)])
    return np.vstack([np.column_stack([outline, np.full(one.sides, z)]) for z in (0.0, one.height_m)])


def _add_material(spec: mujoco.MjSpec, name: str, one: Block) -> None:
    material = spec.add_material(name=name, specular=0.2, shininess=0.3)
    if one.pattern == "plain":
        material.rgba = (*one.rgb, 1.0)
        return
    picture = pattern_picture(one.pattern, one.rgb, one.second_rgb, one.texture_seed)
    added = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_CUBE)
    added.width, added.height, added.nchannel = PATTERN_SIZE, 6 * PATTERN_SIZE, 3
    added.data = 6 * picture.tobytes()
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
