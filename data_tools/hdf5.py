"""The demo file: an HDF5 file in the robomimic tree, with a folder of films beside it. Layout:

    data                     attrs: total, env_args (JSON), provenance (JSON), format_version
    data/demo_<i>            attrs: num_samples, task_id, robot, outcome, success, clock, seed, split
      actions                float32 (T, A)                    action_time_s          float64 (T,)
      obs/image              uint8 (T, height, width, 3)       obs/capture_time_s     float64 (T,)
      obs/state              float32 (T, S)                    obs/state_time_s       float64 (T,)
      rewards, dones         float32 (T,), uint8 (T,)          states                 the same object as obs/state
    films/<task_id>/film_<k> attrs: file, sha256
      capture_time_s         float64 (T,)                      hand_xy                float32 (T, 2), may be absent
                                                               goal_xy                float32 (2,), may be absent
    mask/<split>             names of all demos, the filter key of robomimic
    mask/<outcome>           names of the demos that ended so

What a recorded demo holds beside that, and every key in full, stands in docs/format.md; hdf5_recording reads it.
Only the modules whose names begin with hdf5 import h5py. Tasks are written one by one under a temporary name and
committed by rename. What is read is checked first, since a demo file may come from anybody; `seal` finds damage. The
file of a stranger is best read in a process of its own, since a file made on purpose can crash the HDF5 library.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

import h5py
import numpy as np

from data_tools.demo import Demo, Film, Outcome, TaskDemos, Video
from data_tools.errors import DataError, DemoFileError, DemoShapeMismatch
from data_tools.film_folder import FilmReference, film_folder, load_film
from data_tools.hdf5_checks import (
    COPY_AGAIN,
    array_of,
    group_of,
    integer_of,
    length_of,
    names_of,
    opened,
    refuse,
    text_of,
)
from data_tools.hdf5_writer import FORMAT_VERSION, DemoWriter
from data_tools.provenance import UNKNOWN, Provenance
from data_tools.timeline import resample_film
from data_tools.video import resize


@dataclass(frozen=True)
class TaskEntry:
    """What a demo file holds about one task, without the arrays."""

    task_id: str
    """Identity of the task."""
    demo_names: tuple[str, ...]
    """Names of its demos, as `demo_<i>`."""
    num_samples: int
    """Steps of all its demos together."""
    num_films: int
    """Films of somebody else doing the task."""


def write_tasks(
    path: Path | str, tasks: Iterable[TaskDemos], provenance: Provenance = UNKNOWN, *, overwrite: bool = False
) -> None:
    """Write tasks one by one; the file appears, whole, when the last one has been written.

    Args: path: ends in .hdf5. tasks: taken one at a time. provenance: their origin. overwrite: as for DemoWriter.
    Raises: DemoFileError: as DemoWriter. VideoError: a film cannot be encoded.
    """
    with DemoWriter(path, provenance, overwrite=overwrite) as writer:
        for task in tasks:
            writer.append(task)


def read_tasks(
    path: Path | str,
    *,
    task_ids: Collection[str] | None = None,
    with_films: bool = True,
    film_frames: int | None = 40,
    film_rate_hz: float = 10.0,
    outcomes: Collection[Outcome] | None = None,
) -> Iterator[TaskDemos]:
    """Read tasks one by one, in the order in which they were written.

    Args:
        path: a demo file.
        task_ids: which tasks to read; all of them when None.
        with_films: read the films too.
        film_frames: length of the view that `timeline.resample` makes of each film, whose pictures are then cut and
            scaled to the size of the demos' pictures; None gives the films as they are stored.
        film_rate_hz: rate of that view for short films.
        outcomes: only demos that ended so; all of them when None.

    Returns: an iterator; the file is open while it runs.
    Raises: DemoFileError: the file or one of its films is missing, damaged, unsafe or of another version, a task is
        unknown (all of these at once), or an array breaks the format (when its turn comes).
    """
    path = Path(path)
    entries = list_tasks(path)
    unknown = sorted(set(task_ids or ()) - {entry.task_id for entry in entries})
    if unknown:
        known = ", ".join(entry.task_id for entry in entries[:3])
        refuse(str(path), f"tasks of this file ({known}, ...)", f"{unknown[:3]}", f"list them with: mil inspect {path}")
    wanted = [entry for entry in entries if task_ids is None or entry.task_id in task_ids]
    return _read(path, wanted, with_films, film_frames, film_rate_hz, outcomes)


def read_demos(path: Path | str) -> Iterator[Demo]:
    """Read demos one by one, as they stand in the file; at most one is in memory. Raises: DemoFileError."""
    with _open_demos(Path(path)) as file:
        for index in range(len(names_of(group_of(file, "data")))):
            yield _read_demo(file, f"demo_{index}")


def read_demo(path: Path | str, name: str) -> Demo:
    """One demo by its name, read alone. Raises: DemoFileError: the file is damaged, or holds no such demo."""
    with _open_demos(Path(path)) as file:
        count = len(names_of(group_of(file, "data")))
        names = [f"demo_{index}" for index in range(count)]
        if name not in names:
            raise DemoFileError(
                f"{path}: expected a demonstration {name!r}, found {names[:4]}{' and more' if count > 4 else ''}; "
                f"list them with: mil inspect {path}"
            )
        return _read_demo(file, name)


def list_tasks(path: Path | str) -> tuple[TaskEntry, ...]:
    """What a demo file holds, in order, without reading arrays. Raises: DemoFileError: as `read_tasks`."""
    with _open_demos(Path(path)) as file:
        data, films = group_of(file, "data"), group_of(file, "films")
        names: dict[str, list[str]] = {task_id: [] for task_id in names_of(films)}
        samples = dict.fromkeys(names, 0)
        for index in range(len(names_of(data))):
            demo = group_of(data, f"demo_{index}")
            task_id = text_of(demo, "task_id")
            if task_id not in names:
                refuse(f"{path}, demo_{index}", "a task listed under films", f"{task_id!r}", COPY_AGAIN)
            names[task_id].append(f"demo_{index}")
            samples[task_id] += length_of(demo, "actions")
        return tuple(TaskEntry(i, tuple(names[i]), samples[i], len(names_of(group_of(films, i)))) for i in names)


def read_provenance(path: Path | str) -> Provenance:
    """Origin of a demo file. Raises: DemoFileError: as `read_tasks`."""
    with _open_demos(Path(path)) as file:
        text = text_of(group_of(file, "data"), "provenance")
    try:
        return Provenance.from_json(text)
    except DataError as error:
        raise DemoFileError(f"Demo file {path}: {error} Next: {COPY_AGAIN}.") from error


@contextmanager
def _open_demos(path: Path) -> Iterator[h5py.File]:
    """Open a demo file of a version that this code reads."""
    with opened(path) as file:
        data = group_of(file, "data")
        version = integer_of(data, "format_version")
        if not 1 <= version <= FORMAT_VERSION:
            refuse(str(path), f"format version 1 to {FORMAT_VERSION}", f"{version}", "install a newer version of mil")
        yield file


def _read(
    path: Path,
    entries: list[TaskEntry],
    with_films: bool,
    film_frames: int | None,
    film_rate_hz: float,
    outcomes: Collection[Outcome] | None,
) -> Iterator[TaskDemos]:
    with _open_demos(path) as file:
        for entry in entries:
            names = [name for name in entry.demo_names if outcomes is None or _outcome(file, name) in outcomes]
            demos = tuple(_read_demo(file, name) for name in names)
            films: list[Film] = []
            for index in range(entry.num_films if with_films else 0):
                film = _read_film(file, path, entry.task_id, index)
                if film_frames is not None:
                    film = resample_film(film, film_frames, film_rate_hz)
                    height, width = (demos[0] if demos else film).video.frames.shape[1:3]
                    film = replace(film, video=resize(film.video, height, width))
                films.append(film)
            yield TaskDemos(entry.task_id, demos, tuple(films))


def _read_demo(file: h5py.File, name: str) -> Demo:
    demo = group_of(group_of(file, "data"), name)
    observations = group_of(demo, "obs")
    length = integer_of(demo, "num_samples")
    outcome = _outcome(file, name)
    try:
        return Demo(
            video=Video(
                frames=array_of(observations, "image", np.uint8, (length, None, None, 3)),
                capture_time_s=array_of(observations, "capture_time_s", np.float64, (length,)),
            ),
            states=array_of(observations, "state", np.float32, (length, None)),
            actions=array_of(demo, "actions", np.float32, (length, None)),
            state_time_s=array_of(observations, "state_time_s", np.float64, (length,)),
            action_time_s=array_of(demo, "action_time_s", np.float64, (length,)),
            task_id=text_of(demo, "task_id"),
            robot=text_of(demo, "robot"),
            outcome=outcome,
            clock=text_of(demo, "clock"),
        )
    except DemoShapeMismatch as error:
        raise DemoFileError(f"Demo file {file.filename}, {name}: {error} Next: {COPY_AGAIN}.") from error


def _outcome(file: h5py.File, name: str) -> Outcome:
    outcome = text_of(group_of(group_of(file, "data"), name), "outcome")
    if outcome not in get_args(Outcome):
        refuse(f"{file.filename}, {name}", f"an outcome of {get_args(Outcome)}", f"{outcome!r}", COPY_AGAIN)
    return cast(Outcome, outcome)


def _read_film(file: h5py.File, path: Path, task_id: str, index: int) -> Film:
    group = group_of(group_of(group_of(file, "films"), task_id), f"film_{index}")
    video = load_film(film_folder(path), FilmReference(text_of(group, "file"), text_of(group, "sha256")))
    length = len(video)
    shapes = {"hand_xy": (length, 2), "goal_xy": (2,)}
    known = {name: array_of(group, name, np.float32, shapes[name]) for name in shapes if name in names_of(group)}
    try:
        # the film file rounds times to the ticks of its container and starts at zero; the demo file has the true ones
        times = array_of(group, "capture_time_s", np.float64, (length,))
        return Film(Video(video.frames, times, video.source), **known)
    except DemoShapeMismatch as error:
        raise DemoFileError(f"Demo file {path}, film of {task_id}: {error} Next: {COPY_AGAIN}.") from error
