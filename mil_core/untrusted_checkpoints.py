"""Checkpoints that mean harm, and reading one as every verb does. Made by seed, for the campaign."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data_tools.normalizer import Normalizer
from data_tools.untrusted import hostile_sets
from data_tools.untrusted.readers import batch
from mil_core.checkpoint import CONFIG, MODEL, STATS, load, save
from mil_core.experiments.mil_reach import mil_reach
from mil_core.scaling import Scaling
from mil_core.tensor_files import read_tensors, write_tensors

_LENGTH_BYTES = 8  # a safetensors file begins with the length of its JSON header, little endian


def checkpoints(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Job: checkpoints."""
    return batch(_read, path, request)


def _read(folder: Path) -> None:
    """Load a checkpoint and build its algorithm, as `mil adapt` and the nodes do."""
    load(folder).algorithm()


def make_good(folder: Path) -> None:
    """A checkpoint with random weights."""
    experiment = mil_reach()
    sizes = (experiment.policy.state_size, experiment.policy.velocity_size, experiment.policy.end_pose_size)
    scaling = Scaling(*(Normalizer(np.zeros(size, np.float32), np.ones(size, np.float32)) for size in sizes))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save(folder, experiment.build(scaling), experiment, scaling, 0, "untrained")


def make_hostile(folder: Path, outside: Path, rng: np.random.Generator) -> str:
    """Turn a good checkpoint into a hostile one, in place. Returns: the kind."""
    if rng.random() < 0.5:
        return hostile_sets.make_hostile(folder / str(rng.choice([CONFIG, STATS])), outside, rng)
    kind = str(rng.choice(list(_WEIGHTS)))
    _WEIGHTS[kind](folder / MODEL, rng)
    return kind


def _no_numbers(path: Path, rng: np.random.Generator) -> None:
    tensors = read_tensors(path)
    name = str(rng.choice(sorted(tensors)))
    tensors[name] = torch.full_like(tensors[name], float(rng.choice([np.nan, np.inf])))
    write_tensors(path, tensors, {})


def _other_shapes(path: Path, rng: np.random.Generator) -> None:
    tensors = read_tensors(path)
    name = str(rng.choice(sorted(tensors)))
    shapes = [(0,), (1,), (10**6,), (1, 1, 1, 1, 1), ()]
    tensors[name] = torch.zeros(shapes[int(rng.integers(0, len(shapes)))])
    write_tensors(path, tensors, {})


def _header_length(path: Path, rng: np.random.Generator) -> None:
    content = path.read_bytes()
    length = int(rng.choice([0, 1, 100_000_001, 2**63 - 1, -1]))
    path.write_bytes(length.to_bytes(_LENGTH_BYTES, "little", signed=True) + content[_LENGTH_BYTES:])


def _header(path: Path, rng: np.random.Generator) -> None:
    """Shapes, types and places of tensors that cannot be."""
    content = path.read_bytes()
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length])
    name = str(rng.choice(sorted(set(header) - {"__metadata__"})))
    spoiled = [
        {"shape": [2**31, 2**31]}, {"shape": [-1]}, {"shape": "x"}, {"dtype": "F1"}, {"dtype": "F64"},
        {"data_offsets": [0, 2**62]}, {"data_offsets": [100, 0]}, {"data_offsets": [0, 1]}, {"shape": [1.5]},
    ]  # fmt: skip
    header[name] |= spoiled[int(rng.integers(0, len(spoiled)))]
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(_LENGTH_BYTES, "little") + text + content[_LENGTH_BYTES + length :])


def _pickle(path: Path, rng: np.random.Generator) -> None:
    """What torch once wrote: a program for the unpickler."""
    path.write_bytes(b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.")


def _link(path: Path, rng: np.random.Generator) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


_WEIGHTS: dict[str, Callable[[Path, np.random.Generator], None]] = {
    "no numbers": _no_numbers, "other shapes": _other_shapes, "header length": _header_length, "header": _header,
    "pickle": _pickle, "device": _link,
}  # fmt: skip
