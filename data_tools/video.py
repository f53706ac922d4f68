"""Films as files: read any ordinary video file, write one, change the size of one.

Audio is ignored. Nothing here knows what a film shows or at which rate somebody wants it; video_stream opens the files.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from data_tools.atomic import committed_file, file_sha256
from data_tools.demo import Video, VideoSource
from data_tools.video_encoder import h264_stream
from data_tools.video_stream import PHONE_FILM, VideoLimits, kept_size, opened_film, refuse

_CLOCK = Fraction(1, 90_000)  # the usual clock of films: it holds 10, 24, 25, 30 and 60 Hz exactly


def read_video(path: Path | str, *, limits: VideoLimits = PHONE_FILM) -> Video:
    """All frames of a film with the times at which they were taken, turned upright.

    The first frame has time 0. A frame whose time stamp does not lie after the one before it is left out. Pictures of
    films with oblong pixels are stretched to square ones.

    Args:
        path: a local regular file in one of CONTAINERS with pictures in one of CODECS.
        limits: what is refused.

    Returns: the film.
    Raises: VideoError: the file is missing, unreadable, cut short, without pictures, or beyond the limits.
    """
    frames: list[NDArray[np.uint8]] = []
    times: list[float] = []
    with opened_film(path, limits) as film:
        height = width = 0
        for time_s, picture in film.pictures():
            if not frames:
                height, width = kept_size(*film.size(picture), limits.max_side)
            frames.append(film.scaled(picture, height, width))
            times.append(time_s)
            if len(frames) * height * width * 3 > limits.max_kept_bytes:
                height, width = max(1, height // 2), max(1, width // 2)
                frames = list(_scaled(frames, height, width))
        source = VideoSource(str(film.path), film.codec, film.rotation_deg, file_sha256(film.path))
    return Video(np.stack(frames), np.array(times) - times[0], source)


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
        refuse(path, "a name ending in .mp4", f"{path.suffix!r}", "change the name")
    if (rate_hz is None) == (capture_time_s is None):
        refuse(path, "either rate_hz or capture_time_s", "both or neither", "pass one of them")
    with committed_file(path) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = None
        for index, frame in enumerate(frames):
            if stream is None:
                stream = _new_stream(path, container, frame.shape, crf)
            if frame.dtype != np.uint8 or frame.shape != (stream.height, stream.width, 3):
                refuse(
                    path,
                    f"frames like the first, uint8 {stream.height}x{stream.width}x3",
                    f"{frame.dtype} {frame.shape} at {index}",
                    "make them equal with resize",
                )
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            picture.pts, picture.time_base = _tick(path, index, rate_hz, capture_time_s), _CLOCK
            container.mux(stream.encode(picture))
        if stream is None:
            refuse(path, "at least one frame", "none", "pass frames of shape (T, height, width, 3)")
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


def _scaled(frames: Iterable[NDArray[np.uint8]], height: int, width: int) -> NDArray[np.uint8]:
    scaled = np.stack([cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames])
    return scaled.astype(np.uint8, copy=False)


def _new_stream(path: Path, container: OutputContainer, shape: tuple[int, ...], crf: int) -> VideoStream:
    if len(shape) != 3 or shape[2] != 3 or shape[0] % 2 or shape[1] % 2:
        refuse(path, "frames of shape (height, width, 3) with even sides, as H.264 needs", f"{shape}", "resize them")
    stream = h264_stream(container, shape[0], shape[1], {"crf": str(crf)})
    stream.time_base = stream.codec_context.time_base = _CLOCK
    return stream


def _tick(path: Path, index: int, rate_hz: float | None, time_s: Sequence[float] | NDArray[np.float64] | None) -> int:
    """Time of a frame in units of _CLOCK."""
    if rate_hz is not None:
        return round(index / rate_hz / _CLOCK)
    assert time_s is not None
    if index >= len(time_s) or (index and round((time_s[index] - time_s[index - 1]) / _CLOCK) < 1):
        refuse(path, "a later time for each frame", f"{len(time_s)} times, trouble at frame {index}", "mend the times")
    return round((time_s[index] - time_s[0]) / _CLOCK)
