"""Capture times: constant-rate views of a film, and what a stream of times says about its recording.

Works on times and pictures alone and refuses to know where they came from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Film, Video
from data_tools.errors import DataError


@dataclass(frozen=True)
class StreamStatistics:
    """How regularly one stream was captured."""

    count: int
    """Number of samples."""
    duration_s: float
    """Time from the first sample to the last."""
    rate_hz: float
    """Achieved rate: (count - 1) / duration_s, or 0 for a single sample."""
    drops: int
    """Samples that are missing if the median gap is the intended one."""
    stale_repeats: int
    """Samples equal to the one before them in every bit, as a frozen camera gives."""
    worst_gap_s: float
    """Longest time between two samples, or 0 for a single sample."""


def stream_statistics(
    capture_time_s: NDArray[np.float64], values: NDArray[np.generic] | None = None
) -> StreamStatistics:
    """Rate, drops, repeats and the worst gap of a stream.

    Args:
        capture_time_s: shape (T,), strictly increasing.
        values: shape (T, ...), the samples; needed to count stale repeats, which are 0 without it.

    Returns: the statistics.
    Raises: nothing.
    """
    gap_s = np.diff(capture_time_s)
    if not len(gap_s):
        return StreamStatistics(len(capture_time_s), 0.0, 0.0, 0, 0, 0.0)
    duration_s = float(capture_time_s[-1] - capture_time_s[0])
    drops = int(np.maximum(np.rint(gap_s / np.median(gap_s)) - 1, 0).sum())
    stale = 0 if values is None else sum(np.array_equal(a, b) for a, b in zip(values[1:], values[:-1], strict=True))
    return StreamStatistics(len(capture_time_s), duration_s, len(gap_s) / duration_s, drops, stale, float(gap_s.max()))


def resample(video: Video, num_frames: int = 40, rate_hz: float = 10.0) -> Video:
    """A view of a film with a fixed number of frames at even times.

    A film that lasts longer than (num_frames - 1) / rate_hz is mapped whole: the frames are spread evenly over its
    true duration, so a slow demonstrator and a quick one give views of the same length. A shorter film is sampled at
    `rate_hz`, and its last frame is repeated until there are enough. Both end frames of the film are always kept.
    Each place takes the frame whose true capture time is nearest, the earlier one in a tie; no picture is blended.
    The times of the view are the even ones, because a repeated frame has only one true time.

    Args:
        video: any film.
        num_frames: length of the view, at least 2.
        rate_hz: rate at which short films are sampled, above 0.

    Returns: the view; its source is that of the film.
    Raises: DataError: num_frames or rate_hz is out of range.
    """
    index, time_s = resample_index(video.capture_time_s, num_frames, rate_hz)
    return Video(video.frames[index], time_s, video.source)


def resample_film(film: Film, num_frames: int = 40, rate_hz: float = 10.0) -> Film:
    """The same view as `resample` gives, with the hand positions of the frames that were picked."""
    index, time_s = resample_index(film.video.capture_time_s, num_frames, rate_hz)
    hand_xy = None if film.hand_xy is None else film.hand_xy[index]
    return Film(Video(film.video.frames[index], time_s, film.video.source), hand_xy, film.goal_xy)


def resample_index(
    capture_time_s: NDArray[np.float64], num_frames: int, rate_hz: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which frames `resample` picks, shape (num_frames,), and the even times that it picks them for."""
    if num_frames < 2 or not rate_hz > 0:
        raise DataError(f"resample: expected num_frames >= 2 and rate_hz > 0, found {num_frames} and {rate_hz}.")
    first_s, last_s = capture_time_s[0], capture_time_s[-1]
    if last_s - first_s > (num_frames - 1) / rate_hz:
        time_s = np.linspace(first_s, last_s, num_frames)
    else:
        time_s = first_s + np.arange(num_frames) / rate_hz
    return nearest(capture_time_s, time_s), time_s


def nearest(capture_time_s: NDArray[np.float64], wanted_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the capture time nearest to each wanted time, the earlier one in a tie."""
    if len(capture_time_s) == 1:
        return np.zeros(len(wanted_s), np.int64)
    right = np.clip(np.searchsorted(capture_time_s, wanted_s), 1, len(capture_time_s) - 1)
    is_left_nearer = wanted_s - capture_time_s[right - 1] <= capture_time_s[right] - wanted_s
    return (right - is_left_nearer).astype(np.int64)
