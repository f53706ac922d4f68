"""Pictures of coloured squares in two relations, and learners small enough to train on them in a test."""

import numpy as np
import torch

from data_tools.goal_pictures import GoalGroup
from mil_core.algorithms.flo import Flo, FloConfig
from mil_core.baselines.autoencoder import Autoencoder, AutoencoderConfig, SpatialAutoencoder
from mil_core.baselines.goal_distances import OracleDistance, PixelDistance
from mil_core.baselines.unadapted_goals import FeatureDistance, ViewDistance
from mil_core.colour_points import ColourPointsConfig
from mil_core.goal_net import GoalNet, GoalNetConfig
from mil_core.goal_tasks import GoalMetaTask, GoalSampler
from mil_core.inner_loop import InnerConfig
from mil_core.novelty import Novelty

NET = GoalNetConfig(32, 32, ColourPointsConfig(0.3, 0.6), hidden=12, kinds=6, pairs=12)
COLOURS = ((220, 40, 40), (40, 60, 220), (60, 200, 60))


def drawn(rng: np.random.Generator, places: np.ndarray) -> np.ndarray:
    """A noisy table with a square of each colour; places are rows and columns, NaN for none."""
    picture = np.clip(rng.normal(120, 4, (32, 32, 3)), 0, 255)
    for colour, place in zip(COLOURS, places, strict=True):
        if np.isfinite(place).all():
            row, col = place.astype(int)
            picture[row : row + 5, col : col + 5] = colour
    return picture.astype(np.uint8)


def toy_group(seed: int, count: int = 60) -> GoalGroup:
    """Relation 0: the first thing is above the second; 1: it is left of it."""
    rng = np.random.default_rng(seed)
    pictures, tables, places_m = [], [], []
    for number in range(count):
        places = np.full((3, 2), np.nan)
        first = number % 2
        places[1] = rng.integers(10, 22, 2)
        places[0] = places[1] + ((0, -8) if first else (-8, 0))
        if number % 3 == 0:
            places[2] = rng.integers(0, 6, 2) + (0, 20)
        table = np.full((3, 3), -1, np.int8)
        table[0, 1], table[1, 0] = 1 - first, 3 - first
        pictures.append(drawn(rng, places))
        tables.append(table)
        places_m.append(np.column_stack([0.01 * places, np.where(np.isfinite(places[:, 0]), 0.0, np.nan)]))
    return GoalGroup(f"toy-{seed}", np.stack(pictures), np.stack(tables), np.stack(places_m).astype(np.float32))


GROUP = toy_group(0)
NOVELTY = Novelty.fit(toy_group(1).pictures, toy_group(2).pictures)


def flo(num_steps: int = 1, learn_step_sizes: bool = True) -> Flo:
    torch.manual_seed(0)
    config = FloConfig(InnerConfig(num_steps, 3.0, None), num_steps, learn_step_sizes=learn_step_sizes)
    return Flo(GoalNet(NET), NOVELTY, config)


def learners() -> dict:
    classifier = flo()
    torch.manual_seed(1)
    return {
        "flo": classifier,
        "pixel": PixelDistance(NOVELTY, 32, 32),
        "oracle": OracleDistance(NOVELTY, 32, 32),
        "view": ViewDistance(classifier),
        "features": FeatureDistance(classifier),
        "autoencoder": Autoencoder(NOVELTY, 32, 32, AutoencoderConfig((4, 4, 4), (8, 6, 5))),
        "spatial_autoencoder": SpatialAutoencoder(NOVELTY, 32, 32, AutoencoderConfig((4, 4, 4), (8, 6, 5))),
    }


def meta_task() -> GoalMetaTask:
    return GoalSampler([GROUP], 1, 2, 3, augment=False).sample(np.random.default_rng(0))


def goals() -> list[np.ndarray]:
    return list(GROUP.pictures[1:11:2])
