"""Data sets in folders that are whole and mean harm: JSON, JSON lines, and bags. Text and bytes alone."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 3_000, 1_000_000, 10**30, 1e308, float("nan"), float("inf"), "", "x" * 100_000, [], {}, [[[[]]]],
    "../../outside/film.mp4", "/etc/passwd", "{chunk.__class__.__mro__}", "%n%s%x", "a\x1b[2Jb", "a\nb", {"a": 1},
    "\ud800", "file:///etc/passwd", "{episode_index:999999999d}", 2**63, "1e999",
)  # fmt: skip


def make_hostile(folder: Path, outside: Path, rng: np.random.Generator) -> str:
    """Turn a good data set into a hostile one, in place. Args: folder: a folder or a file. Returns: the kind."""
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    texts = [path for path in files if path.suffix in (".json", ".jsonl", ".yaml")]
    if not texts or rng.random() < 0.3:
        return _stolen(files[int(rng.integers(0, len(files)))], outside, rng)
    path = texts[int(rng.integers(0, len(texts)))]
    if rng.random() < 0.2:
        path.write_text("[" * 100_000 if rng.random() < 0.5 else '{"a":' * 50_000)
        return "deep text"
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    index = int(rng.integers(0, len(lines)))
    try:
        lines[index] = json.dumps(_spoiled(json.loads(lines[index]), rng))
    except ValueError:
        lines[index] = lines[index].replace(": ", f": {_VALUES[int(rng.integers(0, 12))]!r} ", 1)
    path.write_text("\n".join(lines))
    return "absurd value"


def _stolen(path: Path, outside: Path, rng: np.random.Generator) -> str:
    """A member of the data set is a link out of it, a device, a folder, or is missing."""
    kind = str(rng.choice(["link", "device", "folder", "missing", "pipe"]))
    path.unlink()
    if kind == "link":
        path.symlink_to(outside / "film.mp4")
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    return kind


def _spoiled(value: Any, rng: np.random.Generator) -> Any:
    """The same value with one member, at any depth, replaced, missing, or doubled."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = list(value)[int(rng.integers(0, len(value)))]
        rest = {name: part for name, part in value.items() if name != key}
        return rest if rng.random() < 0.1 else {**value, key: _spoiled(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        index = int(rng.integers(0, len(value)))
        return [*value[:index], _spoiled(value[index], rng), *value[index + 1 :]]
    return _VALUES[int(rng.integers(0, len(_VALUES)))]
