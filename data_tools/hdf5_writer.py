"""Writing demo files: the layout is that of hdf5, the promise is that a file is whole or absent."""

import json
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np

from data_tools.atomic import flush_to_disk, partial_name, replace_folder
from data_tools.content_hash import demo_sha256
from data_tools.demo import Demo, TaskDemos
from data_tools.errors import DemoFileError
from data_tools.film_folder import film_folder, store_film
from data_tools.hdf5_checks import group_of, names_of, opened, refuse
from data_tools.hdf5_hash import datasets_of, stored_sha256
from data_tools.provenance import UNKNOWN, Provenance, code_version
from data_tools.running_statistics import RunningStatistics
from data_tools.seal import SEAL_BYTES, write_seal

FORMAT_VERSION = 2
"""2 added what a recorder knows, and filter keys by outcome; files of version 1 are read as before."""
_FRAMES_PER_CHUNK = 10  # a second of film: large enough to compress, small enough to read a part
TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")  # it becomes the name of a file and of a group


class DemoWriter:
    """Writes a demo file task by task; leaving its `with` block well commits the file, an exception discards it.

    Args: path: ends in .hdf5. provenance: origin of the data. overwrite: replace a file of that name, and its films.
        compress: False stores pictures plainly, which takes 5 to 50 times the space and is read 20 times as fast.
    Raises: DemoFileError: the name is wrong or taken, a task comes twice, or demos differ in the shape of a step.
    """

    def __init__(
        self, path: Path | str, provenance: Provenance = UNKNOWN, *, overwrite: bool = False, compress: bool = True
    ) -> None:
        self._path, self._films = Path(path), film_folder(Path(path))
        self._overwrite, self._compress = overwrite, compress
        self._check_name()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._partial, self._partial_films = partial_name(self._path), partial_name(self._films)
        self._provenance = replace(provenance, code_version=provenance.code_version or code_version())
        self._num_demos = self._num_samples = 0
        self._step_shapes: tuple[tuple[int, ...], ...] = ()
        self._by_outcome: dict[str, list[str]] = {}
        self._statistics = {"states": RunningStatistics(), "actions": RunningStatistics()}
        self._file = h5py.File(self._partial, "w", userblock_size=SEAL_BYTES)
        self._describe(self._file.create_group("data"))
        self._file.create_group("films", track_order=True)  # tasks come back in the order in which they came

    def __enter__(self) -> "DemoWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            with suppress(OSError, RuntimeError):  # h5py's words for a full disk; it was told already, or will be
                self._file.close()
            self._partial.unlink(missing_ok=True)
            shutil.rmtree(self._partial_films, ignore_errors=True)

    def append(self, task: TaskDemos) -> None:
        """Add all demos and films of one task."""
        self._check_task_id(task.task_id)
        if f"films/{task.task_id}" in self._file:
            refuse(str(self._path), "each task once", f"{task.task_id!r} again", "append all its demos together")
        if task.films and not self._partial_films.exists():
            self._check_films()
        films = self._file.create_group(f"films/{task.task_id}")
        for demo in task.demos:
            self._append_demo(demo)
        for index, film in enumerate(task.films):
            reference = store_film(self._partial_films, film, task.task_id, index)
            group = films.create_group(f"film_{index}")
            group.attrs.update({"file": reference.file_name, "sha256": reference.sha256})
            group["capture_time_s"] = film.video.capture_time_s
            for name, known in {"hand_xy": film.hand_xy, "goal_xy": film.goal_xy}.items():
                if known is not None:
                    group[name] = known.astype(np.float32, copy=False)

    def append_demo(self, demo: Demo) -> None:
        """Add one demo; demos of a task that come this way need not follow each other."""
        self._append_demo(demo)

    def append_filled(
        self, task_id: str, shapes: tuple[tuple[int, ...], ...], length: int, fill: Callable[[h5py.Group, str], None]
    ) -> None:
        """Add one demo of a task that is there already or not, written by somebody else.

        Args: task_id: its task. shapes: of picture, state and action of one step. length: steps. fill: makes the group
            of that name in the given one; it sets the attribute `outcome`, and `content_sha256` if that is known.
        """
        self._check_task_id(task_id)
        self._file.require_group(f"films/{task_id}")
        self._step_shapes = self._step_shapes or shapes
        if shapes != self._step_shapes:
            refuse(
                f"{self._path}, {task_id}",
                f"picture, state and action of shapes {self._step_shapes}",
                f"{shapes}",
                "write demos of another robot or camera to another file",
            )
        name = f"demo_{self._num_demos}"
        fill(self._file["data"], name)
        demo = self._file[f"data/{name}"]
        if "content_sha256" not in demo.attrs:
            demo.attrs["content_sha256"] = stored_sha256(datasets_of(demo))
        self._statistics["states"].add(demo["obs/state"][()])
        self._statistics["actions"].add(demo["actions"][()])
        self._by_outcome.setdefault(str(demo.attrs["outcome"]), []).append(name)
        self._num_demos += 1
        self._num_samples += length

    def _append_demo(self, demo: Demo) -> None:
        frames = demo.video.frames
        shapes = (frames.shape[1:], demo.states.shape[1:], demo.actions.shape[1:])
        self.append_filled(demo.task_id, shapes, len(demo), lambda parent, name: self._fill(parent, name, demo))

    def _fill(self, parent: h5py.Group, name: str, demo: Demo) -> None:
        frames, group = demo.video.frames, parent.create_group(name)
        is_success = demo.outcome == "success"
        group.attrs.update(
            {
                "num_samples": len(demo),
                "task_id": demo.task_id,
                "robot": demo.robot,
                "outcome": demo.outcome,
                "success": is_success,
                "clock": demo.clock,
                "seed": self._provenance.seed,
                "split": self._provenance.split,
                "content_sha256": demo_sha256(demo),
            }
        )
        if self._compress:
            chunks = (min(_FRAMES_PER_CHUNK, len(frames)), *frames.shape[1:])
            group.create_dataset("obs/image", data=frames, chunks=chunks, compression="gzip", compression_opts=1)
        else:
            group.create_dataset("obs/image", data=frames)
        group["obs/state"], group["obs/state_time_s"] = demo.states, demo.state_time_s
        group["obs/capture_time_s"] = demo.video.capture_time_s
        group["actions"], group["action_time_s"] = demo.actions, demo.action_time_s
        is_last = np.arange(len(demo)) == len(demo) - 1
        group["rewards"], group["dones"] = (is_last & is_success).astype(np.float32), is_last.astype(np.uint8)
        group["states"] = group["obs/state"]

    def _describe(self, data: h5py.Group) -> None:
        """Say what the file holds so far. Its place is taken at the beginning: a cut file can still be opened."""
        origin = self._provenance
        # type 2 is robomimic's number for Gym environments, and the one that Isaac Lab writes
        env_args = {"env_name": origin.task, "type": 2, "env_kwargs": {}, "env_version": origin.code_version}
        facts = {
            "total": self._num_samples, "env_args": json.dumps(env_args), "provenance": origin.to_json(),
            "format_version": FORMAT_VERSION,
            "statistics": json.dumps({name: part.to_plain() for name, part in self._statistics.items()}),
        }  # fmt: skip
        for name, value in facts.items():
            data.attrs.modify(name, value)

    def _commit(self) -> None:
        origin = self._provenance
        self._describe(self._file["data"])
        names = [f"demo_{index}" for index in range(self._num_demos)]
        for key, members in {origin.split: names, **self._by_outcome}.items():
            self._file.create_dataset(f"mask/{key}", data=np.array(members, dtype="S"))
        self._file.close()
        write_seal(self._partial)
        flush_to_disk(self._partial)
        self._check_name()
        if self._partial_films.exists():
            replace_folder(self._partial_films, self._films)
        elif self._films.exists() and has_films(self._path):
            shutil.rmtree(self._films)
        os.replace(self._partial, self._path)
        flush_to_disk(self._path.parent)

    def _check_task_id(self, task_id: str) -> None:
        if not TASK_ID.fullmatch(task_id):
            refuse(str(self._path), f"a task id like {TASK_ID.pattern}", f"{task_id!r}", "rename the task")

    def _check_films(self) -> None:
        """Films replace those of an old demo file, and nobody else's."""
        if self._films.exists() and not has_films(self._path):
            found = f"{self._films}, which is not"
            refuse(str(self._path), "a free name, or films of an old demo file", found, "move it away")

    def _check_name(self) -> None:
        if self._path.suffix != ".hdf5":
            refuse(str(self._path), "a name that ends in .hdf5", f"{self._path.suffix!r}", "change the name")
        taken = [str(name) for name in (self._path, self._films) if name.exists()]
        if taken and not self._overwrite:
            refuse(str(self._path), "a free name", f"{' and '.join(taken)}", "choose another or pass --overwrite")


def has_films(path: Path) -> bool:
    """Whether a demo file refers to films; one that is missing or damaged refers to none."""
    try:
        with opened(path) as file:
            films = group_of(file, "films")
            return any(names_of(group_of(films, task_id)) for task_id in names_of(films))
    except DemoFileError:
        return False
