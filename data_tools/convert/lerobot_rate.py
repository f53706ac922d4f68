"""The constant rate of LeRobot: which frame stands at which of its times.

A row at k / fps takes the frame whose true time is nearest, so that what is learned from the rows has true speed.
"""

import math

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import Losses, WriteOptions, refuse
from data_tools.convert.lerobot_info import TIMES
from data_tools.demo import Demo
from data_tools.timeline import nearest

DEFAULT_FPS = 10
"""Rate of a data set whose first demo has a single frame."""
_SLACK_HZ = 0.02  # 29.99 Hz is called 30, not 30 and one frame twice now and then


class ConstantRate:
    """The rows of a data set, and how far they are from the truth.

    Args: first: the first demo, which gives the rate. options: may give another, and `keep_frames`.
    Raises: ConversionError: the rate is no whole number.
    """

    def __init__(self, first: Demo, options: WriteOptions) -> None:
        self.fps = whole_rate(first, options)
        self._keep_frames = options.keep_frames
        self._error_s, self._repeated, self._lost = 0.0, 0, 0

    def rows(self, demo: Demo) -> NDArray[np.int64]:
        """Index of the frame of each row.

        Raises: ConversionError: the times are so uneven that rows would be many times the frames.
        """
        time_s = demo.video.capture_time_s - demo.video.capture_time_s[0]
        num_rows = len(demo) if self._keep_frames else round(float(time_s[-1]) * self.fps) + 1
        if num_rows > 10 * len(demo) + 10:
            next_step = "choose --rate-hz, or --keep-frames to write each frame once"
            refuse(f"Demo of {demo.task_id}", f"a constant rate near {self.fps} Hz", f"{num_rows} rows", next_step)
        even_s = np.arange(num_rows) / self.fps
        chosen = np.arange(num_rows) if self._keep_frames else nearest(time_s, even_s)
        num_taken = len(np.unique(chosen))
        self._repeated += num_rows - num_taken
        self._lost += len(demo) - num_taken
        self._error_s = max(self._error_s, float(np.abs(time_s[chosen] - even_s).max()))
        return chosen

    def say(self, losses: Losses) -> None:
        """Say what the constant rate did to the data."""
        if self._repeated or self._lost:
            losses.add(
                f"Frames do not come at a constant {self.fps} Hz: {self._repeated} rows repeat a frame and "
                f"{self._lost} frames are left out (--keep-frames writes each once)."
            )
        losses.add(
            f"LeRobot's own timestamp is frame_index / {self.fps}; it differs from the true time by up to "
            f"{self._error_s:.6f} s. True times stand in {', '.join(TIMES)}, which LeRobot does not use."
        )


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


def advancing(*streams: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows whose times lie after those of the last row taken, in all streams: a repeated frame is taken once."""
    if all((np.diff(times) > 0).all() for times in streams):
        return np.arange(len(streams[0]))
    taken = [0]
    for row in range(1, len(streams[0])):
        if all(times[row] > times[taken[-1]] for times in streams):
            taken.append(row)
    return np.array(taken)
