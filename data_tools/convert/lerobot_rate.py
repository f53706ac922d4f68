"""The constant rate of LeRobot: which frame stands at which of its times.

A row at k / fps takes the frame whose true time is nearest, so that what is learned from the rows has true speed.
"""

import math

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import Losses, WriteOptions, refuse
from data_tools.demo import Demo
from data_tools.timeline import nearest

DEFAULT_FPS = 10
"""Rate of a data set whose first demo has a single frame."""
_SLACK_HZ = 0.02  # 29.99 Hz is called 30, not 30 and one frame twice now and then


def whole_rate(demo: Demo, options: WriteOptions) -> int:
    """The rate of a data set, a whole number as LeRobot asks: the one wanted, or that of its first demo, rounded up."""
    if options.rate_hz is not None:
        if options.rate_hz < 1 or options.rate_hz != int(options.rate_hz):
            refuse("--rate-hz", "a whole number for LeRobot", f"{options.rate_hz:g}", "choose a whole number")
        return int(options.rate_hz)
    gap_s = np.diff(demo.video.capture_time_s)
    if not len(gap_s):
        return DEFAULT_FPS
    return max(1, min(1000, math.ceil(1 / float(np.median(gap_s)) - _SLACK_HZ)))


def rows_at(demo: Demo, fps: int, options: WriteOptions, losses: Losses) -> NDArray[np.int64]:
    """Index of the frame of each row.

    Raises: ConversionError: the times are so uneven that rows would be many times the frames.
    """
    time_s = demo.video.capture_time_s - demo.video.capture_time_s[0]
    if options.keep_frames:
        return np.arange(len(demo))
    num_rows = round(float(time_s[-1]) * fps) + 1
    if num_rows > 10 * len(demo) + 10:
        refuse(f"Demo of {demo.task_id}", f"at most {10 * len(demo) + 10} rows at {fps} Hz", f"{num_rows}",
               "choose --rate-hz, or --keep-frames to write each frame once")  # fmt: skip
    chosen = nearest(time_s, np.arange(num_rows) / fps)
    if num_rows != len(demo) or (np.diff(chosen) != 1).any():
        losses.add(
            f"Frames do not come at a constant {fps} Hz: some are repeated or left out (--keep-frames keeps each once)."
        )
    return chosen


def own_time_error_s(demo: Demo, chosen: NDArray[np.int64], fps: int) -> float:
    """Largest difference between LeRobot's own timestamp and the true time of a frame since the first one."""
    time_s = demo.video.capture_time_s[chosen] - demo.video.capture_time_s[0]
    return float(np.abs(time_s - np.arange(len(chosen)) / fps).max())


def advancing(*streams: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows whose times lie after those of the last row taken, in all streams: a repeated frame is taken once."""
    if all((np.diff(times) > 0).all() for times in streams):
        return np.arange(len(streams[0]))
    taken = [0]
    for row in range(1, len(streams[0])):
        if all(times[row] > times[taken[-1]] for times in streams):
            taken.append(row)
    return np.array(taken)
