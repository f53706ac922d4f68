"""The recurrent meta-learner: reads the demonstrated cells one after another and writes a channel of the picture."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mil_core.adapted_reward import Grid
from mil_core.baselines.conditioned import Conditioned
from mil_core.reward_net import RewardNet, RewardNetConfig
from mil_core.reward_scenes import Scenes


@dataclass(frozen=True)
class RecurrentConfig:
    """Sizes of the reader."""

    filters: tuple[int, int, int, int] = RewardNetConfig().filters
    """Of the reward network's hidden layers."""
    embedding_size: int = 16
    """Numbers for each row and for each column."""
    hidden_size: int = 128
    """Of the LSTM. The thesis found that sizes did not matter much."""


class Recurrent(Conditioned):
    """An LSTM over the cells of all demonstrations; its last state becomes a grid beside the picture.

    Source: thesis 8.1.4 and B.4.1, recurrent meta-learner: rows and columns embedded separately, one prediction of a
    grid as a further channel.
    """

    def __init__(self, grid: Grid, config: RecurrentConfig) -> None:
        """Args: grid: the world that rewards are about. config: all other choices."""
        super().__init__(RewardNet(RewardNetConfig(config.filters, 3 + 1)), grid)
        self.row_embedding = nn.Embedding(grid.rows, config.embedding_size)
        self.col_embedding = nn.Embedding(grid.cols, config.embedding_size)
        self.reader = nn.LSTM(2 * config.embedding_size, config.hidden_size, batch_first=True)
        self.writer = nn.Linear(config.hidden_size, grid.rows * grid.cols)

    def context(self, support: Scenes) -> Tensor:
        """See Conditioned."""
        cells = support.paths.flatten(1, 2)
        embedded = torch.cat([self.row_embedding(cells[..., 0]), self.col_embedding(cells[..., 1])], dim=-1)
        states, _ = self.reader(embedded)
        return self.writer(states[:, -1]).unflatten(-1, (1, self.grid.rows, self.grid.cols))
