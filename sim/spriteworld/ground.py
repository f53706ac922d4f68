"""What the terrains look like, and where exactly one ends and the next begins.

Ground is muted, so that sprites stand out: below NEUTRAL_LAB of chroma, where all colours of sprites are above it.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.spriteworld.terrain import SIZE_CELLS, TERRAINS
from sim.textures import smooth_noise

GROUND_RGB: dict[str, tuple[int, int, int]] = {
    "water": (98, 122, 152), "sand": (204, 192, 158), "grass": (134, 154, 112), "dirt": (140, 116, 96),
    "forest": (72, 94, 72),
}  # fmt: skip
"""Main colours, sRGB."""
LARGE_PPC = 32
"""Pixels per cell of the pictures that are made for people."""
WOBBLE_CELLS = 0.35
"""How far the drawn border of two terrains may lie from the border of their cells."""
_WOBBLES = 30
"""Roughly how often the border swings along a side of the map."""
_SEED = 8014
_LARGE_PX = SIZE_CELLS * LARGE_PPC
Picture = NDArray[np.uint8]


@cache
def ground(pixels_per_cell: int) -> Picture:
    """Every terrain laid over the whole map, shape (5, side, side, 3)."""
    if pixels_per_cell != LARGE_PPC:
        side = SIZE_CELLS * pixels_per_cell
        return np.stack([cv2.resize(full, (side, side), interpolation=cv2.INTER_AREA) for full in ground(LARGE_PPC)])
    return np.stack([_texture(index, name) for index, name in enumerate(TERRAINS)])


@cache
def cell_under(pixels_per_cell: int) -> NDArray[np.int64]:
    """Row and column of the cell that each pixel shows the terrain of, shape (2, side, side).

    It is the cell that the pixel lies in, except near borders, which wobble: straight ones would look like a chart.
    """
    side = SIZE_CELLS * pixels_per_cell
    rngs = [np.random.default_rng([_SEED, len(TERRAINS), axis]) for axis in (0, 1)]
    noise = [smooth_noise(_LARGE_PX, rng, _WOBBLES, _WOBBLES) for rng in rngs]
    wobble = np.stack([cv2.resize(axis, (side, side), interpolation=cv2.INTER_AREA) for axis in noise])
    # Noise is mostly near its middle: three times as steep, it swings all the way.
    wobble = WOBBLE_CELLS * np.clip(6 * (wobble - 0.5), -1, 1)
    place = (np.mgrid[:side, :side] + 0.5) / pixels_per_cell + wobble
    return np.clip(np.floor(place), 0, SIZE_CELLS - 1).astype(np.int64)


def _texture(index: int, name: str) -> Picture:
    rng = np.random.default_rng([_SEED, index])
    tone = 0.94 + 0.12 * smooth_noise(_LARGE_PX, rng, 12, 12)
    picture = np.clip(np.array(GROUND_RGB[name]) * tone[..., None], 0, 255).astype(np.uint8)
    _DETAILS[name](picture, rng)
    return picture


def _tone(name: str, factor: float) -> tuple[int, int, int]:
    red, green, blue = (min(255, round(channel * factor)) for channel in GROUND_RGB[name])
    return red, green, blue


def _spots(picture: Picture, rng: np.random.Generator, name: str, number: int, radius: tuple[int, int]) -> None:
    places = rng.integers(0, _LARGE_PX, (number, 2))
    for x, y in places.tolist():
        colour = _tone(name, rng.choice([0.84, 1.14]))
        cv2.circle(picture, (x, y), int(rng.integers(*radius, endpoint=True)), colour, -1, cv2.LINE_AA)


def _waves(picture: Picture, rng: np.random.Generator) -> None:
    for x, y in rng.integers(0, _LARGE_PX, (900, 2)).tolist():
        for step in (0, 12):
            cv2.ellipse(picture, (x + step, y), (6, 4), 0, 200, 340, _tone("water", 1.22), 2, cv2.LINE_AA)


def _grains(picture: Picture, rng: np.random.Generator) -> None:
    _spots(picture, rng, "sand", 5000, (1, 2))


def _tufts(picture: Picture, rng: np.random.Generator) -> None:
    for x, y in rng.integers(0, _LARGE_PX, (1600, 2)).tolist():
        colour = _tone("grass", rng.choice([0.82, 1.14]))
        for lean in (-4, 0, 4):
            cv2.line(picture, (x, y), (x + lean, y - 8), colour, 2, cv2.LINE_AA)


def _pebbles(picture: Picture, rng: np.random.Generator) -> None:
    _spots(picture, rng, "dirt", 1400, (2, 4))


def _trees(picture: Picture, rng: np.random.Generator) -> None:
    for x, y in sorted(rng.integers(0, _LARGE_PX, (1500, 2)).tolist(), key=lambda place: place[1]):
        radius = int(rng.integers(9, 14))
        cv2.circle(picture, (x + 2, y + 3), radius, _tone("forest", 0.66), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, y), radius, _tone("forest", rng.uniform(0.92, 1.12)), -1, cv2.LINE_AA)
        cv2.circle(picture, (x - 3, y - 3), radius // 2, _tone("forest", 1.3), -1, cv2.LINE_AA)


_DETAILS: dict[str, Callable[[Picture, np.random.Generator], None]] = {
    "water": _waves, "sand": _grains, "grass": _tufts, "dirt": _pebbles, "forest": _trees,
}  # fmt: skip
