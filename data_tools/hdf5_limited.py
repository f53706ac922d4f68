"""What a limited child does with a demo file: hand over one demo, or all tasks one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_tools.demo import Demo, TaskDemos
from data_tools.errors import DemoFileError
from data_tools.hdf5 import list_tasks, read_tasks


def demo(path: Path, request: dict[str, Any]) -> Iterator[Demo]:
    """One demo. Request: name, as `demo_<i>`."""
    yield read_demo(path, request["name"])


def tasks(path: Path, request: dict[str, Any]) -> Iterator[TaskDemos]:
    """Tasks in the order of the file. Request: with_films."""
    return read_tasks(path, with_films=request["with_films"])


def read_demo(path: Path, name: str) -> Demo:
    """A demo by its name in the file. Raises: DemoFileError: the file is damaged, or holds no such demo."""
    entries = list_tasks(path)
    names = [name for entry in entries for name in entry.demo_names]
    if name not in names:
        raise DemoFileError(
            f"{path}: expected a demonstration {name!r}, found {names[:4]}{' and more' if len(names) > 4 else ''}; "
            f"list them with: mil inspect {path}"
        )
    entry = next(entry for entry in entries if name in entry.demo_names)
    task = next(read_tasks(path, task_ids=[entry.task_id], with_films=False))
    return task.demos[entry.demo_names.index(name)]
