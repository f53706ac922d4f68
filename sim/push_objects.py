"""Things to push: a shape, a texture, a mass and a friction, with held-out identities.

The splits share no shape, no colour and no texture. A thing stands on the table, slides along x and y and turns about
the vertical; like the objects of the released MIL environments it meets no gravity, its friction is a damping of these
motions, and it collides with the fork alone. This file knows nothing about where things stand and what they are for.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from data_tools.demo import Split
from sim.object_colours import Rgb, colour_distance, palette
from sim.push_shapes import FAMILIES, NUM_VARIANTS, push_mesh
from sim.textures import PATTERN_SIZE, PATTERNS, pattern_picture

VALIDATION_VARIANT, TEST_VARIANT = 3, 10
"""Of every family of shapes these variants are held out: 120 shapes to train, 12 to validate, 12 to test."""
TEXTURE_COUNT: dict[Split, int] = {"train": 5000, "validation": 500, "test": 500}
PLAIN_SHARE = 0.2
"""Share of textures without a pattern."""
MIN_COLOUR_DISTANCE = 0.16
"""Between the main colours of one scene's things, in the units of colour_distance."""
RADIUS_M = (0.040, 0.052)
"""Range of a footprint's radius: every thing finds room between the prongs of the fork."""
MASS_KG = (0.1, 0.5)
SLOWING_PER_S = (2.0, 10.0)
"""Range of damping over mass: how quickly a thing that is let go stops. The damping is 0.2 to 5 N s/m; the released
environments have 0.29 to 4.98 in a sample."""
COLLISION_HEIGHT_M = 0.09
"""Upright walls, well above the fork: contacts push sideways, never up or down."""
CONTACT_SOLREF = (0.005, 1.0)
"""Time constant (s) and damping ratio of contacts: stiff, so that even blows at 2 m/s stop near the surface."""
_STREAM: dict[Split, int] = {"train": 1, "validation": 2, "test": 3}


@dataclass(frozen=True)
class Texture:
    """What covers a thing."""

    texture_id: str
    """Identity, such as "train-0017"."""
    pattern: str
    """"plain" or a key of sim.textures.PATTERNS."""
    rgb: Rgb
    """Main colour."""
    second_rgb: Rgb
    """Colour of the pattern."""
    seed: int
    """Of the pattern's picture."""


@dataclass(frozen=True)
class PushObject:
    """One thing."""

    family: str
    """Family of its shape."""
    variant: int
    """Which shape of the family."""
    texture: Texture
    """What it looks like."""
    radius_m: float
    """Radius of the upright cylinder that holds all of it."""
    mass_kg: float
    """Mass."""
    damping_ns_m: float
    """Friction: force for each m/s of sliding."""

    @property
    def object_id(self) -> str:
        """All that identifies it, as text."""
        numbers = f"{self.radius_m:.4f}-{self.mass_kg:.4f}-{self.damping_ns_m:.4f}"
        return f"{self.family}-{self.variant}-{self.texture.texture_id}-{numbers}"


def shapes(split: Split) -> tuple[tuple[str, int], ...]:
    """Family and variant of every shape of a split."""
    held_out: dict[Split, tuple[int, ...]] = {"validation": (VALIDATION_VARIANT,), "test": (TEST_VARIANT,)}
    rest = tuple(k for k in range(NUM_VARIANTS) if k not in (VALIDATION_VARIANT, TEST_VARIANT))
    return tuple((family, variant) for family in FAMILIES for variant in held_out.get(split, rest))


def texture(split: Split, number: int) -> Texture:
    """Texture `number` of a split, 0 to TEXTURE_COUNT[split] - 1; the same on every call."""
    seed = _STREAM[split] * 1_000_000 + number
    rng = np.random.default_rng(seed)
    colours = palette(split)
    rgb = colours[rng.integers(len(colours))]
    far = [colour for colour in colours if colour_distance(colour, rgb) > 0.12]
    pattern = "plain" if rng.random() < PLAIN_SHARE else str(rng.choice(list(PATTERNS)))
    return Texture(f"{split}-{number:04d}", pattern, rgb, far[rng.integers(len(far))], seed)


def sample_pair(rng: np.random.Generator, split: Split) -> tuple[PushObject, PushObject]:
    """Two things of a split, of different shapes and clearly different main colours."""
    choices = shapes(split)
    while True:
        first, second = rng.choice(len(choices), size=2, replace=False)
        pair = _sample(rng, split, choices[first]), _sample(rng, split, choices[second])
        if colour_distance(pair[0].texture.rgb, pair[1].texture.rgb) >= MIN_COLOUR_DISTANCE:
            return pair


def add_push_object(spec: mujoco.MjSpec, name: str, thing: PushObject) -> mujoco.MjsBody:
    """Add a thing that stands on z = 0, with its middle at the origin.

    Args: spec: model to extend. name: of the body; its joints are `name` with "_x", "_y" (m) and "_yaw" (rad) behind.
    Returns: the body.
    """
    body = spec.worldbody.add_body(name=name)
    turning_kg_m2 = 0.5 * thing.mass_kg * thing.radius_m**2
    body.mass, body.ipos, body.inertia = thing.mass_kg, (0.0, 0.0, 0.0), np.full(3, turning_kg_m2)
    body.explicitinertial = True
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    body.add_joint(name=f"{name}_x", type=slide, axis=(1, 0, 0), damping=thing.damping_ns_m)
    body.add_joint(name=f"{name}_y", type=slide, axis=(0, 1, 0), damping=thing.damping_ns_m)
    turning_damping = turning_kg_m2 * 2.0 * thing.damping_ns_m / thing.mass_kg
    body.add_joint(name=f"{name}_yaw", type=hinge, axis=(0, 0, 1), damping=turning_damping)
    vertices, faces = push_mesh(thing.family, thing.variant)
    vertices = vertices * thing.radius_m
    _add_look(spec, body, name, thing.texture, vertices, faces)
    _add_walls(spec, body, name, vertices)
    return body


def _sample(rng: np.random.Generator, split: Split, shape: tuple[str, int]) -> PushObject:
    mass_kg = float(np.exp(rng.uniform(*np.log(MASS_KG))))
    return PushObject(
        *shape,
        texture=texture(split, int(rng.integers(TEXTURE_COUNT[split]))),
        radius_m=float(rng.uniform(*RADIUS_M)),
        mass_kg=mass_kg,
        damping_ns_m=mass_kg * float(np.exp(rng.uniform(*np.log(SLOWING_PER_S)))),
    )


def _add_look(
    spec: mujoco.MjSpec,
    body: mujoco.MjsBody,
    name: str,
    look: Texture,
    vertices: NDArray[np.float64],
    faces: NDArray[np.int32],
) -> None:
    """What is seen: the mesh, its texture on all six sides as on a cube."""
    spec.add_mesh(
        name=f"{name}_look",
        uservert=vertices.ravel(),
        userface=faces.ravel(),
        inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )
    material = spec.add_material(name=name, specular=0.2, shininess=0.3)
    if look.pattern == "plain":
        material.rgba = (*look.rgb, 1.0)
    else:
        picture = pattern_picture(look.pattern, look.rgb, look.second_rgb, look.seed)
        added = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_CUBE)
        added.width, added.height, added.nchannel = PATTERN_SIZE, 6 * PATTERN_SIZE, 3
        added.data = 6 * picture.tobytes()
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname=f"{name}_look", material=name, contype=0, conaffinity=0, mass=0.0
    )


def _add_walls(spec: mujoco.MjSpec, body: mujoco.MjsBody, name: str, vertices: NDArray[np.float64]) -> None:
    """What is touched: upright walls around the footprint's convex hull."""
    outline = vertices[ConvexHull(vertices[:, :2]).vertices, :2]
    walls = [np.column_stack([outline, np.full(len(outline), z)]) for z in (0.0, COLLISION_HEIGHT_M)]
    spec.add_mesh(name=f"{name}_walls", uservert=np.vstack(walls).ravel())
    # contype without conaffinity: the fork answers, another thing does not.
    body.add_geom(
        name=f"{name}_walls",
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=f"{name}_walls",
        contype=1,
        conaffinity=0,
        condim=1,
        solref=CONTACT_SOLREF,
        group=4,
        mass=0.0,
        priority=1,
    )
