"""How buildings are drawn: ten designs, each with sizes and counts of its own. A building has one pose."""

from collections.abc import Callable

import numpy as np

from sim.spriteworld.canvas import Canvas, Rgb, ring, shade

Design = Callable[[Canvas, np.random.Generator, Rgb, Rgb], None]
"""Draws with a main colour and an accent; what it draws by chance is the same for the same random numbers."""


def _hall(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    half = rng.uniform(0.62, 0.78)
    canvas.box((0, 0), (0.95, half), shade(main, 0.6))
    canvas.polygon([(-0.95, -half), (0.95, -half), (0.8, 0), (-0.8, 0)], shade(main, 1.25))
    canvas.polygon([(-0.95, half), (0.95, half), (0.8, 0), (-0.8, 0)], main)
    for x in np.linspace(-0.5, 0.5, int(rng.integers(2, 4))):
        canvas.box((x, 0), (0.12, 0.75 * half), accent)


def _dome(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    canvas.polygon(0.97 * ring(8, np.pi / 8), accent)
    radius = rng.uniform(0.66, 0.78)
    for step, tone in enumerate((0.75, 1.0, 1.25, 1.6)):
        canvas.ellipse((-0.09 * step, -0.09 * step), (radius * (1 - 0.24 * step),) * 2, shade(main, tone))


def _hexagon(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    turn = rng.choice([0.0, np.pi / 6])
    canvas.polygon(0.97 * ring(6, turn), shade(main, 0.65))
    canvas.polygon(0.8 * ring(6, turn) - 0.04, main)
    canvas.polygon(rng.uniform(0.4, 0.52) * ring(6, turn), accent)
    canvas.ellipse((0, 0), (0.18, 0.18), shade(accent, 1.6))


def _silos(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    canvas.box((0, 0), (0.93, 0.93), shade(accent, 0.55))
    count = int(rng.integers(3, 5))
    radius = 0.42 if count == 4 else 0.46
    for x, y in 0.5 * ring(count, np.pi / count):
        canvas.ellipse((x, y), (radius, radius), main)
        canvas.ellipse((x - 0.07, y - 0.07), (0.55 * radius, 0.55 * radius), shade(main, 1.45))
    canvas.ellipse((0, 0), (0.16, 0.16), accent)


def _pyramid(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    corners = 0.95 * np.sqrt(2) * ring(4, np.pi / 4)
    for index, tone in enumerate((0.75, 0.55, 1.0, 1.35)):
        canvas.polygon([(0.0, 0.0), tuple(corners[index]), tuple(corners[(index + 1) % 4])], shade(main, tone))
    for corner in corners * 0.78:
        canvas.box((corner[0], corner[1]), (0.13, 0.13), accent)
    top = rng.uniform(0.26, 0.36)
    canvas.box((0, 0), (top, top), accent)


def _dish(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    canvas.box((0, 0.32), (0.9, 0.6), shade(main, 0.8))
    canvas.box((0, 0.5), (0.7, 0.2), shade(main, 1.3))
    side = rng.choice([-1.0, 1.0])
    canvas.ellipse((0.1 * side, -0.25), (0.72, 0.62), accent)
    canvas.ellipse((0.14 * side, -0.29), (0.5, 0.42), shade(accent, 0.65))
    canvas.stroke([(0.1 * side, -0.25), (0.5 * side, -0.8)], 0.12, shade(main, 1.4))


def _factory(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    canvas.box((0, 0.15), (0.95, 0.75), main)
    for x in np.linspace(-0.66, 0.66, int(rng.integers(3, 5))):
        canvas.polygon([(x - 0.2, 0.75), (x - 0.2, -0.3), (x + 0.2, -0.3)], shade(main, 1.4))
    for x in (-0.6, 0.1):
        canvas.box((x, -0.66), (0.2, 0.28), shade(accent, 0.8))
        canvas.ellipse((x, -0.8), (0.2, 0.12), shade(accent, 1.3))
    canvas.box((0.55, 0.6), (0.25, 0.2), accent)


def _spire(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    arms = int(rng.integers(4, 8))
    star = ring(2 * arms) * np.where(np.arange(2 * arms) % 2, 0.5, 0.98)[:, None]
    canvas.polygon(star, main)
    canvas.polygon(0.72 * star, shade(main, 1.35))
    canvas.ellipse((0, 0), (0.33, 0.33), accent)


def _pad(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    canvas.polygon(0.98 * ring(8, np.pi / 8), shade(main, 0.7))
    canvas.ellipse((0, 0), (0.78, 0.78), accent)
    canvas.ellipse((0, 0), (0.6, 0.6), main)
    for angle in rng.uniform(0, np.pi / 2) + np.array([0, np.pi / 2]):
        tip = 0.45 * np.array([np.cos(angle), np.sin(angle)])
        canvas.stroke(np.stack([-tip, tip]), 0.16, shade(accent, 1.3))


def _hive(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb) -> None:
    count = int(rng.integers(5, 8))
    mounds = 0.52 * ring(count, rng.uniform(0, 1))
    for x, y in mounds:
        canvas.ellipse((x, y), (0.4, 0.4), shade(main, 0.75))
    canvas.ellipse((0, 0), (0.62, 0.62), main)
    canvas.ellipse((-0.1, -0.12), (0.4, 0.38), shade(main, 1.3))
    for x, y in [*(1.15 * mounds), (0.0, 0.0)]:
        canvas.ellipse((x, y), (0.15, 0.15), accent)


DESIGNS: tuple[Design, ...] = (
    _hall, _dome, _hexagon, _silos, _pyramid, _dish, _factory, _spire, _pad, _hive
)  # fmt: skip
