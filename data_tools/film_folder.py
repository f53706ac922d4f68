"""The folder of films beside a demo file: films are stored as ordinary video files and verified when they are read."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from data_tools.atomic import committed_file, file_sha256
from data_tools.demo import Film, Video
from data_tools.errors import DataError, DemoFileError
from data_tools.video import read_video, write_video

_MAX_NAME_BYTES = 255  # of a name in a folder, on every usual file system


@dataclass(frozen=True)
class FilmReference:
    """How a demo file names a film."""

    file_name: str
    """Name inside the film folder, without any folder of its own."""
    sha256: str
    """Hash of the film file."""


def film_folder(demo_file: Path) -> Path:
    """Folder of the films that belong to a demo file: `demos.hdf5` has `demos_films/`."""
    return demo_file.with_name(f"{demo_file.stem}_films")


def store_film(folder: Path, film: Film, task_id: str, index: int) -> FilmReference:
    """Put a film into the folder. One that came from a file is copied bit by bit, any other is encoded.

    Args: folder: film folder. film: any film of even height and width. task_id, index: its name in the folder.
    Returns: the reference to keep.
    Raises: VideoError: the film cannot be encoded.
    """
    video = film.video
    original = Path(video.source.path)
    stem = task_id if index == 0 else f"{task_id}_film{index}"
    if video.source.path and original.is_file() and file_sha256(original) == video.source.sha256:
        path = folder / f"{stem}{original.suffix}"
        with committed_file(path) as partial:
            shutil.copyfile(original, partial)
    else:
        path = folder / f"{stem}.mp4"
        write_video(path, video.frames, capture_time_s=video.capture_time_s)
    return FilmReference(path.name, file_sha256(path))


def load_film(folder: Path, reference: FilmReference) -> Video:
    """Read a film and make sure that it is the one that was stored.

    Raises: DemoFileError: the name leaves the folder, or the film is missing, changed or unreadable.
    """
    name = reference.file_name
    path = folder / name
    is_name = 0 < len(name.encode(errors="replace")) <= _MAX_NAME_BYTES and name.isprintable()
    if not is_name or Path(name).name != name or name.startswith(".") or path.is_symlink():
        raise DemoFileError(f"Film {name!r}: expected a file in {folder}, found a way out. Next: do not trust it.")
    try:
        video = read_video(path)
    except DataError as error:
        raise DemoFileError(f"{error} It belongs to the demo file beside {folder}; copy both together.") from error
    if video.source.sha256 != reference.sha256:
        raise DemoFileError(
            f"Film {path}: expected sha256 {reference.sha256[:12]}, found {video.source.sha256[:12]}. "
            "Next: copy the demo file and its films together again, or collect anew."
        )
    return video
