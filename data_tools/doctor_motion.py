"""What the numbers of demonstrations say about how they were recorded: jerk, dead dimensions, frozen pictures.

Works on facts alone and refuses to say what is too much; thresholds belong to the checks.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.doctor_facts import DemoFacts
from data_tools.running_statistics import RunningStatistics

STREAMS = ("states", "actions")
"""Streams of numbers."""
HIDDEN, FAR = 0.035, 3.0
"""Share of the movement that equal pictures may hide, and how many usual steps one stretch of them may. In 1,600 clean
demos of `reach`, whose pictures have 64 x 80 pixels, equal pictures hide at most 0.029 and one stretch 2.4 steps."""


def is_finite(demo: DemoFacts) -> bool:
    """Whether all of a demo's numbers can be counted with."""
    return all(np.isfinite(values).all() for values in (demo.states, demo.actions, *demo.times_s.values()))


def is_in_order(times_s: NDArray[np.float64]) -> bool:
    """Whether capture times are numbers and increase."""
    return bool(np.isfinite(times_s).all() and (np.diff(times_s) > 0).all())


def jerks(demos: Sequence[DemoFacts]) -> dict[str, float]:
    """How jerkily each demo was commanded, by name: the largest first.

    The second time derivative of the actions, which are velocities or forces, each dimension divided by its standard
    deviation over all demos; root of the mean square over steps and dimensions, 1/s^2. Only a comparison within one
    file means something. Demos that are not finite, out of order or shorter than three steps are left out.
    """
    usable = [d for d in demos if d.num_samples >= 3 and is_finite(d) and is_in_order(d.times_s["actions"])]
    if not usable:
        return {}
    scale = np.concatenate([demo.actions for demo in usable]).astype(np.float64).std(0)
    moving = scale > 1e-9
    found = {demo.name: _jerk(demo, moving, scale) for demo in usable}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _jerk(demo: DemoFacts, moving: NDArray[np.bool_], scale: NDArray[np.float64]) -> float:
    if not moving.any():
        return 0.0
    gap_s = float(np.median(np.diff(demo.times_s["actions"])))
    second = np.diff(demo.actions[:, moving].astype(np.float64) / scale[moving], 2, axis=0) / gap_s**2
    return float(np.sqrt((second**2).mean()))


def constant_dimensions(demos: Sequence[DemoFacts]) -> Iterator[tuple[str, int, float]]:
    """Stream, dimension and value of everything that never changes in a file of more than one step."""
    for stream in STREAMS:
        values = np.concatenate([getattr(demo, stream) for demo in demos]) if demos else np.zeros((0, 0))
        if len(values) > 1:
            yield from ((stream, int(d), float(values[0, d])) for d in np.flatnonzero((values == values[0]).all(0)))


def frozen_runs(demo: DemoFacts) -> list[tuple[int, int]]:
    """First and last picture of each stretch of equal pictures during which the robot moved.

    Equal pictures are ordinary while nothing moves, and movements smaller than a pixel change no rendered picture. So
    a stretch counts when the state moved further in it than in half of those steps that did change the picture, if
    equal pictures hide a part of the demo's movement that is worth mentioning, or else several times as far.
    """
    span = np.ptp(demo.states, axis=0)
    if not demo.is_repeat.any() or not np.isfinite(span).all() or not (span > 0).any():
        return []
    states = demo.states[:, span > 0] / span[span > 0]
    moved = np.abs(np.diff(states, axis=0)).mean(1)
    usual = float(np.median(moved[~demo.is_repeat])) if not demo.is_repeat.all() else 0.0
    limit = usual if moved[demo.is_repeat].sum() > HIDDEN * moved.sum() else FAR * usual
    edges = np.flatnonzero(np.diff(np.concatenate([[False], demo.is_repeat, [False]]).astype(int))).reshape(-1, 2)
    runs = [(int(first), int(last)) for first, last in edges]
    return [(first, last) for first, last in runs if np.ptp(states[first : last + 1], axis=0).mean() > limit]


def statistics_of(demos: Sequence[DemoFacts]) -> dict[str, Any]:
    """Count and, for each dimension, min, max, mean and standard deviation of the states and actions of some demos."""
    found = {stream: RunningStatistics() for stream in STREAMS}
    for demo in demos:
        for stream, statistics in found.items():
            statistics.add(getattr(demo, stream))
    return {stream: statistics.to_plain() for stream, statistics in found.items()}


def statistics_agree(claimed: str, found: dict[str, Any]) -> bool:
    """Whether a file's statistics, as JSON, are those that were found, to a millionth of the range of each number."""
    try:
        return all(_agree(json.loads(claimed)[stream], found[stream]) for stream in STREAMS)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _agree(claimed: dict[str, Any], found: dict[str, Any]) -> bool:
    if claimed["count"] != found["count"] or set(claimed) != set(found):
        return False
    return all(np.allclose(claimed[name], found[name], rtol=1e-6, atol=1e-9) for name in found)
