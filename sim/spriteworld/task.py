"""What somebody wants in SpriteWorld: one sprite to go to, two to keep away from, and terrains liked more or less.

Thesis 8.1.4. The rewards' magnitudes are ours, because the thesis does not tell its own; they are per step, and a
path is as likely as the exponential of its rewards' sum (thesis Eq. 22), so 1 is a factor of e.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.errors import UnknownSplit
from sim.spriteworld.scene import Scene, arrange
from sim.spriteworld.sprites import sprite_ids
from sim.spriteworld.terrain import TERRAINS, sample_terrain

GOAL_REWARD = 5.0
"""In the cell in the middle of the goal; who has arrived stays there."""
GOAL_EDGE_REWARD = 0.0
"""In the other cells of the goal."""
OBSTACLE_REWARD = -15.0
"""In the cells of the two sprites to keep away from."""
TERRAIN_REWARDS = (-1.0, -2.0, -3.0, -4.0, -6.0)
"""On free cells; which terrain is worth which of these is what tasks differ in, beside their sprites."""
HORIZON = 40
"""Cells on a path, the start and all waiting at the goal included; the longest shortest way has 20."""
MARGIN_CELLS: dict[Split, int] = {"train": 0, "validation": 3, "test": 3}
"""Between sprites and the border: in held-out scenes obstacles stand where they have to be got round (thesis B.4.2)."""

Cast = Literal["seen", "novel"]
"""Sprites of training in new combinations, or sprites that no training task has."""


@dataclass(frozen=True)
class SpriteTask:
    """One choice of sprites and of what the terrains are worth."""

    task_id: str
    """Says the split, the sprites and the order of the terrains; equal ids mean equal wishes."""
    sprite_ids: tuple[int, ...]
    """The goal, then the two obstacles."""
    terrain_rewards: tuple[float, ...]
    """Of each terrain, in the order of TERRAINS."""
    margin_cells: int
    """Least distance between sprites and border in its scenes."""

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split, cast: Cast = "seen") -> Self:
        """Draw a task; the tasks of different splits share no three sprites, with novel ones not even a single one."""
        ids = np.array(sprite_ids(split if cast == "novel" else "train"))
        while True:
            chosen = tuple(rng.choice(ids, 3, replace=False).tolist())
            if cast == "novel" or split_of(chosen) == split:
                break
        rewards = rng.permutation(TERRAIN_REWARDS).tolist()
        order = "".join(name[0] for _, name in sorted(zip(rewards, TERRAINS, strict=True), reverse=True))
        task_id = f"sprites-{split}-{cast}-" + "-".join(map(str, chosen)) + f"-{order}"
        return cls(task_id, chosen, tuple(rewards), MARGIN_CELLS[split])

    def reward(self, scene: Scene) -> NDArray[np.float32]:
        """What each cell is worth at each step, shape (20, 20)."""
        reward = np.array(self.terrain_rewards, np.float32)[scene.terrain]
        reward[scene.is_covered(0)] = GOAL_EDGE_REWARD
        reward[scene.centre(0)] = GOAL_REWARD
        for obstacle in (1, 2):
            reward[scene.is_covered(obstacle)] = OBSTACLE_REWARD
        return reward


def split_of(sprites: tuple[int, ...]) -> Split:
    """The split that three sprites seen in training belong to, whatever their parts: 8 in 10 to train."""
    digest = hashlib.sha256(" ".join(map(str, sorted(sprites))).encode()).digest()
    share = digest[0] * 10 // 256
    return "validation" if share == 8 else "test" if share == 9 else "train"


def task_at(split: Split, seed: int, index: int, cast: Cast = "seen") -> SpriteTask:
    """Task number `index` of a split under a seed; the same on every call. Raises: UnknownSplit."""
    return SpriteTask.sample(np.random.default_rng(_entropy(split, seed, index, cast)), split, cast)


def scenes_at(split: Split, seed: int, indices: range, k: int, cast: Cast = "seen") -> list[Scene]:
    """The k-th scene of each of several tasks: 0 to adapt in, 1 and up rearranged. Raises: UnknownSplit."""
    # A list that ends in zero seeds like the list without it: k + 1 keeps scenes apart from the task itself.
    rngs = [np.random.default_rng([*_entropy(split, seed, index, cast), k + 1]) for index in indices]
    tasks = [task_at(split, seed, index, cast) for index in indices]
    terrains = sample_terrain(rngs)
    return [
        arrange(rng, terrain, task.sprite_ids, task.margin_cells)
        for rng, terrain, task in zip(rngs, terrains, tasks, strict=True)
    ]


def demo_rng(split: Split, seed: int, index: int, k: int, cast: Cast = "seen") -> np.random.Generator:
    """Source of the demonstrations in the k-th scene of a task."""
    return np.random.default_rng([*_entropy(split, seed, index, cast), k + 1, 1])


def _entropy(split: Split, seed: int, index: int, cast: Cast) -> list[int]:
    if split not in get_args(Split):
        raise UnknownSplit(split, get_args(Split))
    return [seed, get_args(Split).index(split), get_args(Cast).index(cast), index]
