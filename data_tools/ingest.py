"""A film from anywhere becomes a film of the library, in two steps, so that somebody can look between them.

    <library>/index.html    a page of all films, and <id>.png, the contact sheet of each: written first
    <library>/<id>.mp4      what a policy adapts from: 40 frames at even times
    <library>/<id>.json     where it came from, consent and licence, the true capture time of every frame
    <library>/films/<id>.mp4  the active part with all its frames, cut, blurred, without sound and location

`stage` decodes and cuts in a limited child and leaves everything but the page under a hidden name; `commit` moves it.
The original is never changed, and nothing of it but the chosen part is kept.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.active_part import ActivePart, active_part
from data_tools.atomic import file_sha256
from data_tools.demo import Video
from data_tools.errors import VideoError
from data_tools.film_faces import Detector, Frame, blurred_faces
from data_tools.film_motion import Motion
from data_tools.film_region import WHOLE, Region, blur_outside
from data_tools.limited import open_limited, stream_limited, time_to_decode
from data_tools.pictures import contact_sheet
from data_tools.timeline import StreamStatistics, resample_index, stream_statistics
from data_tools.video import resize, write_video

FILMS = "films"
"""Folder of the library with the active parts at their true times."""
_MAX_SIDE = 640
_SHEET_HEIGHT = 90


@dataclass(frozen=True)
class Cut:
    """Which part of a film to keep, and what of it to hide."""

    crop: tuple[float, float, float, float] | None = None
    """Region as typed: x, y, width, height, in fractions or pixels of the upright picture."""
    start_s: float | None = None
    """First time to keep; found by motion when None."""
    end_s: float | None = None
    """Last time to keep; found by motion when None."""
    is_blurred_outside: bool = False
    """Keep the whole picture and make unreadable what lies outside the region, instead of cutting it off."""
    detector: Detector | None = None
    """Makes faces unreadable when given."""


@dataclass(frozen=True)
class Staged:
    """A film that has been read, cut and drawn, and is not in the library yet."""

    name: str
    """Its id in the library."""
    facts: dict[str, Any]
    """What becomes its JSON file."""
    folder: Path
    """Hidden folder with its films."""
    motion: NDArray[np.float64]
    """Time and moving area of the whole film, shape (M, 2)."""


def stage(film: Path, name: str, library: Path, cut: Cut, num_frames: int, rate_hz: float) -> Staged:
    """Read, cut and draw one film; writes its contact sheet, and its films into a hidden folder of the library.

    Args: film: the file. name: its id. library: folder. cut: what to keep. num_frames, rate_hz: of the view.
    Raises: VideoError: the film cannot be used, or nothing of it is left. LimitReached: it breaks its reader.
    """
    limits = time_to_decode(film)
    request = {"crop": cut.crop, "max_decode_s": limits.time_s}
    found = open_limited("film_survey", film, request, limits)
    chosen, region = _chosen(film, found, cut), Region(*found["region"])
    time_s = _times_within(film, found["time_s"], chosen)
    request |= {"start_s": chosen.start_s, "end_s": chosen.end_s, "max_side": _MAX_SIDE}
    request["crop"] = list(asdict(WHOLE if cut.is_blurred_outside else region).values())
    picked, view_s = resample_index(time_s, num_frames, rate_hz)
    collector = _Collector(film, _hidden(_frames(film, request), cut, region), time_s, picked)
    folder = library / f".staged-{os.getpid()}-{name}"
    try:
        write_video(folder / FILMS / f"{name}.mp4", collector, capture_time_s=time_s)
        view = Video(collector.view(), view_s)
        write_video(folder / f"{name}.mp4", view.frames, capture_time_s=view_s)
        contact_sheet(_small(view), library / f"{name}.png")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    statistics = replace(stream_statistics(time_s), stale_repeats=collector.num_repeats)
    facts = _facts(film, found, chosen, region, cut, statistics)
    facts |= {"capture_time_s": time_s.tolist(), "view_frames": picked.tolist()}
    return Staged(name, facts, folder, found["motion"][:, :2])


def commit(staged: Staged, library: Path) -> None:
    """Move the films of a staged one into the library; the one by which it is listed comes last."""
    (library / FILMS).mkdir(exist_ok=True)
    for name in (f"{FILMS}/{staged.name}.mp4", f"{staged.name}.mp4"):
        os.replace(staged.folder / name, library / name)
    discard(staged)


def discard(staged: Staged) -> None:
    """Delete what is staged of a film and not committed."""
    shutil.rmtree(staged.folder, ignore_errors=True)


def _chosen(film: Path, found: dict[str, Any], cut: Cut) -> ActivePart:
    """The part to keep: what was typed, and the rest by motion."""
    last_s = float(found["time_s"][-1])
    if last_s <= 0:
        raise VideoError(f"Film {film}: expected at least 2 frames; found 1. Next: film the whole task.")
    part = active_part([Motion(*row) for row in found["motion"].tolist()], 0.0, last_s)
    start_s = part.start_s if cut.start_s is None else max(0.0, cut.start_s)
    end_s = part.end_s if cut.end_s is None else min(last_s, cut.end_s)
    return ActivePart(start_s, end_s, part.is_found)


def _times_within(film: Path, time_s: NDArray[np.float64], part: ActivePart) -> NDArray[np.float64]:
    """Capture times of the frames of a part, as they are."""
    inside = time_s[(time_s >= part.start_s) & (time_s <= part.end_s)]
    if len(inside) < 2:
        raise VideoError(
            f"Film {film}: expected at least 2 frames from {part.start_s:g} to {part.end_s:g} s, found {len(inside)}. "
            f"Next: choose --start-s and --end-s within its {time_s[-1]:.1f} s."
        )
    return inside


def _frames(film: Path, request: dict[str, Any]) -> Iterator[Frame]:
    for batch in stream_limited("film_part", film, request, time_to_decode(film)):
        yield from zip(batch["time_s"].tolist(), batch["frames"], strict=True)


def _hidden(frames: Iterator[Frame], cut: Cut, region: Region) -> Iterator[Frame]:
    """The frames without faces and without what lies outside the region, where that is wanted."""
    if cut.detector is not None:
        frames = blurred_faces(frames, cut.detector)
    for time_s, picture in frames:
        yield time_s, blur_outside(picture, region) if cut.is_blurred_outside else picture


class _Collector:
    """Passes pictures on to the film, keeps those of the view, and counts those that repeat the one before."""

    def __init__(
        self, film: Path, frames: Iterator[Frame], time_s: NDArray[np.float64], picked: NDArray[np.int64]
    ) -> None:
        self._film, self._frames, self._time_s, self._picked = film, frames, time_s, picked
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self.num_repeats = 0

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        wanted = set(self._picked.tolist())
        found: list[float] = []
        before: NDArray[np.uint8] | None = None
        for index, (time_s, picture) in enumerate(self._frames):
            found.append(time_s)
            if index in wanted:
                self._kept[index] = picture
            self.num_repeats += before is not None and np.array_equal(before, picture)
            before = picture
            yield picture
        if found != self._time_s.tolist():
            raise VideoError(f"Film {self._film}: expected the same frames twice, found others. Next: ingest it again.")

    def view(self) -> NDArray[np.uint8]:
        """Pictures of the view, shape (frames, height, width, 3)."""
        return np.stack([self._kept[index] for index in self._picked.tolist()])


def _facts(
    film: Path, found: dict[str, Any], chosen: ActivePart, region: Region, cut: Cut, statistics: StreamStatistics
) -> dict[str, Any]:
    time_s = found["time_s"]
    by_hand = cut.start_s is not None and cut.end_s is not None
    found_by = "hand" if by_hand else "motion" if chosen.is_found else "nothing: no motion, kept whole"
    hidden = [("outside the region", cut.is_blurred_outside), ("faces", cut.detector is not None)]
    return {
        "original": film.name,
        "original_sha256": file_sha256(film),
        "codec": found["codec"],
        "rotation_deg": found["rotation_deg"],
        "original_size": [found["width"], found["height"]],
        "original_stream": asdict(stream_statistics(time_s)),
        "stream": asdict(statistics),
        "part": {"start_s": chosen.start_s, "end_s": chosen.end_s, "found_by": found_by},
        "region": list(asdict(region).values()),
        "blurred": [name for name, is_on in hidden if is_on],
    }


def _small(view: Video) -> Video:
    height, width = view.frames.shape[1:3]
    if height <= _SHEET_HEIGHT:
        return view
    return resize(view, _SHEET_HEIGHT, max(1, round(width * _SHEET_HEIGHT / height)))
