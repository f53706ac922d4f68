"""The films of the demonstration: the shipped one of the first task, the others rendered while the robot works."""

import multiprocessing
import os
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from mil_bringup.bringup import BringupError
from sim.collect import task_at
from sim.tasks.place import PlaceTask

SEED = 7
"""Collection seed of the tasks; the first ones of `mil evaluate --experiment daml_place --seed 7`."""
SPLIT = "test"
SHIPPED = Path(__file__).resolve().parents[1] / "films"
"""Holds the film of the first task, named by the task's id."""
FOLDER = "films"
"""Where films go below the folder of results: not `library`, in which people keep films and recordings of their own."""
NICENESS = 10
"""The robot comes first."""


def place_task(index: int) -> PlaceTask:
    """Task number `index` of the demonstration, of objects never met in training."""
    task = task_at("place", SPLIT, SEED, index)
    assert isinstance(task, PlaceTask)
    return task


class FilmMaker:
    """Puts films into a library in the background, in order; use it in a `with` block.

    Args: library: folder for the films; of what stands there only films of the same names are replaced. num_tasks: how
        many.
    """

    def __init__(self, library: Path, num_tasks: int) -> None:
        library.mkdir(parents=True, exist_ok=True)
        self._library = library
        # Spawned, not forked: an OpenGL context does not survive a fork.
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=os.nice, initargs=(NICENESS,)
        )
        self._pending = [self._begin(index) for index in range(num_tasks)]

    def __enter__(self) -> "FilmMaker":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def film_id(self, index: int, wait: Callable[[Callable[[], bool], str], None]) -> str:
        """Id of the film of a task, once it is there.

        Args: wait: waits for a condition, described by the second argument.
        """
        pending = self._pending[index]
        wait(pending.done, f"the film of task {index}")
        pending.result()
        return place_task(index).task_id

    def _begin(self, index: int) -> Future[None]:
        name = f"{place_task(index).task_id}.mp4"
        (self._library / name).unlink(missing_ok=True)
        if index > 0:
            return self._pool.submit(_render, self._library / name, index)
        if not (SHIPPED / name).is_file():
            raise BringupError(f"Film of the first task: expected {SHIPPED / name}, found none; restore it from git.")
        shutil.copyfile(SHIPPED / name, self._library / name)
        ready: Future[None] = Future()
        ready.set_result(None)
        return ready


def _render(path: Path, index: int) -> None:
    # Imported in the worker: it brings the learning core along, which the caller does not need.
    from mil_core.commands.trials import write_film

    write_film(path, place_task(index), SEED, index)
