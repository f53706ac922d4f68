"""What is in a film or a demo file, as numbers. Drawing them for a terminal is the work of inspect_view."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo, VideoSource
from data_tools.errors import DemoFileError
from data_tools.hdf5 import list_tasks, read_demos, read_provenance
from data_tools.provenance import Provenance
from data_tools.timeline import StreamStatistics, stream_statistics
from data_tools.video import read_video


@dataclass(frozen=True)
class FilmSummary:
    """What one film holds."""

    source: VideoSource
    """The file, its codec, rotation and hash."""
    height: int
    """Height of the frames as they are read, pixels."""
    width: int
    """Width of the frames as they are read, pixels."""
    stream: StreamStatistics
    """How regularly it was filmed."""


@dataclass(frozen=True)
class RangeSummary:
    """Range of each dimension of the states or actions of a file."""

    low: NDArray[np.float32]
    """Smallest value, shape (D,)."""
    high: NDArray[np.float32]
    """Largest value, shape (D,)."""
    mean: NDArray[np.float32]
    """Mean, shape (D,)."""


@dataclass(frozen=True)
class DemoFileSummary:
    """What one demo file holds."""

    path: str
    """The file."""
    provenance: Provenance
    """Where it came from."""
    num_tasks: int
    """Tasks."""
    num_films: int
    """Films of somebody else, whose files have not been looked at."""
    outcomes: dict[str, int]
    """Number of demos by outcome."""
    robots: dict[str, int]
    """Number of demos by robot."""
    picture_size: tuple[int, int]
    """Height and width of the policy pictures, or zeros without demos."""
    streams: dict[str, StreamStatistics]
    """Pictures, states and actions: counts are sums over demos, the rate is their mean, the gap the worst."""
    ranges: dict[str, RangeSummary]
    """States and actions."""

    @property
    def num_demos(self) -> int:
        """Demos of all tasks."""
        return sum(self.outcomes.values())


def inspect(path: Path | str) -> FilmSummary | DemoFileSummary:
    """Read a whole file and sum it up; a name that ends in .hdf5 is a demo file, any other a film.

    Raises: DemoFileError, VideoError: the file cannot be used, and why.
    """
    path = Path(path)
    return inspect_demos(path) if path.suffix == ".hdf5" else inspect_film(path)


def inspect_film(path: Path) -> FilmSummary:
    """Sum up a film. Raises: VideoError."""
    video = read_video(path)
    height, width = video.frames.shape[1:3]
    return FilmSummary(video.source, height, width, stream_statistics(video.capture_time_s, video.frames))


def inspect_demos(path: Path) -> DemoFileSummary:
    """Sum up a demo file, one demo at a time in memory. Raises: DemoFileError: as `read_demos`, or shapes differ."""
    entries = list_tasks(path)
    outcomes: Counter[str] = Counter()
    robots: Counter[str] = Counter()
    streams: dict[str, list[StreamStatistics]] = {"pictures": [], "states": [], "actions": []}
    numbers: dict[str, list[NDArray[np.float32]]] = {"states": [], "actions": []}
    shapes: dict[tuple[tuple[int, ...], ...], None] = {}
    for demo in read_demos(path):
        outcomes[demo.outcome] += 1
        robots[demo.robot] += 1
        shapes[demo.video.frames.shape[1:3], demo.states.shape[1:], demo.actions.shape[1:]] = None
        for name, statistics in _streams_of(demo).items():
            streams[name].append(statistics)
        numbers["states"].append(demo.states)
        numbers["actions"].append(demo.actions)
    _check_shapes(path, list(shapes))
    height, width = next(iter(shapes))[0] if shapes else (0, 0)
    return DemoFileSummary(
        path=str(path),
        provenance=read_provenance(path),
        num_tasks=len(entries),
        num_films=sum(entry.num_films for entry in entries),
        outcomes=dict(outcomes),
        robots=dict(robots),
        picture_size=(height, width),
        streams={name: _together(parts) for name, parts in streams.items() if parts},
        ranges={name: _range_of(np.concatenate(parts)) for name, parts in numbers.items() if parts},
    )


def _check_shapes(path: Path, shapes: list[tuple[tuple[int, ...], ...]]) -> None:
    if len(shapes) > 1:
        raise DemoFileError(
            f"Demo file {path}: expected pictures, states and actions of the same sizes in all demos; found "
            f"{' and '.join(map(str, shapes[:3]))}. Next: mil validate {path} --repair."
        )


def _streams_of(demo: Demo) -> dict[str, StreamStatistics]:
    # equal states and equal actions one after another are ordinary: a robot may stand still
    return {
        "pictures": stream_statistics(demo.video.capture_time_s, demo.video.frames),
        "states": stream_statistics(demo.state_time_s),
        "actions": stream_statistics(demo.action_time_s),
    }


def _together(parts: list[StreamStatistics]) -> StreamStatistics:
    return StreamStatistics(
        count=sum(part.count for part in parts),
        duration_s=sum(part.duration_s for part in parts),
        rate_hz=float(np.mean([part.rate_hz for part in parts])),
        drops=sum(part.drops for part in parts),
        stale_repeats=sum(part.stale_repeats for part in parts),
        worst_gap_s=max(part.worst_gap_s for part in parts),
    )


def _range_of(values: NDArray[np.float32]) -> RangeSummary:
    return RangeSummary(values.min(0), values.max(0), values.mean(0))
