"""Clips out of the middle of a film: seeks to the key frame before the first picture and decodes from there."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from data_tools.video_stream import refuse


class ClipReader:
    """Random access to a film at a constant rate that this project has written; keeps the film open.

    Args: path: the film. rate_hz: its rate.
    """

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._path, self._rate_hz = path, rate_hz
        self._container = av.open(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.codec_context.thread_count = 1

    def close(self) -> None:
        """Close the film."""
        self._container.close()

    def read(self, first: int, count: int) -> NDArray[np.uint8]:
        """Pictures `first` to `first + count` less one, shape (count, height, width, 3). Raises: VideoError."""
        time_base = self._stream.time_base or av.time_base
        self._container.seek(round(first / self._rate_hz / time_base), stream=self._stream)
        frames = []
        for picture in self._container.decode(self._stream):
            if picture.time is not None and round(picture.time * self._rate_hz) >= first:
                frames.append(picture.to_ndarray(format="rgb24"))
                if len(frames) == count:
                    return np.stack(frames)
        refuse(self._path, f"{count} pictures from {first} on", f"{len(frames)}", "ask for a shorter clip")
