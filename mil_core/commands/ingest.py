"""`mil ingest`: a film from anywhere becomes a film of the library, by an id, ready to adapt to."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tyro.conf import Positional

from data_tools.demo import Video
from data_tools.pictures import contact_sheet
from data_tools.provenance import code_version
from data_tools.timeline import resample, stream_statistics
from data_tools.video import read_video, resize, write_video
from mil_core.commands.output import BadArgument, console, refuse_existing, write_json
from mil_core.support import FILM_FRAMES, FILM_RATE_HZ

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Form of an id; the ROS nodes accept the same."""


@dataclass(frozen=True)
class Ingest:
    """Check a film, cut it to 40 frames at even times, and put it into the library with a contact sheet."""

    film: Positional[Path]
    """The film, in any usual video format."""
    id: str | None = None
    """Name in the library: lower-case letters, digits, - and _; made from the file's name when left out."""
    library: Path = Path("out/library")
    """Folder of the library."""
    consent: str = "not stated"
    """What the people in the film agreed to."""
    overwrite: bool = False
    """Replace a film of that id."""

    def run(self) -> int:
        """Read, check, resample, write."""
        name = checked_id(made_id(self.film) if self.id is None else self.id)
        path = self.library / f"{name}.mp4"
        refuse_existing(path, overwrite=self.overwrite)
        video = read_video(self.film)
        view = even_sides(resample(video, FILM_FRAMES, FILM_RATE_HZ))
        contact_sheet(view, path.with_suffix(".png"))
        statistics = stream_statistics(video.capture_time_s, video.frames)
        write_json(
            path.with_suffix(".json"),
            {
                "original": self.film.name,
                "original_sha256": video.source.sha256,
                "codec": video.source.codec,
                "rotation_deg": video.source.rotation_deg,
                "stream": asdict(statistics),
                "consent": self.consent,
                "code_version": code_version(),
            },
        )
        write_video(path, view.frames, capture_time_s=view.capture_time_s)  # last: a listed film is a whole entry
        console.print(
            f"{statistics.count} frames in {statistics.duration_s:.1f} s at {statistics.rate_hz:.1f} Hz, "
            f"{statistics.drops} dropped; kept as {name!r}"
        )
        console.print(
            f"look at {path.with_suffix('.png')}, then type: "
            f"mil adapt --checkpoint checkpoints/daml_place --video {path} --out out/{name}"
        )
        return 0


def checked_id(name: str) -> str:
    """The name itself when it has the form of an id. Raises: BadArgument."""
    if not ID.fullmatch(name):
        raise BadArgument(
            f"--id: expected lower-case letters, digits, - and _, at most 64, found {name[:80]!r}; choose another id."
        )
    return name


def made_id(film: Path) -> str:
    """An id from a file's name: `Red Bowl.MOV` becomes `red_bowl`."""
    return re.sub(r"[^a-z0-9_-]+", "_", film.stem.lower()).strip("_-")[:64]


def even_sides(video: Video) -> Video:
    """The film without its last row or column where its height or width is odd, as H.264 asks."""
    height, width = (side - side % 2 for side in video.frames.shape[1:3])
    if min(height, width) < 2:
        return resize(video, max(2, height), max(2, width))
    return Video(np.ascontiguousarray(video.frames[:, :height, :width]), video.capture_time_s, video.source)
