"""Pictures of task place and an untrained checkpoint of goal classifiers that knows the camera that took them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mil_core import checkpoint
from mil_core.experiments.flo_place import flo_place
from mil_core.novelty import Novelty
from sim.collect import task_at
from sim.env import Environment
from sim.robots.pr2 import PR2

NUM_PICTURES = 40
CALIBRATION_ERROR = 0.0123


def place_pictures() -> np.ndarray:
    """Pictures of some scenes of one task, shape (NUM_PICTURES, 90, 100, 3)."""
    with Environment(task_at("place", "test", 7, 0), PR2()) as env:
        return np.stack([env.reset(np.random.default_rng(seed)).image for seed in range(NUM_PICTURES)])


def overview_picture() -> np.ndarray:
    """The same scenes by another camera."""
    with Environment(task_at("place", "test", 7, 0), PR2()) as env:
        env.reset(np.random.default_rng(0))
        return env.render("overview")


def goal_checkpoint(folder: Path, pictures: np.ndarray) -> Path:
    """Write the checkpoint. Returns: its folder."""
    experiment, known = flo_place(), Novelty.fit(pictures[::2], pictures[1::2])
    novelty = replace(known, limits=3 * known.limits)
    torch.manual_seed(0)
    measured = {"calibration_error": CALIBRATION_ERROR}
    checkpoint.save(folder, experiment.build(novelty), experiment, novelty, 0, "untrained", measured=measured)
    return folder
