"""Distance in the latent space of an autoencoder that saw all meta-training pictures (thesis 8.2.6, B.6.2)."""

from dataclasses import dataclass

import torch.nn.functional as functional
from torch import Tensor, nn

from mil_core.algorithms.algorithm import MetaLoss
from mil_core.baselines.goal_distances import DistanceLearner
from mil_core.goal_tasks import GoalMetaTask
from mil_core.novelty import Novelty

TARGET_PX = 32
"""Side of the reconstruction."""
_MAP_CELLS = 8
"""Side of the last map."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the autoencoder."""

    filters: tuple[int, int, int] = (16, 16, 16)
    """Of the convolutions; the thesis has (64, 32, 16), of strides 2, 1, 1."""
    hidden: tuple[int, int, int] = (200, 100, 50)
    """Units behind them, as in the thesis; the last ones are the latent space."""


class Autoencoder(DistanceLearner):
    """Convolutions and three fully connected layers to a code, three back to a small picture.

    Source: thesis B.6.2. Differs: fewer filters, stride 2 in every convolution. Its decoder is not stated there.
    """

    def __init__(self, novelty: Novelty, image_height: int, image_width: int, config: AutoencoderConfig) -> None:
        super().__init__(novelty, image_height, image_width)
        first, second, third = config.filters
        self.encoder = nn.Sequential(
            nn.Conv2d(3, first, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(_MAP_CELLS),
            nn.Flatten(),
            *_layers((third * _MAP_CELLS**2, *config.hidden)),
        )
        self.decoder = nn.Sequential(nn.ReLU(), *_layers((*config.hidden[::-1], 3 * TARGET_PX**2)))

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del apart_m
        return self.encoder(pictures - 0.5)

    def meta_loss(self, task: GoalMetaTask) -> MetaLoss:
        """Share of the variance over the pictures that reconstruction leaves unexplained; labels are not looked at.

        What all pictures have in common is taken off: where little else changes, as on a table with a thin rope, a
        plain square error is met by the mean picture and the code becomes a constant.
        """
        pictures = task.pictures.flatten(0, 1)
        wanted = functional.adaptive_avg_pool2d(pictures, TARGET_PX).flatten(1)
        deviation = wanted - wanted.mean(0)
        deviation = deviation / deviation.std().clamp(min=1e-3)
        error = (self.decoder(self.see(pictures, task.apart_m)) - deviation).square().mean()
        return MetaLoss(error, {"outer": float(error.detach())})


def _layers(sizes: tuple[int, ...]) -> list[nn.Module]:
    """Fully connected layers with ReLU between them and none behind the last."""
    linear = [nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]
    return [layer for each in linear for layer in (each, nn.ReLU())][:-1]
