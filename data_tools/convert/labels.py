"""The labels and times that other formats have no place for, as this project writes them beside their data."""

import json
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import Losses, even_times, task_id_of
from data_tools.demo import Demo, Outcome, Video
from data_tools.provenance import Provenance

Times = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Capture times of pictures, states and actions, each of shape (T,)."""
LABELS = ("task_id", "robot", "outcome", "clock")
"""Texts of a demo."""
NO_CLOCK = "counted"
"""Clock of times that were made from frame numbers."""


def labels_of(demo: Demo) -> dict[str, str]:
    """The texts of a demo, by name."""
    return {name: str(getattr(demo, name)) for name in LABELS}


def outcome_of(value: object) -> Outcome:
    """An outcome from a label of ours, or from a success flag; unknown for anything else."""
    if isinstance(value, str) and value in get_args(Outcome):
        return cast(Outcome, value)
    if isinstance(value, (bool, np.bool_)):
        return "success" if value else "failure"
    return "unknown"


def build_demo(
    frames: NDArray[np.uint8],
    states: NDArray[np.float32],
    actions: NDArray[np.float32],
    times: Times | None,
    labels: dict[str, Any],
    rate_hz: float,
    losses: Losses,
) -> Demo:
    """A demo from what a file holds.

    Args: frames: (T, height, width, 3). states: (T, S). actions: (T, A). times: of pictures, states and actions, each
        (T,); None makes them from `rate_hz`. labels: any of LABELS and `success`, as the file has them.
    Raises: DemoShapeMismatch: the parts do not fit together.
    """
    if times is None:
        even = even_times(len(actions), rate_hz)
        times = (even, even, even)
        losses.add(f"The source holds no times: they are frame numbers at {rate_hz:g} Hz (--rate-hz sets another).")
    return Demo(
        video=Video(frames, times[0]),
        states=states,
        actions=actions,
        state_time_s=times[1],
        action_time_s=times[2],
        task_id=task_id_of(str(labels.get("task_id") or "unknown"), losses),
        robot=str(labels.get("robot") or "unknown"),
        outcome=outcome_of(labels.get("outcome") or labels.get("success")),
        clock=str(labels.get("clock") or NO_CLOCK),
    )


def provenance_or_none(text: object) -> Provenance | None:
    """The provenance that this project wrote into a file, or None where there is none that can be read."""
    try:
        return Provenance.from_json(text) if isinstance(text, str) else None
    except Exception:  # noqa: BLE001  (a stranger's text is no error: the file then has no known origin)
        return None


def read_json(text: str) -> dict[str, Any]:
    """A JSON object. Raises: ValueError: something else."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"no JSON object but {text[:40]!r}")
    return value
