"""A film as a stream: its pictures one by one, upright, at any size, so that no film has to fit into memory.

Opens only what is on the lists of containers and codecs, checks everything that the file says about itself, and
refuses to know what becomes of the pictures.
"""

import math
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from shlex import quote
from typing import NoReturn

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from data_tools.container_length import is_cut_short
from data_tools.errors import VideoError

CONTAINERS = ("mov", "matroska", "avi", "gif")
"""Demultiplexers that may be used, by the first of FFmpeg's names; playlists and image patterns stay outside."""
CODECS = ("h264", "hevc", "vp9", "mjpeg", "gif", "vp8", "mpeg4", "av1", "libdav1d")
"""Picture decoders that may be used, by FFmpeg's names."""
_MAX_THREADS = 4  # each thread of a decoder holds frames of its own: 4K on 32 cores would fill a gigabyte


@dataclass(frozen=True)
class VideoLimits:
    """What a film may cost its reader. The defaults take any phone film of a task and refuse a feature film."""

    max_bytes: int = 1 << 29
    """Size of the file."""
    max_pixels: int = 4096 * 2304
    """Pixels of one frame as filmed: 4K passes, 8K does not."""
    max_duration_s: float = 300.0
    """Time from the first frame to the last."""
    max_frames: int = 18_000
    """Number of frames: the longest duration at 60 Hz."""
    min_frames: int = 2
    """A film shows a change, so it has at least two frames."""
    max_side: int = 640
    """Longer side of the frames that are kept; larger films are made smaller while they are decoded."""
    max_kept_bytes: int = 1 << 28
    """Memory for the frames that are kept; when it is full, both sides of all of them are halved."""
    max_decode_s: float = 120.0
    """Processor time that decoding may take on this machine."""


PHONE_FILM = VideoLimits()
"""What `read_video` takes."""


@dataclass(frozen=True)
class Turn:
    """How stored pictures become upright ones.

    Source: FFmpeg libavutil/display.h: (x', y') = (a x + c y, b x + d y) for the matrix (a, b, u, c, d, v, x, y, w).
    Differs: a turn by no multiple of 90 degrees is taken for the nearest one.
    """

    rotation_deg: int
    """Clockwise turn that the file asks for: 0, 90, 180 or 270."""
    is_swapped: bool
    """Rows become columns first."""
    is_upside_down: bool
    """The order of rows is reversed then."""
    is_mirrored: bool
    """The order of columns is reversed then."""

    @classmethod
    def of(cls, picture: av.VideoFrame) -> "Turn":
        """The turn by which a phone tells how it was held; none where the film says nothing."""
        side_data = picture.side_data.get("DISPLAYMATRIX")
        matrix = np.zeros(9) if side_data is None else np.frombuffer(side_data, np.int32).astype(np.float64)
        a, b, c, d = matrix[[0, 1, 3, 4]]
        rotation_deg = round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360
        if abs(b) > abs(a):
            return cls(rotation_deg, True, bool(b < 0), bool(c < 0))
        return cls(rotation_deg, False, bool(d < 0), bool(a < 0))

    def upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture as it is meant to be seen. Args: pixels: shape (height, width, ...), as stored."""
        if self.is_swapped:
            pixels = pixels.swapaxes(0, 1)
        return np.ascontiguousarray(pixels[:: -1 if self.is_upside_down else 1, :: -1 if self.is_mirrored else 1])


class FilmStream:
    """The pictures of one open film, once, from first to last."""

    def __init__(self, path: Path, container: InputContainer, limits: VideoLimits) -> None:
        self.path, self._container, self._limits = path, container, limits
        self._stream = _picture_stream(path, container)
        _check_header(path, container, self._stream, limits)
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = min(_MAX_THREADS, os.cpu_count() or 1)
        self._reformatter = VideoReformatter()
        self._turn = Turn(0, False, False, False)
        self.codec = self._stream.codec_context.name

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn of the pictures; known once the first one has been taken."""
        return self._turn.rotation_deg

    def pictures(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Each picture with its time stamp in seconds, strictly increasing. Raises: VideoError."""
        count, first_s, last_s = 0, 0.0, -math.inf
        for picture in _decoded(self.path, self._container, self._stream, self._limits):
            if picture.time is None:
                refuse(self.path, "a time stamp on every frame", f"none after {count} frames", _CONVERT)
            if picture.time <= last_s:
                continue
            if count == 0:
                self._turn, first_s = Turn.of(picture), picture.time
            last_s = picture.time
            count += 1
            if last_s - first_s > self._limits.max_duration_s or count > self._limits.max_frames:
                limits = f"{self._limits.max_duration_s:g} s and {self._limits.max_frames} frames"
                refuse(self.path, f"at most {limits}", "more", CUT)
            yield last_s, picture
        if count < self._limits.min_frames:
            least = f"at least {self._limits.min_frames} frames"
            refuse(self.path, least, f"{count}", "film the whole task, not one picture")

    def size(self, picture: av.VideoFrame) -> tuple[float, float]:
        """Height and width of a picture when upright and with square pixels."""
        height, width = float(picture.height), picture.width * float(self._stream.sample_aspect_ratio or Fraction(1))
        return (width, height) if self._turn.is_swapped else (height, width)

    def scaled(self, picture: av.VideoFrame, height: int, width: int, form: str = "rgb24") -> NDArray[np.uint8]:
        """A picture upright at the wanted size, by averaging areas; `form` is rgb24 or gray."""
        stored = (height, width) if self._turn.is_swapped else (width, height)
        small = self._reformatter.reformat(picture, *stored, form, interpolation="AREA")
        return self._turn.upright(np.asarray(small.to_ndarray(), np.uint8))


@contextmanager
def opened_film(path: Path | str, limits: VideoLimits) -> Iterator[FilmStream]:
    """Open a film for one pass over its pictures.

    Args: path: a local regular file in one of CONTAINERS with pictures in one of CODECS. limits: what is refused.
    Raises: VideoError: the file is missing, unreadable, cut short, without pictures, or beyond the limits.
    """
    path = Path(path).absolute()  # an absolute path cannot be read as the address of a network protocol
    _check_file(path, limits)
    try:
        with av.open(str(path), container_options=_OPTIONS) as container:
            yield FilmStream(path, container, limits)
    except av.error.FFmpegError as error:
        refuse(path, "a film that can be decoded", f"{error.strerror} (it is damaged or no film)", _CONVERT)
    except UnicodeDecodeError:  # PyAV reads the names that a film gives to its tracks
        refuse(path, "a film that can be decoded", "texts in no known script (it is damaged or no film)", _CONVERT)


def kept_size(height: float, width: float, max_side: int) -> tuple[int, int]:
    """Height and width in whole pixels with the longer side at most `max_side`, never larger than given."""
    scale = min(1.0, max_side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def refuse(path: Path, expected: str, found: str, next_step: str) -> NoReturn:
    """Raise the one kind of error that a film gives; FILM in the next step becomes the film's name."""
    command = next_step.replace("FILM", quote(path.name))
    raise VideoError(f"Film {path}: expected {expected}; found {found}. Next: {command}.")


CUT = "cut out the task with: ffmpeg -ss START_S -t LENGTH_S -i FILM -an -vf scale=640:-2 new.mp4"
_CONVERT = "convert it with: ffmpeg -i FILM -an -c:v libx264 -pix_fmt yuv420p -vf scale=640:-2 new.mp4"
_COPY_AGAIN = "copy it again from the camera, or save its readable part with: ffmpeg -i FILM -an new.mp4"
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(CONTAINERS),
    "codec_whitelist": ",".join(CODECS),
}


def _check_file(path: Path, limits: VideoLimits) -> None:
    try:
        status = path.stat()
    except OSError as error:
        refuse(path, "a film", f"nothing that can be opened ({error.strerror})", "check the name")
    if not stat.S_ISREG(status.st_mode):
        refuse(path, "a regular file", "a folder or a device", "name the film itself")
    if status.st_size == 0:
        refuse(path, "a film", "an empty file", "copy it again from the camera")
    if status.st_size > limits.max_bytes:
        refuse(path, f"at most {limits.max_bytes} bytes", f"{status.st_size}", CUT)
    try:
        is_cut = is_cut_short(path)
    except OSError as error:
        refuse(path, "a file that may be read", f"{error.strerror}", "check who may read it")
    if is_cut:
        refuse(path, "a whole file", "one that was cut short", _COPY_AGAIN)


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first track of moving pictures; the cover of a song is a picture but not a film."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    tracks = ", ".join(stream.type for stream in container.streams) or "none"
    refuse(path, "a track of moving pictures", f"tracks: {tracks}", "name a file that was filmed with a camera")


def _check_header(path: Path, container: InputContainer, stream: VideoStream, limits: VideoLimits) -> None:
    """Refuse by what the header declares, before anything is decoded."""
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        found = "an unknown one" if codec is None else codec.name
        refuse(path, f"pictures in one of {', '.join(CODECS)}", found, _CONVERT)
    _check_size(path, codec.width, codec.height, limits)
    if container.duration is not None and container.duration / av.time_base > limits.max_duration_s:
        refuse(path, f"at most {limits.max_duration_s:g} s", f"{container.duration / av.time_base:.1f} s", CUT)


def _check_size(path: Path, width: int, height: int, limits: VideoLimits) -> None:
    if width * height > limits.max_pixels:
        refuse(path, f"frames of at most {limits.max_pixels} pixels", f"{width}x{height}", _CONVERT)


def _decoded(
    path: Path, container: InputContainer, stream: VideoStream, limits: VideoLimits
) -> Iterator[av.VideoFrame]:
    """Decoded frames in order of time, each within the limits of size, all of them within the limit of work.

    What counts is the processor's time between two frames: neither a busy machine nor somebody who takes the frames
    slowly makes a film worse.
    """
    count, spent_s, resumed_s = 0, 0.0, time.process_time()
    try:
        for picture in container.decode(stream):
            _check_size(path, picture.width, picture.height, limits)
            if picture.is_corrupt:
                refuse(path, "a whole film", f"damage after {count} frames", _COPY_AGAIN)
            spent_s += time.process_time() - resumed_s
            if spent_s > limits.max_decode_s:
                refuse(path, f"decoding within {limits.max_decode_s:g} s", f"{count} frames in that time", _CONVERT)
            yield picture
            count, resumed_s = count + 1, time.process_time()
    except av.error.FFmpegError as error:
        refuse(path, "a whole film", f"damage after {count} frames ({error.strerror})", _COPY_AGAIN)
