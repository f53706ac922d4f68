"""Several processes that share one meta-batch, as torchrun starts them. Knows no learner."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as distributed
from torch import Tensor

Result = TypeVar("Result")


@dataclass(frozen=True)
class Team:
    """Who this process is among how many."""

    rank: int = 0
    """Number of this process; 0 alone writes and validates."""
    size: int = 1
    """Number of processes."""

    @property
    def is_first(self) -> bool:
        """Whether this process writes for all."""
        return self.rank == 0

    def share_of(self, count: int) -> range:
        """Which of so many tasks this process works on."""
        return range(self.rank, count, self.size)

    def add_up_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each process's gradients by their sum over all processes."""
        if self.size == 1:
            return
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters])
        distributed.all_reduce(flat)
        for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
            parameter.grad = part.view_as(parameter)

    def first_then_others(self, action: Callable[[], Result]) -> Result:
        """What `action` returns in each process; the first has done it before the others begin."""
        if self.size == 1:
            return action()
        if not self.is_first:
            distributed.barrier()
        result = action()
        if self.is_first:
            distributed.barrier()
        return result


ALONE = Team()
"""Without torchrun."""
PATIENCE = timedelta(hours=12)
"""How long the others wait for the first process, which may have to collect the demonstrations."""


def join_team() -> Team:
    """The team that torchrun put this process into; a team of one without torchrun."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    if not distributed.is_initialized():
        distributed.init_process_group("gloo", timeout=PATIENCE)
    return Team(distributed.get_rank(), size)
