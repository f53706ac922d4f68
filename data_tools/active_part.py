"""Where in a film the task is shown: from the first motion of the hands to the last.

Works on how much moves, and refuses to know where that comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.film_motion import Motion

MAX_PAUSE_S = 3.0
"""Hands may rest so long in the middle of a task."""
MIN_BURST_S = 0.25
"""Shorter motion is a flicker."""
MARGIN_S = 0.1
"""Kept before the first motion and after the last."""
_FLOOR, _CEILING = 0.003, 0.01  # part of the picture that has to move: between a fingertip and a hand
_QUIET = 4.0  # times the motion in the quietest tenth of the film
_LARGE = 2.0  # a body or the camera moves so many times more than the hands do,
_TALL = 0.5  # over so much of the picture's height
_TAIL_S = 1.0  # and is out of the picture so soon after


@dataclass(frozen=True)
class ActivePart:
    """A stretch of a film, in its own time."""

    start_s: float
    """Capture time at which it begins."""
    end_s: float
    """Capture time at which it ends."""
    is_found: bool
    """False when nothing moves: then it is the whole film."""


def active_part(motions: Sequence[Motion], first_s: float, last_s: float) -> ActivePart:
    """The part of a film that shows the task.

    Motion counts when it is more than in the quiet parts of the film. A body that walks in first or walks off last,
    and a camera that is taken in hand there, move much more of the picture than hands do and are left out. Of
    bursts that long pauses separate, the one in which most happens is the task.

    Args: motions: in order of time. first_s, last_s: capture times of the film's first and last picture.
    Returns: the part with a margin, inside the film.
    Raises: nothing.
    """
    if not motions:
        return ActivePart(first_s, last_s, False)
    time_s, area = np.array([m.time_s for m in motions]), np.array([m.area for m in motions])
    is_active = _smooth(area) > np.clip(_QUIET * np.quantile(area, 0.1), _FLOOR, _CEILING)
    is_large = _is_large(area, np.array([m.height for m in motions]), is_active)
    is_task = is_active & ~_at_an_end(time_s, is_active, is_large)
    if is_task.sum() * np.median(np.diff(time_s, prepend=first_s)) < MIN_BURST_S:
        is_task = is_active  # nothing but large motion: then the large motion is the task
    bursts = [burst for burst in _runs(time_s, is_task, MIN_BURST_S) if burst[1] - burst[0] >= MIN_BURST_S]
    parts = _joined(bursts)
    if not parts:
        return ActivePart(first_s, last_s, False)
    start_s, end_s = max(parts, key=lambda part: area[is_task & (time_s >= part[0]) & (time_s <= part[1])].sum())
    # motion that is there from the start or to the end goes on beyond the middles of the pictures that were compared
    start_s = first_s if start_s <= time_s[0] else max(first_s, start_s - MARGIN_S)
    end_s = last_s if end_s >= time_s[-1] else min(last_s, end_s + MARGIN_S)
    return ActivePart(start_s, end_s, True)


def _smooth(area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of each three: one odd picture is no motion, and one still picture no pause."""
    padded = np.pad(area, 1, mode="edge")
    return np.median(np.stack([padded[:-2], area, padded[2:]]), 0)


def _is_large(area: NDArray[np.float64], height: NDArray[np.float64], is_active: NDArray[np.bool_]) -> NDArray:
    """Where a body or the camera moves: much more than in the quieter part of what moves at all."""
    if not is_active.any():
        return is_active
    hands = np.quantile(area[is_active], 0.3)
    return is_active & (_smooth(area) > _LARGE * hands) & (_smooth(height) > _TALL)


def _at_an_end(time_s: NDArray[np.float64], is_active: NDArray[np.bool_], is_large: NDArray[np.bool_]) -> NDArray:
    """The first and the last stretch of large motion, and what lies outside of them, if little moves there."""
    left_out = np.zeros_like(is_active)
    runs = [run for run in _runs(time_s, is_large, 0.5) if run[1] - run[0] >= MIN_BURST_S]
    for (start_s, end_s), outside in ((runs[0], "before"), (runs[-1], "after")) if runs else ():
        beyond = time_s < start_s if outside == "before" else time_s > end_s
        moving_s = (beyond & is_active).sum() * float(np.median(np.diff(time_s)))
        if moving_s < _TAIL_S:
            left_out |= beyond | ((time_s >= start_s) & (time_s <= end_s))
    return left_out


def _runs(time_s: NDArray[np.float64], is_on: NDArray[np.bool_], max_gap_s: float) -> list[tuple[float, float]]:
    """Start and end of each stretch that is on, over gaps of at most `max_gap_s`."""
    return _joined([(float(t), float(t)) for t in time_s[is_on]], max_gap_s)


def _joined(spans: Sequence[tuple[float, float]], max_gap_s: float = MAX_PAUSE_S) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start_s, end_s in spans:
        if joined and start_s - joined[-1][1] <= max_gap_s:
            joined[-1] = (joined[-1][0], end_s)
        else:
            joined.append((start_s, end_s))
    return joined
