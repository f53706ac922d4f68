"""What a limited child does with a demo file: hand over one demo, or all tasks one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_tools.demo import Demo, TaskDemos
from data_tools.hdf5 import read_demo, read_tasks


def demo(path: Path, request: dict[str, Any]) -> Iterator[Demo]:
    """One demo. Request: name, as `demo_<i>`."""
    yield read_demo(path, request["name"])


def tasks(path: Path, request: dict[str, Any]) -> Iterator[TaskDemos]:
    """Tasks in the order of the file. Request: with_films."""
    return read_tasks(path, with_films=request["with_films"])
