"""Checkpoints that need no training, for tests of everything that only needs one to be there."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import sim  # noqa: F401  (chooses the OpenGL backend, which must come before any test module imports mujoco)
from data_tools.normalizer import Normalizer
from mil_core import checkpoint
from mil_core.experiments import EXPERIMENTS
from mil_core.scaling import Scaling


def normalizer(size: int, std: float) -> Normalizer:
    return Normalizer(np.zeros(size, np.float32), np.full(size, std, np.float32))


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a checkpoint with random weights, by the name of its experiment."""
    root = tmp_path_factory.mktemp("untrained")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            experiment, policy = EXPERIMENTS[name](), EXPERIMENTS[name]().policy
            sizes = (policy.state_size, 1.0), (policy.velocity_size, 0.05), (policy.state_size, 1.0)
            scaling = Scaling(*(normalizer(size, std) for size, std in sizes))
            torch.manual_seed(0)
            checkpoint.save(root / name, experiment.build(scaling), experiment, scaling, 0, f"untrained {name}")
        return root / name

    return folder
