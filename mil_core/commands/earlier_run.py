"""What an earlier run left in a folder, and whether it may be gone on with or must make room."""

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mil_core import checkpoint as checkpoints
from mil_core.commands.output import BadArgument
from mil_core.experiments.experiment import Experiment
from mil_core.training import LOG
from mil_core.training_state import STATE_FILE

_MAY_CHANGE = ("iterations", "threads", "save_every_s", "validate_every")
"""Of the outer loop: how long, on how many threads, and how often it is looked at. All else is the run itself."""


def check_room(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """Whether a run may begin or go on in a folder. A log alone is no run: it stopped before it had saved anything.

    Raises: BadArgument: nobody said what to do with the earlier run, or there is none to go on with.
    """
    if resume and overwrite:
        raise BadArgument("expected --resume or --overwrite, found both; leave one out.")
    has_state = (folder / STATE_FILE).exists()
    if resume and not has_state:
        raise BadArgument(f"--resume: expected {folder / STATE_FILE}, found none; leave out --resume to start afresh.")
    found = [name for name in (STATE_FILE, checkpoints.MODEL) if (folder / name).exists()]
    if found and not (resume or overwrite):
        go_on = "--resume to continue it or " if has_state else ""
        raise BadArgument(
            f"{folder}: expected no earlier run, found {', '.join(found)}; add {go_on}--overwrite to replace it."
        )


def check_goes_on(folder: Path, experiment: Experiment, data_sha256: Mapping[str, str]) -> None:
    """Whether the run in a folder is this experiment's, on these files.

    Raises: BadArgument: it is another one. MilError: its checkpoint cannot be read.
    """
    begun = checkpoints.load(folder)
    differences = _differences(_plain(begun.experiment), _plain(experiment))
    if not differences and begun.data_sha256 != dict(data_sha256):
        differences = [f"other data: {begun.data_sha256}, now {dict(data_sha256)}"]
    if differences:
        raise BadArgument(
            f"--resume: expected the run in {folder} to be the same as it was begun, found {differences[0]}; type the "
            "command that began it (it stands in card.md), or --overwrite to begin anew."
        )


def remove(folder: Path) -> None:
    """Remove what an earlier run left behind, and nothing else that lies in the folder."""
    for part in (folder / name for name in (STATE_FILE, LOG, "tensorboard", checkpoints.MODEL)):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


def _plain(experiment: Experiment) -> dict[str, Any]:
    plain = dataclasses.asdict(experiment)
    return plain | {"training": {k: v for k, v in plain["training"].items() if k not in _MAY_CHANGE}}


def _differences(begun: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Each field that differs, in words."""
    found: list[str] = []
    for name in [*begun, *(name for name in now if name not in begun)]:
        one, other = begun.get(name), now.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += _differences(one, other, f"{prefix}{name}.")
        elif one != other:
            found.append(f"{prefix}{name} {one!r}, now {other!r}")
    return found
