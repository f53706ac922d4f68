"""What to know about demonstrations before learning from them: dead dimensions, jerk, frozen pictures, balance."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_tools.doctor_checks import frozen, jerk
from data_tools.doctor_motion import constant_dimensions, jerks
from data_tools.doctor_survey import facts_of
from data_tools.inspect_recorded import RecordedStream, recorded_streams


@dataclass(frozen=True)
class Quality:
    """What the numbers of a demo file say beyond ranges."""

    constants: tuple[tuple[str, int, float], ...]
    """Stream, dimension and value of what never changes."""
    jerks: dict[str, float]
    """Jerk of each demo relative to the median of the file, the largest first."""
    outliers: tuple[str, ...]
    """Demos that stand out by their jerk."""
    frozen: dict[str, str]
    """Demos in which pictures repeat while the robot moves, and how."""
    tasks: dict[str, int]
    """Number of demos of each task."""
    outcomes: dict[str, int]
    """Number of demos by outcome."""
    recorded: dict[str, RecordedStream]
    """What the recorder counted, by stream; empty for demonstrations that no recorder made."""


def quality_of(path: Path) -> Quality:
    """Judge the demonstrations of a file. Raises: DemoFileError, LimitReached: it cannot be read."""
    file = facts_of(path)
    found = jerks(file.alike)
    median = float(np.median(list(found.values()))) if found else 0.0
    return Quality(
        constants=tuple(constant_dimensions(file.alike)),
        jerks={name: value / median if median else 0.0 for name, value in found.items()},
        outliers=tuple(name for name, _ in jerk(file, ())),
        frozen=dict(frozen(file, ())),
        tasks=dict.fromkeys(file.tasks, 0) | dict(Counter(demo.task_id for demo in file.readable)),
        outcomes=dict(Counter(demo.label("outcome") for demo in file.readable)),
        recorded=recorded_streams(path, [demo.name for demo in file.readable]),
    )
