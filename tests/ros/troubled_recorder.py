"""The recorder of demonstrations, with a disk that is full, or worse, while a file of that name is in its library."""

from pathlib import Path
from typing import Any

from mil_nodes.demo_recorder import main

from data_tools import recorder_takes

TROUBLE = {"full": RuntimeError("Can't write data (errno = 28)"), "worse": ValueError("nobody thought of this")}
_write_episode = recorder_takes.write_episode


def _write_or_fail(path: Path, *rest: Any) -> int:
    for name, error in TROUBLE.items():
        if (path.parent / name).exists():
            raise error
    return _write_episode(path, *rest)


recorder_takes.write_episode = _write_or_fail

__all__ = ["TROUBLE", "main"]
