"""What a conversion did: counts, hashes before and after, the largest error of time, and what was not carried over."""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from data_tools.demo import Demo
from data_tools.errors import ConversionError


@dataclass(frozen=True)
class Content:
    """What a data set holds, without the arrays."""

    episodes: int
    """Demos."""
    frames: int
    """Steps of all demos."""
    frames_sha256: str
    """Hash of all pictures with their shapes, in order."""
    states_sha256: str
    """Hash of all states."""
    actions_sha256: str
    """Hash of all actions."""


class Tally:
    """Counts and hashes demos while they pass."""

    def __init__(self) -> None:
        self._episodes = self._frames = 0
        self.times: list[NDArray[np.float64]] = []
        """Times of pictures, states and actions of each demo, shape (3, T): all that is kept of it."""
        self._hashes = {name: hashlib.sha256() for name in ("frames", "states", "actions")}

    def add(self, demo: Demo) -> None:
        """Count one demo in."""
        self._episodes += 1
        self._frames += len(demo)
        self.times.append(np.stack([demo.video.capture_time_s, demo.state_time_s, demo.action_time_s]))
        arrays = {"frames": demo.video.frames, "states": demo.states, "actions": demo.actions}
        for name, array in arrays.items():
            self._hashes[name].update(f"{array.dtype}{array.shape}".encode())
            self._hashes[name].update(np.ascontiguousarray(array).data)

    def watch(self, demos: Iterable[Demo]) -> Iterator[Demo]:
        """Give the same demos on, counted."""
        for demo in demos:
            self.add(demo)
            yield demo

    def content(self) -> Content:
        """What has passed so far."""
        hashes = {f"{name}_sha256": value.hexdigest() for name, value in self._hashes.items()}
        return Content(self._episodes, self._frames, **hashes)


@dataclass
class Difference:
    """What differs between the demos before and after."""

    max_time_error_s: float = 0.0
    """Largest difference between a capture time before and after, over pictures, states and actions."""
    lost_frames: int = 0
    """Steps that do not come at all."""
    squared_error: float = 0.0
    """Sum over all values of all pictures."""
    values: int = 0
    """Number of these values."""
    changed: dict[str, int] = field(default_factory=lambda: {"actions": 0, "states": 0})
    """Demos of which something else differs, by what it is."""

    def add(self, before: Demo, after: Demo) -> None:
        """Compare one demo with what became of it; steps that are not the same number are matched by time."""
        index = _matching(before, after)
        self.lost_frames += len(before) - len(np.unique(index))
        pairs = (
            (before.video.capture_time_s, after.video.capture_time_s),
            (before.state_time_s, after.state_time_s),
            (before.action_time_s, after.action_time_s),
        )
        for first, second in pairs:
            self.max_time_error_s = max(self.max_time_error_s, float(np.abs(first[index] - second).max()))
        self.changed["actions"] += not np.array_equal(before.actions[index], after.actions)
        self.changed["states"] += not np.array_equal(before.states[index], after.states)
        for place, frame in zip(index, after.video.frames, strict=True):
            if frame.shape != before.video.frames.shape[1:]:
                raise ConversionError(f"Pictures: expected {before.video.frames.shape[1:]}, found {frame.shape}.")
            error = before.video.frames[place].astype(np.int32) - frame
            self.squared_error += float((error * error).sum())
            self.values += error.size

    @property
    def psnr_db(self) -> float | None:
        """Peak signal-to-noise ratio of all pictures together; None when they are the same."""
        return 10 * math.log10(255**2 * self.values / self.squared_error) if self.squared_error else None


@dataclass(frozen=True)
class ConversionReport:
    """What a conversion did."""

    source: str
    """What was read."""
    source_format: str
    """Its format."""
    destination: str
    """What was written."""
    destination_format: str
    """Its format."""
    before: Content
    """What was read, in the terms of this project."""
    after: Content
    """What a reader finds in what was written."""
    difference: Difference
    """How the two differ."""
    not_carried: tuple[str, ...]
    """What could not be carried over, in sentences."""

    @property
    def is_identical(self) -> bool:
        """Whether pictures, states and actions came through bit by bit."""
        return self.before == self.after

    def to_dict(self) -> dict[str, Any]:
        """The content of the report file."""
        difference = self.difference
        return {
            "source": {"path": self.source, "format": self.source_format},
            "destination": {"path": self.destination, "format": self.destination_format},
            "before": asdict(self.before),
            "after": asdict(self.after),
            "is_identical": self.is_identical,
            "max_time_error_s": difference.max_time_error_s,
            "psnr_db": difference.psnr_db,
            "lost_frames": difference.lost_frames,
            "not_carried": list(self.not_carried),
        }

    def render(self) -> RenderableType:
        """The report for a terminal."""
        table = Table("", "before", "after", box=None)
        before, after = asdict(self.before), asdict(self.after)
        for name in before:
            table.add_row(name.replace("_", " "), *(Text(str(side[name])[:16]) for side in (before, after)))
        difference = self.difference
        facts = [f"largest error of a time: {difference.max_time_error_s:.3g} s"]
        if difference.psnr_db is not None:
            facts.append(f"pictures differ: PSNR {difference.psnr_db:.1f} dB")
        if difference.lost_frames:
            facts.append(f"{difference.lost_frames} frames left out")
        facts.append("pictures, states and actions are identical" if self.is_identical else "not identical")
        title = Text(f"{self.source} ({self.source_format}) -> {self.destination} ({self.destination_format})")
        return Group(title, table, *map(Text, facts), *(Text(f"- {sentence}") for sentence in self.not_carried))


def compare(before: Iterable[Demo], after: Iterable[Demo]) -> Difference:
    """Go through two data sets side by side. Raises: ConversionError: a demo is missing."""
    difference = Difference()
    for first, second in zip_longest(before, after):
        if first is None or second is None:
            raise ConversionError("Reading back: expected as many episodes as were written, found another number.")
        difference.add(first, second)
    return difference


def difference_of_equals(before: Tally, after: Tally) -> Difference:
    """The difference of two data sets with the same content, of which only times may differ."""
    pairs = zip(before.times, after.times, strict=True)
    return Difference(max((float(np.abs(first - second).max()) for first, second in pairs), default=0.0))


def _matching(before: Demo, after: Demo) -> NDArray[np.int64]:
    """Which step of `before` each step of `after` is, shape (len(after),)."""
    if len(before) == len(after):
        return np.arange(len(after))
    place = np.searchsorted(before.video.capture_time_s, after.video.capture_time_s - 1e-7)
    return np.minimum(place, len(before) - 1)
