"""Shipped goal classifiers know their camera: a picture by any other one never counts as reached."""

from pathlib import Path

import numpy as np
import pytest

from mil_core import checkpoint
from mil_core.adapted_goal import GoalReward
from mil_core.commands.goal_sources import GOAL_SOURCES
from mil_core.experiments.classifier import ClassifierExperiment
from sim.tasks.task import POLICY_CAMERA

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
SEED = 11
CASES = [(name, camera) for name, source in (("flo_arrange", "arrange"), ("flo_place", "place"))
         for camera in GOAL_SOURCES[source].cameras]  # fmt: skip


def seen_by(name: str, camera: str) -> tuple[checkpoint.Checkpoint, np.ndarray]:
    loaded = checkpoint.load(CHECKPOINTS / name, ClassifierExperiment)
    return loaded, GOAL_SOURCES[loaded.experiment.data.source].seen_by(SEED, camera)


@pytest.mark.parametrize(("name", "camera"), CASES)
def test_pictures_by_another_camera_are_flagged_and_never_rewarded(name: str, camera: str) -> None:
    loaded, pictures = seen_by(name, camera)
    assert (loaded.statistics.distance(pictures) > 1.0).all()
    adapted = loaded.algorithm().adapt(list(pictures[:5]))
    assert len(adapted.novel_goals) == 5
    reward = GoalReward(adapted)
    assert [reward.reward(picture) for picture in pictures[:5] for _ in range(3)] == [0.0] * 15


@pytest.mark.parametrize("name", ["flo_arrange", "flo_place"])
def test_pictures_by_the_policys_camera_are_known(name: str) -> None:
    loaded, pictures = seen_by(name, POLICY_CAMERA)
    assert (loaded.statistics.distance(pictures) > 1.0).mean() <= 0.05
