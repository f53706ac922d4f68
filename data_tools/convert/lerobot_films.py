"""Pictures of one episode after another out of the films of a LeRobot data set, decoded once, from first to last."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import refuse
from data_tools.video_stream import FilmStream, VideoLimits, opened_film

LIMITS = VideoLimits(
    max_bytes=1 << 33, max_duration_s=1e6, max_frames=1 << 26, min_frames=1, max_decode_s=1e5, max_side=4096
)
"""A film of a data set holds many episodes, so it may be long; a picture may not be large."""


class FilmReader:
    """Takes stretches out of films. Neighbouring stretches cost one pass; going back opens the film anew."""

    def __init__(self, height: int, width: int) -> None:
        self._size = (height, width)
        self._path: Path | None = None
        self._open = ExitStack()
        self._pictures: Iterator[tuple[float, NDArray[np.uint8]]] = iter(())
        self._next: tuple[float, NDArray[np.uint8]] | None = None

    def __enter__(self) -> "FilmReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(self, path: Path, from_s: float, count: int, rate_hz: float) -> NDArray[np.uint8]:
        """Pictures at from_s + k / rate_hz for k below count, shape (count, height, width, 3).

        Raises: ConversionError: one of them is missing, which means that film and table have drifted apart.
            VideoError: the film is missing, damaged or beyond LIMITS.
        """
        half_s = 0.5 / rate_hz
        if path != self._path or self._next is None or self._next[0] > from_s + half_s:
            self._start(path)
        frames = []
        while self._next is not None and len(frames) < count:
            time_s, picture = self._next
            wanted_s = from_s + len(frames) / rate_hz
            if time_s >= wanted_s + half_s:
                break
            if time_s > wanted_s - half_s:
                frames.append(picture)
            self._next = next(self._pictures, None)
        if len(frames) < count:
            found = f"{len(frames)}: film and table have drifted apart, or the film was cut short"
            refuse(f"{path} from {from_s:.3f} s", f"{count} pictures at {rate_hz:g} Hz", found, "record it again")
        return np.stack(frames)

    def _start(self, path: Path) -> None:
        self._open.close()
        self._open = ExitStack()
        film = self._open.enter_context(opened_film(path, LIMITS))
        self._path, self._pictures = path, self._decoded(path, film)
        self._next = next(self._pictures, None)

    def _decoded(self, path: Path, film: FilmStream) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        height, width = self._size
        for time_s, picture in film.pictures():
            if (picture.height, picture.width) != (height, width):
                found = f"{picture.width}x{picture.height}"
                refuse(path, f"pictures of {width}x{height}", found, "mend meta/info.json")
            yield time_s, film.scaled(picture, height, width)
