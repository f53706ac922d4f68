"""The things that tasks are about: containers to put something into, and items to put there.

Every thing has an identity from a fixed catalogue, and the catalogues of the splits share no id, colour, shape
parameters or texture seed. This file knows nothing about robots, tables or where things stand.
"""

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import mujoco
import numpy as np

from data_tools.demo import Split
from sim.crockery import Form, collision_boxes, shell_mesh
from sim.object_colours import Rgb, colour_distance, palette
from sim.textures import PATTERN_SIZE, PATTERNS, pattern_picture

CONTAINER_COUNT: dict[Split, int] = {"train": 400, "validation": 60, "test": 80}
ITEM_COUNT: dict[Split, int] = {"train": 120, "validation": 20, "test": 30}
SPLIT_SEED: dict[Split, int] = {"train": 1, "validation": 2, "test": 3}

PLAIN_SHARE = 0.45
"""Share of containers without a pattern."""
MIN_COLOUR_DISTANCE = 0.16
"""Between the main colours of one scene's containers, in the units of colour_distance: orange to yellow-green."""

VISUAL_GROUP, COLLISION_GROUP = 2, 3


@dataclass(frozen=True)
class Container:
    """An open container: its identity, shape and glaze."""

    object_id: str
    """Identity in the catalogue, such as "train-bowl-017"."""
    split: Split
    """Which catalogue."""
    kind: str
    """A key of KINDS."""
    form: Form
    """Shape in metres."""
    rgb: Rgb
    """Main colour."""
    second_rgb: Rgb
    """Colour of the pattern."""
    pattern: str
    """"plain" or a key of sim.textures.PATTERNS."""
    texture_seed: int
    """Identity of the pattern's picture."""
    mass_kg: float
    """Heavy enough for a thrown item not to push it away."""

    @property
    def radius_m(self) -> float:
        """Half the outer width."""
        return self.form.radius_m

    @property
    def footprint_m(self) -> float:
        """Radius of the upright circle that holds all of it: more than radius_m where there are corners."""
        return self.form.footprint_m

    @property
    def height_m(self) -> float:
        """Height of the rim above the table."""
        return self.form.height_m


@dataclass(frozen=True)
class Item:
    """Something to hold and to put into a container."""

    object_id: str
    """Identity in the catalogue, such as "train-ball-017"."""
    shape: str
    """A key of ITEM_GEOMS."""
    half_size_m: tuple[float, float, float]
    """Half the extent along x, y and z."""
    rgb: Rgb
    """Colour."""
    mass_kg: float
    """Mass."""


@dataclass(frozen=True)
class FormRange:
    """Bounds that the shapes of one kind of container are drawn from."""

    sides: tuple[int, ...]
    """Numbers of sides to choose from, 0 for round."""
    radius_m: tuple[float, float]
    """Half the outer width."""
    aspect: tuple[float, float]
    """Depth over width."""
    height_m: tuple[float, float]
    """Height of the rim."""
    base_fraction: tuple[float, float]
    """Width of the foot over that of the rim."""
    curve: tuple[float, float]
    """Exponent of the wall."""


KINDS: dict[str, FormRange] = {
    "bowl": FormRange((0,), (0.056, 0.072), (1, 1), (0.032, 0.052), (0.45, 0.62), (0.45, 0.7)),
    "cup": FormRange((0,), (0.050, 0.056), (1, 1), (0.055, 0.078), (0.75, 0.95), (1, 1)),
    "plate": FormRange((0,), (0.065, 0.075), (1, 1), (0.015, 0.022), (0.6, 0.75), (1.3, 1.8)),
    "dish": FormRange((0,), (0.058, 0.070), (0.78, 0.9), (0.025, 0.04), (0.7, 0.85), (1, 1)),
    "box": FormRange((4,), (0.048, 0.056), (0.85, 1), (0.035, 0.065), (0.92, 1), (1, 1)),
    "tray": FormRange((4,), (0.062, 0.070), (0.72, 0.85), (0.018, 0.03), (0.85, 0.95), (1, 1)),
    "basket": FormRange((5, 6, 8), (0.053, 0.064), (1, 1), (0.04, 0.065), (0.65, 0.85), (1, 1)),
}
"""Kinds of containers; 15 mm to 80 mm high and 100 mm to 150 mm wide."""

ITEM_GEOMS: dict[str, mujoco.mjtGeom] = {
    "ball": mujoco.mjtGeom.mjGEOM_SPHERE,
    "cube": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "egg": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
}
"""Shapes of items."""


@cache
def catalogue(split: Split) -> tuple[Container, ...]:
    """All containers of one split; nothing that identifies them occurs in another split."""
    rng = np.random.default_rng([20170930, SPLIT_SEED[split], 0])
    colours = palette(split)
    return tuple(_container(rng, split, index, colours) for index in range(CONTAINER_COUNT[split]))


@cache
def item_catalogue(split: Split) -> tuple[Item, ...]:
    """All items of one split; nothing that identifies them occurs in another split."""
    rng = np.random.default_rng([20170930, SPLIT_SEED[split], 1])
    colours = palette(split)
    return tuple(_item(rng, split, index, colours) for index in range(ITEM_COUNT[split]))


def sample_containers(rng: np.random.Generator, split: Split, count: int = 3) -> tuple[Container, ...]:
    """Containers for one scene, of clearly different colours.

    Args: rng: source of chance. split: which catalogue. count: how many, at most 4 find room on the colour circle.
    Returns: `count` containers whose main colours are pairwise at least MIN_COLOUR_DISTANCE apart.
    Raises: ValueError if no such choice was found.
    """
    candidates = catalogue(split)
    for _ in range(1000):
        chosen = tuple(candidates[index] for index in rng.choice(len(candidates), count, replace=False))
        if all(colour_distance(a.rgb, b.rgb) >= MIN_COLOUR_DISTANCE for a, b in combinations(chosen, 2)):
            return chosen
    raise ValueError(f"sample_containers: expected a count with clearly different colours, found {count}; ask for 3.")


def sample_item(rng: np.random.Generator, split: Split) -> Item:
    """One item of a split's catalogue."""
    items = item_catalogue(split)
    return items[rng.integers(len(items))]


def add_container(spec: mujoco.MjSpec, name: str, container: Container) -> mujoco.MjsBody:
    """Add a container that stands on z = 0 of its own frame and moves freely.

    Args: spec: model to extend. name: of the body and its free joint; the model's other names start with it.
    Returns: the body, at the origin of the world.
    """
    body = spec.worldbody.add_body(name=name)
    body.add_freejoint(name=name)
    _add_shell(spec, body, name, container)
    for box in collision_boxes(container.form):
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=box.centre_m,
            size=box.half_size_m,
            quat=box.quaternion_wxyz,
            group=COLLISION_GROUP,
            rgba=(0, 0, 0, 0),
            friction=(0.9, 0.01, 0.001),
            mass=0,
        )
    # All mass low, as in a weighted foot: a container that tips over would change the task.
    width, height = container.radius_m, container.height_m
    body.mass = container.mass_kg
    body.ipos = (0, 0, 0.3 * height)
    across = width**2 / 4 + height**2 / 12
    body.inertia = container.mass_kg * np.array((across, across, width**2 / 2))
    body.explicitinertial = True
    return body


def add_item(spec: mujoco.MjSpec, name: str, item: Item) -> mujoco.MjsBody:
    """Add an item that moves freely, its origin at its centre.

    Args: spec: model to extend. name: of the body, its free joint and its geom.
    Returns: the body, at the origin of the world.
    """
    body = spec.worldbody.add_body(name=name)
    body.add_freejoint(name=name)
    half_x, _, half_z = item.half_size_m
    size = {"ball": (half_x, 0, 0), "cylinder": (half_x, half_z, 0), "capsule": (half_x, half_z - half_x, 0)}
    body.add_geom(
        name=name,
        type=ITEM_GEOMS[item.shape],
        size=size.get(item.shape, item.half_size_m),
        rgba=(*item.rgb, 1),
        mass=item.mass_kg,
        group=VISUAL_GROUP,
        # Rolling friction, or a ball would circle in a bowl for ever; the item's own values win over its partner's.
        condim=6,
        friction=(1.0, 0.02, 0.005),
        priority=1,
    )
    return body


def _container(rng: np.random.Generator, split: Split, index: int, colours: tuple[Rgb, ...]) -> Container:
    kind = list(KINDS)[index % len(KINDS)]
    # Each colour comes up equally often; the step is coprime with every palette and with the number of kinds.
    rgb = colours[(index * 37) % len(colours)]
    far = [colour for colour in colours if colour_distance(colour, rgb) > 0.12]
    pattern = "plain" if rng.random() < PLAIN_SHARE else str(rng.choice(list(PATTERNS)))
    return Container(
        object_id=f"{split}-{kind}-{index:03d}",
        split=split,
        kind=kind,
        form=_form(rng, KINDS[kind]),
        rgb=rgb,
        second_rgb=far[rng.integers(len(far))],
        pattern=pattern,
        texture_seed=SPLIT_SEED[split] * 1_000_000 + index,
        mass_kg=round(float(rng.uniform(0.35, 0.6)), 3),
    )


def _form(rng: np.random.Generator, bounds: FormRange) -> Form:
    ranges = (bounds.radius_m, bounds.aspect, bounds.height_m, bounds.base_fraction, bounds.curve)
    radius_m, aspect, height_m, base_fraction, curve = (round(float(rng.uniform(*pair)), 4) for pair in ranges)
    return Form(int(rng.choice(bounds.sides)), radius_m, aspect, height_m, base_fraction, curve)


def _item(rng: np.random.Generator, split: Split, index: int, colours: tuple[Rgb, ...]) -> Item:
    shape = list(ITEM_GEOMS)[index % len(ITEM_GEOMS)]
    # Sizes of the splits lie on interleaved grids of 0.3 mm, so that no two agree.
    steps = rng.integers(0, 33, 3)
    width, depth, height = (round(0.015 + 0.0003 * int(step) + 0.0001 * (SPLIT_SEED[split] - 1), 4) for step in steps)
    half_size = {
        "ball": (width, width, width),
        "cylinder": (width, width, height),
        "capsule": (width, width, width + 0.006),
    }.get(shape, (width, depth, height))
    return Item(
        object_id=f"{split}-{shape}-{index:03d}",
        shape=shape,
        half_size_m=half_size,
        rgb=colours[(index * 17) % len(colours)],
        mass_kg=round(float(rng.uniform(0.04, 0.1)), 3),
    )


def _add_shell(spec: mujoco.MjSpec, body: mujoco.MjsBody, name: str, container: Container) -> None:
    """What is seen of a container: one mesh, with a texture unless it is plain."""
    shell = shell_mesh(container.form)
    spec.add_mesh(
        name=f"{name}_shell",
        uservert=shell.vertices_m.ravel(),
        userface=shell.faces.ravel(),
        usertexcoord=shell.uv.ravel(),
        inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )
    material = spec.add_material(name=f"{name}_glaze", specular=0.3, shininess=0.4)
    if container.pattern == "plain":
        material.rgba = (*container.rgb, 1)
    else:
        picture = pattern_picture(container.pattern, container.rgb, container.second_rgb, container.texture_seed)
        texture = spec.add_texture(name=f"{name}_glaze", type=mujoco.mjtTexture.mjTEXTURE_2D)
        texture.width, texture.height, texture.nchannel = PATTERN_SIZE, PATTERN_SIZE, 3
        texture.data = picture.tobytes()
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = f"{name}_glaze"
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=f"{name}_shell",
        material=f"{name}_glaze",
        group=VISUAL_GROUP,
        contype=0,
        conaffinity=0,
        mass=0,
    )
