"""What the verbs share at their borders: files that may stand in the way, JSON, and one console."""

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from data_tools.atomic import committed_file
from mil_core.errors import MilError

console = Console(highlight=False, soft_wrap=True)
"""Where results and progress go."""


class BadArgument(MilError):
    """An argument that cannot be used, or two that do not go together."""


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Stop before work is done whose result could not be kept. Raises: BadArgument: `path` exists."""
    if path.exists() and not overwrite:
        raise BadArgument(f"{path}: expected nothing there, found something; add --overwrite, or choose another name.")


def require_at_least(minimum: int, arguments: dict[str, int]) -> None:
    """Check counts. Raises: BadArgument: one is too small."""
    for name, value in arguments.items():
        if value < minimum:
            flag = name.replace("_", "-")
            raise BadArgument(f"--{flag}: expected at least {minimum}, found {value}; type a larger number.")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file whole or not at all; numbers that JSON does not have become null."""
    with committed_file(path) as partial:
        partial.write_text(json.dumps(_plain(content), indent=1, allow_nan=False) + "\n")


def module_command(module: str, settings: Any, names: Sequence[str]) -> str:
    """What to type to make a results file again. Args: settings: a dataclass. names: of those that the file depends on;
    what is as it is when left out is left out."""
    words = [f"python -m {module}"]
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in names and value != field.default:
            told = " ".join(map(str, value)) if isinstance(value, tuple) else value
            words.append(f"--{field.name} {told}")
    return " ".join(words)


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
