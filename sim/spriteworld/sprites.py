"""The 105 sprites: who there is, who is held out, and what each looks like.

It refuses to know maps and what a sprite is worth.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.disc_colours import colour, lab
from sim.spriteworld import buildings, characters
from sim.spriteworld.canvas import SIDE_PX, Canvas, Rgb

NUM_SPRITES = 105
NUM_BUILDINGS = 52
"""Sprites 0 to 51 are buildings, the others characters; in the thesis (B.4.2) it is about half and half too."""
SPRITE_CELLS = 3
"""Cells along each side of a sprite."""
NUM_HEADINGS = 4
"""Directions that a character may face."""
ACCENT_APART_LAB = 45.0
"""Least difference of a sprite's two colours, CIELAB units."""
MAIN_SHARE = 0.65
"""Roughly how much of a sprite has its main colour."""
_SEED = 20190908
_HELD_OUT_EVERY = 21


@dataclass(frozen=True)
class Sprite:
    """One of the 105."""

    sprite_id: int
    """From 0."""
    name: str
    """Such as "building-07"."""
    main: Rgb
    """Colour of the greater part of it; no two sprites share it."""
    accent: Rgb
    """Colour of the details."""
    num_poses: int
    """1 for a building; for a character each heading with each frame."""

    @property
    def is_building(self) -> bool:
        """Whether it never moves."""
        return self.num_poses == 1


def sprite_ids(split: Split) -> tuple[int, ...]:
    """Identities of one split: 95 to train, 5 to validate, 5 to test.

    The thesis (B.4.2) trains on 100 and tests on 5; five of the 100 are kept here to choose settings by. Held-out ids
    are spread evenly, so that each split has buildings and characters, and colours from everywhere.
    """
    held_out = {"test": _HELD_OUT_EVERY - 1, "validation": _HELD_OUT_EVERY // 2}
    if split in held_out:
        return tuple(range(held_out[split], NUM_SPRITES, _HELD_OUT_EVERY))
    return tuple(index for index in range(NUM_SPRITES) if index % _HELD_OUT_EVERY not in held_out.values())


@cache
def sprite(sprite_id: int) -> Sprite:
    """The sprite of an id from 0 to 104."""
    is_building = sprite_id < NUM_BUILDINGS
    number = sprite_id if is_building else sprite_id - NUM_BUILDINGS
    return Sprite(
        sprite_id=sprite_id,
        name=f"building-{number:02d}" if is_building else f"character-{number:02d}",
        main=_rgb(sprite_id),
        accent=_rgb(_accent_ids()[sprite_id]),
        num_poses=1 if is_building else NUM_HEADINGS * characters.NUM_FRAMES,
    )


@cache
def sprite_picture(sprite_id: int, pose: int, pixels_per_cell: int) -> NDArray[np.float32]:
    """A sprite in one of its poses.

    Args: sprite_id: from 0 to 104. pose: from 0 to num_poses - 1. pixels_per_cell: scale, at most 64.
    Returns: red, green and blue times opacity, and opacity, in [0, 1], shape (side, side, 4), side = 3 cells.
    """
    known = sprite(sprite_id)
    # A constant seed for each sprite: all its poses have one body.
    rng = np.random.default_rng([_SEED, sprite_id])
    canvas = Canvas(heading_rad=2 * np.pi * (pose // characters.NUM_FRAMES) / NUM_HEADINGS)
    if known.is_building:
        buildings.DESIGNS[sprite_id % len(buildings.DESIGNS)](canvas, rng, known.main, known.accent)
    else:
        design = characters.DESIGNS[(sprite_id - NUM_BUILDINGS) % len(characters.DESIGNS)]
        design(canvas, rng, known.main, known.accent, pose % characters.NUM_FRAMES)
    side = SPRITE_CELLS * pixels_per_cell
    picture = canvas.finished()
    return picture if side == SIDE_PX else cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def _rgb(index: int) -> Rgb:
    # The colours come in farthest-first order: any first N of them are spread as far as N colours can be.
    red, green, blue = colour(index).tolist()
    return red, green, blue


@cache
def _accent_ids() -> tuple[int, ...]:
    """For each sprite the colour, clearly different from its main one, that makes it least like all before it.

    At a few pixels a sprite is mostly the mixture of its two colours, so it is mixtures that are kept apart.
    """
    rgb = np.array([colour(index) for index in range(NUM_SPRITES)])
    places = lab(rgb)
    mixtures = np.round(lab(MAIN_SHARE * rgb[:, None] + (1 - MAIN_SHARE) * rgb[None]), 6)
    accents: list[int] = []
    nearest = np.full((NUM_SPRITES, NUM_SPRITES), np.inf)
    for main in range(NUM_SPRITES):
        is_apart = np.linalg.norm(places - places[main], axis=1) >= ACCENT_APART_LAB
        # Rounding keeps ties in the same order whatever the machine's last bit does.
        accents.append(int(np.where(is_apart, np.round(nearest[main], 6), -1.0).argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(mixtures - mixtures[main, accents[-1]], axis=-1))
    return tuple(accents)
