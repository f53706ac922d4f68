"""Variety for the meta-training of rewards that costs nothing: other colours, other directions."""

import numpy as np
import torch
from torch import Tensor

from mil_core.reward_scenes import RewardMetaTask, Scenes


def repainted(task: RewardMetaTask, rng: np.random.Generator, *, inverts: bool = True) -> RewardMetaTask:
    """The same wish in a world of other colours: channels swapped, some of them inverted, all of them bent a little.

    Args: inverts: whether channels may be inverted, which turns light into shadow.

    Ours. Which colours a wish is about differs from task to task anyway; a network that has seen a hundred sprites in
    thousands of colours must find out from the demonstrations what is what.
    """
    order = torch.from_numpy(rng.permutation(3))
    inverted = torch.from_numpy(rng.random(3) < (0.5 if inverts else 0.0)).view(3, 1, 1)
    power = torch.from_numpy(np.exp(rng.uniform(-0.4, 0.4, 3)).astype(np.float32)).view(3, 1, 1)

    def painted(scenes: Scenes) -> Scenes:
        pictures = scenes.pictures[:, :, order]
        return scenes._replace(pictures=torch.where(inverted, 1 - pictures, pictures) ** power)

    return RewardMetaTask(painted(task.support), painted(task.query))


def turned(task: RewardMetaTask, rng: np.random.Generator) -> RewardMetaTask:
    """The same wish with support and query each turned by quarters and perhaps mirrored, not the same way.

    Ours. Things that turn are then still the same things; without it a reward clings to how they lay when demonstrated.
    """
    return RewardMetaTask(_turned(task.support, rng), _turned(task.query, rng))


def _turned(scenes: Scenes, rng: np.random.Generator) -> Scenes:
    quarters, is_mirrored = int(rng.integers(4)), bool(rng.random() < 0.5)

    def moved(grids: Tensor) -> Tensor:
        grids = grids.rot90(quarters, (-2, -1))
        return grids.flip(-1) if is_mirrored else grids

    pictures, visitation, start = (moved(grids) for grids in (scenes.pictures, scenes.visitation, scenes.start))
    cells = torch.arange(start[0, 0].numel()).view(start.shape[-2:])
    paths = _moved_paths(scenes.paths, moved(cells))
    return scenes._replace(pictures=pictures, visitation=visitation, start=start, paths=paths)


def _moved_paths(paths: Tensor, cells: Tensor) -> Tensor:
    """Paths where the cell that was number k lies where `cells` says k."""
    rows, cols = cells.shape
    place = torch.empty(rows * cols, dtype=torch.int64)
    place[cells.flatten()] = torch.arange(rows * cols)
    states = place[paths[..., 0] * cols + paths[..., 1]]
    return torch.stack([states // cols, states % cols], dim=-1)
