"""Moves as tensors for a training step."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.interactions import Interactions
from mil_core.move_predictor import MoveBatch
from mil_core.scaling import to_pictures


class MoveSampler:
    """Draws some moves of any groups; in its order, all moves of one group."""

    def __init__(self, groups: Sequence[Interactions], num_moves: int, *, augment: bool) -> None:
        """Args: num_moves: of one draw. augment: change the colours of what is drawn."""
        self._groups, self._num_moves, self._augment = groups, num_moves, augment

    def __len__(self) -> int:
        """Draws that show every move once."""
        return len(self._groups)

    def sample(self, rng: np.random.Generator) -> MoveBatch:
        """Moves of any groups."""
        groups = rng.integers(len(self._groups), size=self._num_moves)
        chosen = [(self._groups[k], int(rng.integers(len(self._groups[k].before)))) for k in groups]
        batch = _batch(*(np.stack([getattr(group, name)[move] for group, move in chosen]) for name in _FIELDS))
        return recoloured(batch, rng) if self._augment else batch

    def draw(self, index: int, rng: np.random.Generator) -> MoveBatch:
        """All moves of group number `index`."""
        del rng
        return _batch(*(getattr(self._groups[index], name) for name in _FIELDS))


_FIELDS = ("before", "after", "take_m", "put_m")


def recoloured(batch: MoveBatch, rng: np.random.Generator) -> MoveBatch:
    """The same moves of things of other colours in another light: red, green and blue change places in each, as its
    light does."""
    order = torch.from_numpy(np.stack([rng.permutation(3) for _ in range(len(batch.before))]))
    light = torch.from_numpy(rng.uniform(0.75, 1.2, (len(order), 3, 1, 1)).astype(np.float32))
    moves = torch.arange(len(order))[:, None]
    before, after = ((pictures[moves, order] * light).clamp(0, 1) for pictures in (batch.before, batch.after))
    return batch._replace(before=before, after=after)


def _batch(
    before: NDArray[np.uint8], after: NDArray[np.uint8], take_m: NDArray[np.float32], put_m: NDArray[np.float32]
) -> MoveBatch:
    return MoveBatch(to_pictures(before), to_pictures(after), torch.from_numpy(take_m), torch.from_numpy(put_m))
