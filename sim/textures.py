"""Procedural pictures for surfaces, drawn with numpy: patterns of crockery, and wood, cloth, stone for tables.

A picture is a pure function of its arguments: the same seed draws the same picture on every machine. Every picture
tiles in x, so that it can run once around a container. This file knows nothing about objects or rooms.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[float, float, float]
Picture = NDArray[np.uint8]
"""Shape (size, size, 3), RGB."""
Amount = NDArray[np.float64]
"""Shape (size, size): how much of the second colour each pixel has, 0 to 1."""

PATTERN_SIZE = 64
SURFACE_SIZE = 128


def pattern_picture(pattern: str, rgb: Rgb, second_rgb: Rgb, seed: int) -> Picture:
    """The glaze of a container: the main colour, with at most about 40% of the second.

    Args: pattern: a key of PATTERNS. rgb, second_rgb: in [0, 1]. seed: identity of the texture.
    Returns: a square picture of PATTERN_SIZE.
    """
    return _blend(PATTERNS[pattern](PATTERN_SIZE, np.random.default_rng(seed)), rgb, second_rgb)


def surface_picture(surface: str, rgb: Rgb, second_rgb: Rgb, seed: int) -> Picture:
    """A table top, floor or wall.

    Args: surface: a key of SURFACES. rgb, second_rgb: in [0, 1]. seed: identity of the texture.
    Returns: a square picture of SURFACE_SIZE.
    """
    return _blend(SURFACES[surface](SURFACE_SIZE, np.random.default_rng(seed)), rgb, second_rgb)


def smooth_noise(size: int, rng: np.random.Generator, cells_x: int, cells_y: int) -> Amount:
    """Noise that varies over size / cells pixels and tiles in both directions, stretched to [0, 1]."""
    spectrum = np.fft.fft2(rng.standard_normal((size, size)))
    frequency = np.fft.fftfreq(size, 1 / size)
    spectrum *= np.exp(-((frequency[None, :] / cells_x) ** 2) - (frequency[:, None] / cells_y) ** 2)
    noise = np.fft.ifft2(spectrum).real
    return (noise - noise.min()) / (noise.max() - noise.min())


def _blend(amount: Amount, rgb: Rgb, second_rgb: Rgb) -> Picture:
    mixed = np.asarray(rgb) + amount[..., None] * (np.asarray(second_rgb) - np.asarray(rgb))
    return np.rint(255 * mixed.clip(0, 1)).astype(np.uint8)


def _xy(size: int) -> tuple[Amount, Amount]:
    """Pixel positions in [0, 1): x, y."""
    y, x = np.mgrid[0:size, 0:size] / size
    return x, y


def _stripes(size: int, rng: np.random.Generator) -> Amount:
    x, _ = _xy(size)
    return ((x * rng.integers(5, 10) + rng.random()) % 1 < rng.uniform(0.2, 0.36)).astype(float)


def _bands(size: int, rng: np.random.Generator) -> Amount:
    _, y = _xy(size)
    return ((y * rng.integers(3, 7) + rng.random()) % 1 < rng.uniform(0.2, 0.4)).astype(float)


def _checks(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    odd = (np.floor(x * 2 * rng.integers(4, 7)) + np.floor(y * rng.integers(6, 12))) % 2
    return odd * rng.uniform(0.5, 0.8)


def _dots(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    columns, rows = rng.integers(6, 10), rng.integers(5, 9)
    row = np.floor(y * rows)
    across = (x * columns + 0.5 * (row % 2)) % 1 - 0.5
    down = (y * rows) % 1 - 0.5
    return (across**2 + down**2 < rng.uniform(0.22, 0.34) ** 2).astype(float)


def _zigzag(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    wave = 0.12 * np.abs((x * rng.integers(4, 8)) % 1 - 0.5)
    return ((y + wave) * rng.integers(4, 7) % 1 < 0.3).astype(float)


def _speckle(size: int, rng: np.random.Generator) -> Amount:
    return (smooth_noise(size, rng, 14, 14) > 0.66).astype(float)


def _marble(size: int, rng: np.random.Generator) -> Amount:
    return 0.6 * np.clip(1 - 6 * np.abs(smooth_noise(size, rng, 3, 3) - 0.5), 0, 1)


def _rim(size: int, rng: np.random.Generator) -> Amount:
    # On a container v is 0.5 just below the rim and 0.6 just inside it.
    _, y = _xy(size)
    return (np.abs(y - 0.54) < rng.uniform(0.05, 0.12)).astype(float)


def _wood(size: int, rng: np.random.Generator) -> Amount:
    _, y = _xy(size)
    grain = smooth_noise(size, rng, 2, 24)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.integers(3, 8) * y + 1.5 * smooth_noise(size, rng, 2, 5)))
    return 0.6 * grain + 0.4 * rings


def _planks(size: int, rng: np.random.Generator) -> Amount:
    _, y = _xy(size)
    boards = rng.integers(3, 7)
    tone = rng.uniform(0, 0.6, boards)[np.minimum((y * boards).astype(int), boards - 1)]
    joint = ((y * boards) % 1 < 0.05).astype(float)
    return np.clip(tone + 0.4 * smooth_noise(size, rng, 2, 24) + joint, 0, 1)


def _cloth(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    threads = size // 4
    weave = 0.25 * (np.sin(2 * np.pi * threads * x) * np.sin(2 * np.pi * threads * y))
    return np.clip(0.4 + weave + 0.5 * (smooth_noise(size, rng, 4, 4) - 0.5), 0, 1)


def _stone(size: int, rng: np.random.Generator) -> Amount:
    return np.clip(0.5 * smooth_noise(size, rng, 4, 4) + 0.6 * (smooth_noise(size, rng, 40, 40) > 0.6), 0, 1)


def _gradient(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    return 0.5 + 0.5 * np.sin(2 * np.pi * (x if rng.random() < 0.5 else y) + rng.uniform(0, 2 * np.pi))


def _gingham(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    squares = rng.integers(4, 9)
    return ((x * squares) % 1 < 0.5) * 0.5 + ((y * squares) % 1 < 0.5) * 0.5


def _tiles(size: int, rng: np.random.Generator) -> Amount:
    x, y = _xy(size)
    tiles = rng.integers(3, 7)
    joint = ((x * tiles) % 1 < 0.05) | ((y * tiles) % 1 < 0.05)
    return np.clip(0.3 * smooth_noise(size, rng, 6, 6) + joint, 0, 1)


def _table_stripes(size: int, rng: np.random.Generator) -> Amount:
    x, _ = _xy(size)
    return ((x * rng.integers(4, 12)) % 1 < rng.uniform(0.3, 0.5)).astype(float)


def _plain(size: int, rng: np.random.Generator) -> Amount:
    return 0.3 * smooth_noise(size, rng, 3, 3)


PATTERNS: dict[str, Callable[[int, np.random.Generator], Amount]] = {
    "stripes": _stripes,
    "bands": _bands,
    "checks": _checks,
    "dots": _dots,
    "zigzag": _zigzag,
    "speckle": _speckle,
    "marble": _marble,
    "rim": _rim,
}
"""Glazes of containers; "plain" is not among them, because it needs no picture."""

SURFACES: dict[str, Callable[[int, np.random.Generator], Amount]] = {
    "wood": _wood,
    "planks": _planks,
    "cloth": _cloth,
    "stone": _stone,
    "gradient": _gradient,
    "gingham": _gingham,
    "tiles": _tiles,
    "stripes": _table_stripes,
    "plain": _plain,
}
"""Looks of tables, floors and walls."""
