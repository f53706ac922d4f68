"""Distance in the latent space of an autoencoder that saw all meta-training pictures (thesis 8.2.6, B.6.2)."""

from dataclasses import dataclass

import torch.nn.functional as functional
from torch import Tensor, nn

from mil_core.algorithms.algorithm import MetaLoss
from mil_core.baselines.goal_distances import DistanceLearner
from mil_core.goal_tasks import GoalMetaTask
from mil_core.novelty import Novelty
from mil_core.policies.encoder import Encoder

TARGET_PX = 32
"""Side of the reconstruction."""
CONTRAST = 0.1
"""How far pictures stand out from their mean colour, about: the unit of the decoder's output."""
_LEAST_SQUARE = 1e-6
_MAP_CELLS = 8
"""Side of the last map."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the autoencoder."""

    filters: tuple[int, int, int] = (16, 16, 16)
    """Of the convolutions; the thesis has (64, 32, 16), of strides 2, 1, 1."""
    hidden: tuple[int, int, int] = (200, 100, 50)
    """Units behind them, as in the thesis; the last ones are the latent space."""


class Reconstruction(DistanceLearner):
    """An encoder to a code that is compared, and a decoder from the code to a small picture, for training alone."""

    encoder: nn.Module
    """From pictures with values in [-0.5, 0.5] to codes."""
    decoder: nn.Module
    """From codes to 3 * TARGET_PX^2 numbers."""

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del apart_m
        return self.encoder(pictures - 0.5)

    def meta_loss(self, task: GoalMetaTask) -> MetaLoss:
        """Share of what stands out in the pictures that reconstruction leaves unexplained; labels are not looked at.

        Each picture's own mean colour is taken off: a plain square error is met by one colour where little stands out
        from it, as on a table with a thin rope or in rooms that are painted anew, and the code becomes a constant.
        """
        pictures = task.pictures.flatten(0, 1)
        wanted = functional.adaptive_avg_pool2d(pictures, TARGET_PX)
        standing_out = (wanted - wanted.mean((2, 3), keepdim=True)).flatten(1)
        missing = CONTRAST * self.decoder(self.see(pictures, task.apart_m)) - standing_out
        error = missing.square().mean() / standing_out.square().mean().clamp(min=_LEAST_SQUARE)
        return MetaLoss(error, {"outer": float(error.detach())})


class Autoencoder(Reconstruction):
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


class SpatialAutoencoder(Reconstruction):
    """Convolutions to feature points, which are the code: where in the picture each feature is seen.

    Source: Finn et al. 2016, "Deep spatial autoencoders", which thesis 8.2.6 names beside the other. Differs: three
    fully connected layers back where theirs is one, as behind the other code, and colours where theirs are grey.
    """

    def __init__(self, novelty: Novelty, image_height: int, image_width: int, config: AutoencoderConfig) -> None:
        super().__init__(novelty, image_height, image_width)
        self.encoder = Encoder(3, config.filters, (2, 1, 1), 3)
        sizes = (2 * config.filters[-1], *config.hidden[1::-1], 3 * TARGET_PX**2)
        self.decoder = nn.Sequential(*_layers(sizes))


def _layers(sizes: tuple[int, ...]) -> list[nn.Module]:
    """Fully connected layers with ReLU between them and none behind the last."""
    linear = [nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]
    return [layer for each in linear for layer in (each, nn.ReLU())][:-1]
