"""Watches the times of the streams of a take: what is new, what is a repeat, what is missing, what is a fault.

A pure bookkeeper: every method takes the times that it needs, so that it can be tested without waiting. Knows no
processes and no files.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from data_tools.journal import StreamSpec


class EndReason(StrEnum):
    """Why a take ended; the first cause wins."""

    OPERATOR = "the operator ended it"
    COMPLETE = "the episode was over"
    TIME_UP = "the longest time allowed was over"
    DISK_FULL = "the disk is full"
    STREAM_LOST = "a stream fell silent"
    CLOCK_STEP = "a clock was set back or jumped"
    WRITER_GONE = "the process that writes has died"
    TOO_LONG = "a demo file can hold no longer episode"
    BAD_VALUE = "a number was NaN or infinite"
    OWNER_GONE = "the recorder itself has died"


FAULTS = frozenset(
    {
        EndReason.DISK_FULL,
        EndReason.STREAM_LOST,
        EndReason.CLOCK_STEP,
        EndReason.WRITER_GONE,
        EndReason.TOO_LONG,
        EndReason.BAD_VALUE,
        EndReason.OWNER_GONE,
    }
)
"""Reasons that nobody wished for."""


@dataclass(frozen=True)
class Fault:
    """What ended a take although nobody wished it."""

    reason: EndReason
    """Kind of fault."""
    detail: str
    """What was expected and what was found."""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


@dataclass(frozen=True)
class WatchLimits:
    """What counts as a fault."""

    silence_s: float = 1.0
    """A stream that was there and sends nothing for this long is lost."""
    jump_s: float = 1.0
    """A capture time that runs this far ahead of the steady clock, from one sample to the next, is a jump."""
    may_pause: tuple[str, ...] = ()
    """Streams that may fall silent."""


@dataclass
class StreamCount:
    """What happened to one stream so far."""

    spec: StreamSpec
    """The stream."""
    taken: int = 0
    """Samples that went to the writer."""
    overflowed: int = 0
    """Samples that the full queue had no room for."""
    repeated: int = 0
    """Samples that came again under the same capture time; they are not kept."""
    first_time_s: float = math.nan
    """Capture time of the first sample."""
    last_time_s: float = math.nan
    """Capture time of the last sample, kept or not."""
    last_receive_s: float = math.nan
    """Steady time at which it came."""

    @property
    def rate_hz(self) -> float:
        """Achieved rate of what was kept, by capture times; 0 before the second sample."""
        duration_s = self.last_time_s - self.first_time_s
        return (self.taken - 1) / duration_s if self.taken > 1 and duration_s > 0 else 0.0


@dataclass
class Watch:
    """The streams of one take.

    Args: specs: the streams. limits: what counts as a fault. started_s: steady time at which the take began.
    """

    specs: tuple[StreamSpec, ...]
    limits: WatchLimits
    started_s: float
    counts: dict[str, StreamCount] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = {spec.name: StreamCount(spec) for spec in self.specs}

    def see(self, name: str, capture_time_s: float, receive_time_s: float) -> Fault | bool:
        """A sample came. Returns: True when it is new, False when it is a repeat, or what is wrong with its time."""
        count = self.counts[name]
        capture_gap_s = capture_time_s - count.last_time_s
        receive_gap_s = receive_time_s - count.last_receive_s
        if not (math.isfinite(capture_time_s) and math.isfinite(receive_time_s)):
            return Fault(EndReason.CLOCK_STEP, f"{name}: expected finite times, found {capture_time_s}")
        if capture_gap_s < 0:
            return Fault(
                EndReason.CLOCK_STEP, f"{name}: expected a later capture time, found a step of {capture_gap_s:.3f} s"
            )
        if capture_gap_s - receive_gap_s > self.limits.jump_s:
            found = f"a step of {capture_gap_s:.3f} s within {receive_gap_s:.3f} s"
            return Fault(
                EndReason.CLOCK_STEP, f"{name}: expected a clock that keeps the steady clock's pace, found {found}"
            )
        is_new = capture_gap_s != 0
        if is_new and not count.taken + count.overflowed:
            count.first_time_s = capture_time_s
        count.repeated += not is_new
        if is_new:
            count.last_time_s, count.last_receive_s = capture_time_s, receive_time_s
        return is_new

    def keep(self, name: str, *, has_room: bool) -> None:
        """Count a new sample as taken, or as one that found no room."""
        count = self.counts[name]
        count.taken += has_room
        count.overflowed += not has_room

    def silence(self, now_s: float) -> Fault | None:
        """The stream that has been silent for too long, if there is one; a repeat of an old sample is silence too."""
        for name, count in self.counts.items():
            if name in self.limits.may_pause:
                continue
            since_s = self.started_s if math.isnan(count.last_receive_s) else count.last_receive_s
            if now_s - since_s > self.limits.silence_s:
                detail = f"{count.spec.name}: expected a sample within {self.limits.silence_s:g} s, found none"
                return Fault(EndReason.STREAM_LOST, detail)
        return None
