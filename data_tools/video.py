"""Films as files: read any ordinary video file, write one, change the size of one.

The only importer of PyAV. Audio is ignored. Nothing here knows what a film shows or at which rate somebody wants it.
"""

import math
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

import av
import av.error
import cv2
import numpy as np
from av.container import InputContainer, OutputContainer
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from data_tools.atomic import committed_file, file_sha256
from data_tools.container_length import is_cut_short
from data_tools.demo import Video, VideoSource
from data_tools.errors import VideoError

CONTAINERS = ("mov", "matroska", "avi", "gif")
"""Demultiplexers that may be used, by the first of FFmpeg's names; playlists and image patterns stay outside."""
CODECS = ("h264", "hevc", "vp9", "mjpeg", "gif", "vp8", "mpeg4", "av1", "libdav1d")
"""Picture decoders that may be used, by FFmpeg's names."""
_CLOCK = Fraction(1, 90_000)  # the usual clock of films: it holds 10, 24, 25, 30 and 60 Hz exactly


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
    """Time that decoding may take on this machine."""


def read_video(path: Path | str, *, limits: VideoLimits = VideoLimits()) -> Video:
    """All frames of a film with the times at which they were taken, turned upright.

    The first frame has time 0. A frame whose time stamp does not lie after the one before it is left out. Pictures of
    films with oblong pixels are stretched to square ones.

    Args:
        path: a local regular file in one of CONTAINERS with pictures in one of CODECS.
        limits: what is refused.

    Returns: the film.
    Raises: VideoError: the file is missing, unreadable, cut short, without pictures, or beyond the limits.
    """
    path = Path(path).absolute()  # an absolute path cannot be read as the address of a network protocol
    _check_file(path, limits)
    try:
        with av.open(str(path), container_options=_OPTIONS) as container:
            stream = _picture_stream(path, container)
            _check_header(path, container, stream, limits)
            return _decode(path, container, stream, limits)
    except av.error.FFmpegError as error:
        _refuse(path, "a film that can be decoded", f"{error.strerror} (it is damaged or no film)", _CONVERT)


def write_video(
    path: Path | str,
    frames: Iterable[NDArray[np.uint8]],
    rate_hz: float | None = None,
    *,
    capture_time_s: Sequence[float] | NDArray[np.float64] | None = None,
    crf: int = 20,
) -> None:
    """Write an mp4 file that every player and browser opens: H.264, 4:2:0, no audio, committed by rename.

    Args:
        path: name of the file, ending in .mp4; a file of that name is replaced.
        frames: pictures of one even height and width, shape (height, width, 3), RGB; taken one at a time.
        rate_hz: frames in a second; either this or `capture_time_s` is given.
        capture_time_s: time of each frame, strictly increasing, kept to 1/90000 s.
        crf: constant rate factor of H.264: 18 looks lossless, 28 is poor.

    Raises: VideoError: no frames, an odd or changing size, or times that do not fit the frames.
    """
    path = Path(path)
    if path.suffix != ".mp4":
        _refuse(path, "a name ending in .mp4", f"{path.suffix!r}", "change the name")
    if (rate_hz is None) == (capture_time_s is None):
        _refuse(path, "either rate_hz or capture_time_s", "both or neither", "pass one of them")
    with committed_file(path) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = None
        for index, frame in enumerate(frames):
            if stream is None:
                stream = _new_stream(path, container, frame.shape, crf)
            if frame.dtype != np.uint8 or frame.shape != (stream.height, stream.width, 3):
                _refuse(path, f"frames like the first, uint8 {stream.height}x{stream.width}x3",
                        f"{frame.dtype} {frame.shape} at {index}", "make them equal with resize")
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts, picture.time_base = _tick(path, index, rate_hz, capture_time_s), _CLOCK
            container.mux(stream.encode(picture))
        if stream is None:
            _refuse(path, "at least one frame", "none", "pass frames of shape (T, height, width, 3)")
        container.mux(stream.encode())


def resize(video: Video, height: int, width: int) -> Video:
    """Cut the middle of a film to the wanted aspect and scale it by averaging areas.

    Args: video: any film. height, width: size wanted, pixels.
    Returns: the film with frames of shape (T, height, width, 3); the same object if it has that size already.
    Raises: nothing.
    """
    old_height, old_width = video.frames.shape[1:3]
    if (old_height, old_width) == (height, width):
        return video
    scale = min(old_height / height, old_width / width)
    cut_height, cut_width = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (old_height - cut_height) // 2, (old_width - cut_width) // 2
    middle = video.frames[:, top : top + cut_height, left : left + cut_width]
    return Video(_scaled(middle, height, width), video.capture_time_s, video.source)


_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(CONTAINERS),
    "codec_whitelist": ",".join(CODECS),
}
_CONVERT = "convert it with: ffmpeg -i FILM -an -c:v libx264 -pix_fmt yuv420p -vf scale=640:-2 new.mp4"
_CUT = "cut out the task with: ffmpeg -ss START_S -t LENGTH_S -i FILM -an -vf scale=640:-2 new.mp4"
_COPY_AGAIN = "copy it again from the camera, or save its readable part with: ffmpeg -i FILM -an new.mp4"


def _refuse(path: Path, expected: str, found: str, next_step: str) -> NoReturn:
    raise VideoError(f"Film {path}: expected {expected}; found {found}. Next: {next_step.replace('FILM', path.name)}.")


def _check_file(path: Path, limits: VideoLimits) -> None:
    try:
        status = path.stat()
    except OSError as error:
        _refuse(path, "a film", f"nothing that can be opened ({error.strerror})", "check the name")
    if not stat.S_ISREG(status.st_mode):
        _refuse(path, "a regular file", "a folder or a device", "name the film itself")
    if status.st_size == 0:
        _refuse(path, "a film", "an empty file", "copy it again from the camera")
    if status.st_size > limits.max_bytes:
        _refuse(path, f"at most {limits.max_bytes} bytes", f"{status.st_size}", _CUT)
    if is_cut_short(path):
        _refuse(path, "a whole file", "one that was cut short", _COPY_AGAIN)


def _picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first track of moving pictures; the cover of a song is a picture but not a film."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    tracks = ", ".join(stream.type for stream in container.streams) or "none"
    _refuse(path, "a track of moving pictures", f"tracks: {tracks}", "name a file that was filmed with a camera")


def _check_header(path: Path, container: InputContainer, stream: VideoStream, limits: VideoLimits) -> None:
    """Refuse by what the header declares, before anything is decoded."""
    codec = stream.codec_context
    if codec.name not in CODECS:
        _refuse(path, f"pictures in one of {', '.join(CODECS)}", f"{codec.name}", _CONVERT)
    _check_size(path, codec.width, codec.height, limits)
    if container.duration is not None and container.duration / av.time_base > limits.max_duration_s:
        _refuse(path, f"at most {limits.max_duration_s:g} s", f"{container.duration / av.time_base:.1f} s", _CUT)


def _check_size(path: Path, width: int, height: int, limits: VideoLimits) -> None:
    if width * height > limits.max_pixels:
        _refuse(path, f"frames of at most {limits.max_pixels} pixels (4K)", f"{width}x{height}", _CONVERT)


def _decode(path: Path, container: InputContainer, stream: VideoStream, limits: VideoLimits) -> Video:
    frames: list[NDArray[np.uint8]] = []
    times: list[float] = []
    matrix = np.zeros(9)
    reformatter = VideoReformatter()
    for picture in _pictures(path, container, stream, limits):
        if picture.time is None:
            _refuse(path, "a time stamp on every frame", f"none after {len(frames)} frames", _CONVERT)
        if not frames:
            matrix = _display_matrix(picture)
            width, height = _kept_size(picture, stream.sample_aspect_ratio, limits.max_side)
        elif picture.time <= times[-1]:
            continue
        small = reformatter.reformat(picture, width, height, "rgb24", interpolation="AREA")
        frames.append(np.asarray(small.to_ndarray(), np.uint8))
        times.append(picture.time)
        if times[-1] - times[0] > limits.max_duration_s or len(frames) > limits.max_frames:
            _refuse(path, f"at most {limits.max_duration_s:g} s and {limits.max_frames} frames", "more", _CUT)
        if len(frames) * height * width * 3 > limits.max_kept_bytes:
            height, width = max(1, height // 2), max(1, width // 2)
            frames = list(_scaled(frames, height, width))
    if len(frames) < limits.min_frames:
        _refuse(path, f"at least {limits.min_frames} frames", f"{len(frames)}", "film the whole task, not one picture")
    upright, rotation_deg = _upright(np.stack(frames), matrix)
    source = VideoSource(str(path), stream.codec_context.name, rotation_deg, file_sha256(path))
    return Video(upright, np.array(times) - times[0], source)


def _pictures(
    path: Path, container: InputContainer, stream: VideoStream, limits: VideoLimits
) -> Iterator[av.VideoFrame]:
    """Decoded frames in order of time, each within the limits of size, all of them within the limit of work."""
    stream.thread_type = "AUTO"
    deadline_s = time.monotonic() + limits.max_decode_s
    count = 0
    try:
        for picture in container.decode(stream):
            _check_size(path, picture.width, picture.height, limits)
            if picture.is_corrupt:
                _refuse(path, "a whole film", f"damage after {count} frames", _COPY_AGAIN)
            if time.monotonic() > deadline_s:
                _refuse(path, f"decoding within {limits.max_decode_s:g} s", f"{count} frames in that time", _CONVERT)
            yield picture
            count += 1
    except av.error.FFmpegError as error:
        _refuse(path, "a whole film", f"damage after {count} frames ({error.strerror})", _COPY_AGAIN)


def _kept_size(picture: av.VideoFrame, pixel_aspect: Fraction | None, max_side: int) -> tuple[int, int]:
    """Width and height to keep: square pixels, the longer side at most `max_side`."""
    width, height = picture.width * float(pixel_aspect or 1), float(picture.height)
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _display_matrix(picture: av.VideoFrame) -> NDArray[np.float64]:
    """The matrix by which a phone tells how it was held, shape (9,), or zeros where there is none."""
    side_data = picture.side_data.get("DISPLAYMATRIX")
    return np.zeros(9) if side_data is None else np.frombuffer(side_data, np.int32).astype(np.float64)


def _upright(frames: NDArray[np.uint8], matrix: NDArray[np.float64]) -> tuple[NDArray[np.uint8], int]:
    """Frames as they are meant to be seen, and the clockwise turn that was made, in degrees.

    Source: FFmpeg libavutil/display.h: (x', y') = (a x + c y, b x + d y) for the matrix (a, b, u, c, d, v, x, y, w).
    Differs: a turn by no multiple of 90 degrees is taken for the nearest one.
    """
    a, b, c, d = matrix[[0, 1, 3, 4]]
    is_turned = abs(b) > abs(a)
    if is_turned:
        frames = frames.swapaxes(1, 2)
        a, d = c, b
    frames = frames[:, :: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
    rotation_deg = round(math.degrees(math.atan2(matrix[1], matrix[0])) / 90) * 90 % 360
    return np.ascontiguousarray(frames), rotation_deg


def _scaled(frames: Iterable[NDArray[np.uint8]], height: int, width: int) -> NDArray[np.uint8]:
    scaled = np.stack([cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames])
    return scaled.astype(np.uint8, copy=False)


def _new_stream(
    path: Path, container: OutputContainer, shape: tuple[int, ...], crf: int
) -> VideoStream:
    if len(shape) != 3 or shape[2] != 3 or shape[0] % 2 or shape[1] % 2:
        _refuse(path, "frames of shape (height, width, 3) with even sides, as H.264 needs", f"{shape}", "resize them")
    stream = container.add_stream("libx264", options={"crf": str(crf)})
    stream.height, stream.width, stream.pix_fmt = shape[0], shape[1], "yuv420p"
    stream.time_base = stream.codec_context.time_base = _CLOCK
    stream.thread_count = 1  # films are written by many workers at once, each with one core
    return stream


def _tick(path: Path, index: int, rate_hz: float | None, time_s: Sequence[float] | NDArray[np.float64] | None) -> int:
    """Time of a frame in units of _CLOCK."""
    if rate_hz is not None:
        return round(index / rate_hz / _CLOCK)
    assert time_s is not None
    if index >= len(time_s) or (index and round((time_s[index] - time_s[index - 1]) / _CLOCK) < 1):
        _refuse(path, "a later time for each frame", f"{len(time_s)} times, trouble at frame {index}", "mend the times")
    return round((time_s[index] - time_s[0]) / _CLOCK)
