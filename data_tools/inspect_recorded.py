"""What a recorder counted of each stream while it recorded, over all demonstrations of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_tools.hdf5_recording import read_stream_counts


@dataclass(frozen=True)
class RecordedStream:
    """What a recorder counted of one stream, over all demos."""

    asked_rate_hz: float
    """Rate that was asked for."""
    rate_hz: float
    """Mean of the rates that were achieved."""
    drops: int
    """Samples that never came, if the usual gap is the intended one."""
    overflowed: int
    """Samples that came and found no room on their way to the disk."""
    repeated: int
    """Samples that a source delivered twice."""
    worst_gap_s: float
    """Longest time between two samples."""


def recorded_streams(path: Path, demo_names: Sequence[str]) -> dict[str, RecordedStream]:
    """Counts of each stream of some recorded demos, by its name; empty for demos that no recorder made.

    Raises: DemoFileError: the counts are missing or no numbers.
    """
    counts: dict[str, list[dict[str, float]]] = {}
    for name in demo_names:
        for stream, numbers in read_stream_counts(path, name).items():
            counts.setdefault(stream, []).append(numbers)
    return {stream: _together(parts) for stream, parts in counts.items()}


def _together(parts: Sequence[dict[str, float]]) -> RecordedStream:
    def total(name: str) -> int:
        return int(sum(part.get(name, 0) for part in parts))

    return RecordedStream(
        asked_rate_hz=max(part.get("asked_rate_hz", 0.0) for part in parts),
        rate_hz=float(np.mean([part.get("rate_hz", 0.0) for part in parts])),
        drops=total("drops"),
        overflowed=total("overflowed"),
        repeated=total("repeated"),
        worst_gap_s=max(part.get("worst_gap_s", 0.0) for part in parts),
    )
