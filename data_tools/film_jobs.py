"""What a limited child does with a film: read it whole, survey it, or hand over a part of it, piece by piece."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.film_motion import SIDE, MotionMeter
from data_tools.film_region import WHOLE, Region
from data_tools.video import read_video
from data_tools.video_stream import VideoLimits, kept_size, opened_film

_LONG_FILM = VideoLimits(max_bytes=1 << 36, max_pixels=8192 * 4608, max_duration_s=6 * 3600.0, max_frames=3_000_000)
"""What is refused of films that are never held whole: beyond 64 GiB, 8K, six hours."""
_BATCH = 8  # frames in one message


def film(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """The film as `read_video` gives it, a Video. Request: nothing."""
    yield read_video(path)


def survey(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """What has to be known before a part is chosen, in one pass and little memory.

    Request: crop: four numbers as typed, or None: where motion counts; max_decode_s.
    Yields: one dict: codec, rotation_deg, height and width (upright), time_s (T,), region (fractions), motion (M, 3)
        with the columns of film_motion.Motion.
    """
    limits = replace(_LONG_FILM, max_decode_s=request["max_decode_s"])
    times: list[float] = []
    motions: list[tuple[float, float, float]] = []
    meter, region, size, small = MotionMeter(), WHOLE, (0.0, 0.0), (0, 0)
    with opened_film(path, limits) as stream:
        for time_s, picture in stream.pictures():
            if not times:
                size = stream.size(picture)
                region = Region.of(request["crop"], *size) if request["crop"] else WHOLE
                small = kept_size(*size, SIDE)
                meter = MotionMeter(region.mask(*small))
            times.append(time_s)
            if meter.wants(time_s - times[0]):
                motion = meter.add(time_s - times[0], stream.scaled(picture, *small, "gray"))
                motions += [(motion.time_s, motion.area, motion.height)] if motion else []
    yield {
        "codec": stream.codec,
        "rotation_deg": stream.rotation_deg,
        "height": round(size[0]),
        "width": round(size[1]),
        "region": [region.x, region.y, region.width, region.height],
        "time_s": np.array(times) - times[0],
        "motion": np.array(motions, np.float64).reshape(-1, 3),
    }


def part(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """Frames of a stretch of a film, cut to a region, with even sides as H.264 wants them.

    Request: start_s, end_s: first and last capture time; crop: fractions of the upright picture; max_side: of what is
        cut out; max_decode_s.
    Yields: dicts with time_s (n,) and frames (n, height, width, 3), in order.
    """
    limits = replace(_LONG_FILM, max_decode_s=request["max_decode_s"])
    region, whole, cut = Region(*request["crop"]), (0, 0), (slice(0), slice(0))
    times: list[float] = []
    frames: list[NDArray[np.uint8]] = []
    first_s: float | None = None
    with opened_film(path, limits) as stream:
        for time_s, picture in stream.pictures():
            if first_s is None:
                first_s = time_s
                whole, cut = _scaled_cut(*stream.size(picture), region, request["max_side"])
            if time_s - first_s > request["end_s"]:
                break
            if time_s - first_s >= request["start_s"]:
                frames.append(stream.scaled(picture, *whole)[cut].copy())
                times.append(time_s - first_s)
            if len(frames) == _BATCH:
                yield {"time_s": np.array(times), "frames": np.stack(frames)}
                times, frames = [], []
    if frames:
        yield {"time_s": np.array(times), "frames": np.stack(frames)}


def _scaled_cut(
    height: float, width: float, region: Region, max_side: int
) -> tuple[tuple[int, int], tuple[slice, slice]]:
    """Size to which whole pictures are scaled, and the rows and columns of them that are cut out."""
    scale = min(1.0, max_side / max(height * region.height, width * region.width))
    whole = max(2, round(height * scale)), max(2, round(width * scale))
    rows, columns = region.slices(*whole)
    return whole, (_even(rows, whole[0]), _even(columns, whole[1]))


def _even(places: slice, size: int) -> slice:
    """The same rows or columns without the last one where their number is odd, but at least two."""
    length = max(2, (places.stop - places.start) // 2 * 2)
    start = min(places.start, size - length)
    return slice(start, start + length)
