"""How characters are drawn: nine designs seen from above, facing up; each walks, rolls or flies in two frames."""

from collections.abc import Callable

import numpy as np

from sim.spriteworld.canvas import Canvas, Rgb, ring, shade

NUM_FRAMES = 2
Design = Callable[[Canvas, np.random.Generator, Rgb, Rgb, int], None]
"""Draws with a main colour, an accent and the number of the frame; body sizes come from the random numbers."""


def _trooper(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    for side, lead in ((-1, frame), (1, 1 - frame)):
        canvas.ellipse((0.34 * side, 0.45 - 0.75 * lead), (0.22, 0.36), shade(main, 0.55))
    canvas.stroke([(0.6, 0.3), (0.6, -0.92)], 0.18, shade(accent, 0.6))
    width = rng.uniform(0.78, 0.92)
    canvas.ellipse((0, 0.05), (width, 0.52), main)
    for side in (-1, 1):
        canvas.ellipse((0.62 * side, 0.0), (0.28, 0.36), shade(main, 1.35))
    canvas.ellipse((0, -0.06), (0.36, 0.38), accent)


def _spider(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    for index, y in enumerate(np.linspace(-0.6, 0.6, int(rng.integers(3, 5)))):
        for side in (-1, 1):
            lift = 0.14 * (1 if (index + frame + (side > 0)) % 2 else -1)
            canvas.stroke([(0, 0.3 * y), (0.6 * side, y + lift), (0.95 * side, 1.25 * y + lift)], 0.16, main)
    canvas.ellipse((0, 0.42), (0.48, 0.52), main)
    canvas.ellipse((0, 0.5), (0.26, 0.3), accent)
    canvas.ellipse((0, -0.3), (0.36, 0.36), shade(main, 1.35))


def _bird(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    span, sweep = 0.98, rng.uniform(0.2, 0.5) - 0.5 * frame
    for side in (-1, 1):
        wing = [(0.1 * side, -0.45), (span * side, sweep - 0.25), (0.8 * side, sweep + 0.35), (0.1 * side, 0.4)]
        canvas.polygon(wing, main)
        inner = [(0.1 * side, -0.2), (0.66 * side, sweep), (0.1 * side, 0.25)]
        canvas.polygon(inner, shade(main, 1.4))
    canvas.polygon([(0, 0.2), (0.34, 0.95), (-0.34, 0.95)], accent)
    canvas.ellipse((0, 0), (0.24, 0.62), shade(main, 0.7))
    canvas.ellipse((0, -0.6), (0.26, 0.3), accent)


def _tank(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    for side in (-1, 1):
        canvas.box((0.68 * side, 0.05), (0.24, 0.88), (0.25, 0.25, 0.27))
        for y in np.arange(-0.7, 0.9, 0.36) + 0.18 * frame:
            canvas.box((0.68 * side, y), (0.22, 0.06), (0.5, 0.5, 0.52))
    canvas.box((0, 0.08), (0.52, 0.78), main)
    canvas.stroke([(0, 0.1), (0, -0.88)], 0.22, shade(accent, 0.65))
    radius = rng.uniform(0.38, 0.46)
    canvas.ellipse((0, 0.15), (radius, radius), accent)
    canvas.ellipse((-0.08, 0.07), (0.2, 0.2), shade(accent, 1.4))


def _saucer(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    canvas.ellipse((0, 0), (0.95, 0.95), shade(main, 0.7))
    canvas.ellipse((-0.04, -0.04), (0.82, 0.82), main)
    count = int(rng.integers(5, 8))
    for x, y in 0.66 * ring(count, frame * np.pi / count):
        canvas.ellipse((x, y), (0.14, 0.14), shade(accent, 1.3))
    canvas.ellipse((0, -0.12), (0.4, 0.4), accent)
    canvas.ellipse((-0.1, -0.24), (0.16, 0.16), shade(accent, 1.6))


def _worm(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    bend = rng.uniform(0.26, 0.36) * (1 if frame else -1)
    for y in np.linspace(0.75, -0.45, 6):
        x, radius = bend * np.sin(3.4 * y), 0.3 + 0.12 * (0.75 - y)
        canvas.ellipse((x, y), (1.15 * radius, radius), shade(main, 0.65))
        canvas.ellipse((x, y - 0.06), (radius, 0.8 * radius), main)
    canvas.ellipse((-0.8 * bend, -0.58), (0.42, 0.38), accent)
    for side in (-1, 1):
        canvas.ellipse((-0.8 * bend + 0.2 * side, -0.74), (0.1, 0.12), shade(accent, 0.3))


def _fighter(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    canvas.polygon([(-0.22, 0.5), (0.22, 0.5), (0.0, 0.8 + 0.16 * frame)], (1.0, 0.8, 0.3))
    back = rng.uniform(0.5, 0.7)
    canvas.polygon([(0, -0.98), (0.96, back), (0.3, 0.5), (-0.3, 0.5), (-0.96, back)], main)
    canvas.polygon([(0, -0.98), (0.3, 0.5), (-0.3, 0.5)], shade(main, 1.4))
    for side in (-1, 1):
        canvas.stroke([(0.4 * side, 0.05), (0.8 * side, back - 0.1)], 0.16, accent)
    canvas.ellipse((0, -0.15), (0.2, 0.36), accent)


def _beetle(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    for index, y in enumerate((-0.25, 0.2, 0.65)):
        for side in (-1, 1):
            lift = 0.12 if (index + frame + (side > 0)) % 2 else -0.12
            canvas.stroke([(0, y), (0.92 * side, y + lift)], 0.17, shade(accent, 0.7))
    for side in (-1, 1):
        canvas.stroke([(0.18 * side, -0.6), (0.34 * side, -0.95)], 0.14, shade(accent, 0.8))
    canvas.ellipse((0, -0.48), (0.4, 0.36), accent)
    canvas.ellipse((0, 0.22), (rng.uniform(0.58, 0.68), 0.7), main)
    canvas.ellipse((-0.2, 0.02), (0.22, 0.3), shade(main, 1.45))
    canvas.stroke([(0, -0.4), (0, 0.88)], 0.08, shade(main, 0.5))


def _beast(canvas: Canvas, rng: np.random.Generator, main: Rgb, accent: Rgb, frame: int) -> None:
    for side in (-1, 1):
        for y, lead in ((-0.35, frame), (0.5, 1 - frame)):
            forth = 0.16 if (lead + (side > 0)) % 2 else -0.16
            canvas.ellipse((0.5 * side, y - forth), (0.22, 0.3), shade(main, 0.6))
    canvas.stroke([(0, 0.6), (0.24 * (1 if frame else -1), 0.95)], 0.18, shade(main, 0.7))
    canvas.ellipse((0, 0.15), (rng.uniform(0.46, 0.56), 0.72), main)
    for y in (-0.15, 0.2, 0.55):
        canvas.box((0, y), (0.34, 0.08), shade(accent, 1.2))
    for side in (-1, 1):
        canvas.polygon([(0.2 * side, -0.75), (0.46 * side, -0.98), (0.4 * side, -0.55)], shade(accent, 0.7))
    canvas.ellipse((0, -0.58), (0.36, 0.36), accent)


DESIGNS: tuple[Design, ...] = (
    _trooper, _spider, _bird, _tank, _saucer, _worm, _fighter, _beetle, _beast
)  # fmt: skip
