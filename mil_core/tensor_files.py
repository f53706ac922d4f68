"""Reading and writing the files of a checkpoint folder: safetensors, JSON, text. Nothing is ever unpickled.

It refuses to know what the tensors are for.
"""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from mil_core.errors import CheckpointCorrupt, NonFiniteParameters


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file by name. Raises: CheckpointCorrupt: it is not a whole one."""
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointCorrupt(
            f"{path}: expected a whole safetensors file, found {error}; restore the file."
        ) from error


def read_metadata(path: Path) -> dict[str, str]:
    """The texts in the head of a safetensors file. Raises: CheckpointCorrupt: it is not a whole one."""
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointCorrupt(f"{path}: expected a whole safetensors file, found {error}; adapt again.") from error


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file by rename."""
    temporary = path.with_suffix(".partial")
    save_file({name: value.detach().contiguous() for name, value in tensors.items()}, temporary, metadata=metadata)
    os.replace(temporary, path)


def read_json(path: Path) -> Any:
    """Content of a JSON file. Raises: CheckpointCorrupt: it is none."""
    try:
        return json.loads(path.read_text())
    except (ValueError, OSError, RecursionError) as error:
        raise CheckpointCorrupt(f"{path}: expected JSON, found {error}; restore the file.") from error


def write_text(path: Path, text: str) -> None:
    """Write a text file by rename."""
    temporary = path.with_suffix(".partial")
    temporary.write_text(text + "\n")
    os.replace(temporary, path)


def check_weights(path: Path, weights: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Make sure that weights have the names and shapes of a module and are numbers.

    Raises: CheckpointCorrupt: a name or shape is another. NonFiniteParameters: a weight is NaN or infinite.
    """
    wanted = {name: tuple(value.shape) for name, value in expected.items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        name = wrong[0]
        raise CheckpointCorrupt(
            f"{path}: expected {name} of shape {wanted.get(name)}, found {found.get(name)}; "
            "weights and config.json differ, restore both."
        )
    broken = sorted(name for name, value in weights.items() if not torch.isfinite(value).all())
    if broken:
        raise NonFiniteParameters(
            f"{path}: expected finite weights, found NaN or infinity in {broken[:3]}; restore the file."
        )
