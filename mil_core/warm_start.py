"""Begin meta-training with the weights of another checkpoint instead of random ones."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from mil_core import checkpoint as checkpoints
from mil_core.errors import CheckpointCorrupt


class Taken(NamedTuple):
    """What a warm start took."""

    taken: tuple[str, ...]
    """Parameters that now have the checkpoint's values."""
    left: tuple[str, ...]
    """Parameters that kept theirs: the checkpoint has none of their name and shape."""


def start_from(module: nn.Module, folder: Path) -> Taken:
    """Give each parameter the value that the checkpoint has under its name, where the shapes agree.

    Ours, not the thesis's. Nothing of the optimiser is taken. Statistics are not taken either: units are those of the
    new meta-training set, so a checkpoint of other units is a worse start, not a wrong one.

    Raises:
        MilError: the checkpoint is missing or damaged.
        CheckpointCorrupt: it has no parameter in common with the module.
    """
    weights, own = checkpoints.load(folder).weights, dict(module.named_parameters())
    taken = tuple(name for name, value in own.items() if name in weights and weights[name].shape == value.shape)
    if not taken:
        raise CheckpointCorrupt(
            f"{folder}: expected parameters to start from, such as {next(iter(own))!r}, found {sorted(weights)[:3]}; "
            "name the checkpoint of an experiment with the same network."
        )
    with torch.no_grad():
        for name in taken:
            own[name].copy_(weights[name])
    return Taken(taken, tuple(name for name in own if name not in taken))
