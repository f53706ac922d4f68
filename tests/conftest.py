"""What tests of the command line stand on: checkpoints that need no training, an empty folder, a film."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

import sim  # noqa: F401  (chooses the OpenGL backend, which must come before any test module imports mujoco)
from data_tools.normalizer import Normalizer
from data_tools.video import write_video
from mil_core import checkpoint
from mil_core.experiments import EXPERIMENTS
from mil_core.experiments.experiment import Experiment, Statistics
from mil_core.experiments.goal import GoalExperiment
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.experiments.reward import NoStatistics
from mil_core.novelty import BANDS, CELLS, Novelty
from mil_core.policies.policy import PolicyConfig
from mil_core.scaling import Scaling
from mil_core.table_plane import TablePlane

# A busy machine is no failure, and a change gets the same verdict each time; `--hypothesis-profile=search` draws anew.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("gate")


def normalizer(size: int, std: float) -> Normalizer:
    return Normalizer(np.zeros(size, np.float32), np.full(size, std, np.float32))


def scaling(policy: PolicyConfig) -> Scaling:
    sizes = (policy.state_size, 1.0), (policy.velocity_size, 0.05), (policy.end_pose_size, 1.0)
    return Scaling(*(normalizer(size, std) for size, std in sizes))


def statistics_of(experiment: Experiment) -> Statistics:
    """Statistics of no data in particular."""
    if isinstance(experiment, ImitationExperiment):
        return scaling(experiment.policy)
    if isinstance(experiment, GoalExperiment):
        cells = 2 * CELLS**2
        return Novelty(np.zeros(4 * BANDS), np.eye(4 * BANDS), np.zeros(cells), np.ones(cells), np.full(2, 1e6))
    if isinstance(experiment, PredictorExperiment):
        return TablePlane(np.array([[-14.8, 75.9, 36.9], [51.8, -0.3, -13.4], [-0.47, 0.0, 1.0]]))
    return NoStatistics()


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a checkpoint with random weights, by the name of its experiment."""
    root = tmp_path_factory.mktemp("untrained")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            experiment = EXPERIMENTS[name]()
            statistics = statistics_of(experiment)
            torch.manual_seed(0)
            learner = experiment.build(statistics)
            checkpoint.save(root / name, learner, experiment, statistics, 0, f"untrained {name}")
        return root / name

    return folder


@pytest.fixture
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Default folders such as data/ and results/ are those of the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    yield
    torch.set_flush_denormal(False)  # training turns it on for the whole process


@pytest.fixture
def noise_film(tmp_path: Path) -> Path:
    """A film of nothing that any reader accepts."""
    frames = np.random.default_rng(0).integers(0, 256, (30, 96, 110, 3)).astype(np.uint8)
    write_video(tmp_path / "film.mp4", frames, 10.0)
    return tmp_path / "film.mp4"
