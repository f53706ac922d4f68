"""`make demo` from end to end with an untrained policy: the numbers are poor, the path is whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mil_bringup.environment import ROOT

from data_tools.normalizer import Normalizer
from data_tools.video import read_video, write_video
from mil_core import checkpoint as checkpoints
from mil_core.experiments import EXPERIMENTS
from mil_core.scaling import Scaling

pytestmark = pytest.mark.ros


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mil_bringup.demo", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the right shape that knows nothing."""
    folder = tmp_path_factory.mktemp("checkpoint")
    experiment = EXPERIMENTS["daml_place"]()
    sizes = experiment.policy.state_size, experiment.policy.velocity_size, experiment.policy.end_pose_size
    plain = [Normalizer(np.zeros(size, np.float32), np.full(size, 0.1, np.float32)) for size in sizes]
    scaling = Scaling(*plain)
    checkpoints.save(folder, experiment.build(scaling), experiment, scaling, 0, "none")
    return folder


def test_two_tasks_end_in_numbers_a_film_and_a_report(untrained: Path, tmp_path: Path) -> None:
    done = demo("--tasks", 2, "--checkpoint", untrained, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "metrics.json").read_text())
    assert content["adapted"]["n"] == content["unadapted"]["n"] == 2
    assert content["adapt_seconds"]["max"] > 0
    assert content["control_ms"]["p99"] >= content["control_ms"]["p50"] > 0
    successes = content["adapted"]["successes"]
    assert f"success {successes}/2, 95% interval" in done.stdout
    assert len(read_video(tmp_path / "demo.mp4")) > 30
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_an_own_film_is_adapted_to_and_the_choices_are_told(untrained: Path, tmp_path: Path) -> None:
    film = tmp_path / "my film.mp4"
    write_video(film, np.full((25, 120, 160, 3), 90, np.uint8), 12.5)
    done = demo("--video", film, "--checkpoint", untrained, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "adapted in" in done.stdout
    assert "after your film" in done.stdout
    assert len(read_video(tmp_path / "out" / "demo.mp4")) > 30
    content = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert content["adapted"]["n"] == 0 and content["adapted"]["rate"] is None
    assert all(0 <= chosen < 3 for chosen in content["adapted"]["chosen"])
    assert content["adapt_seconds"]["max"] > 0
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize(("content", "words"), [(b"", "empty file"), (b"no film" * 1000, "film")])
def test_a_film_that_is_none_ends_with_a_message(untrained: Path, tmp_path: Path, content: bytes, words: str) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(content)
    done = demo("--video", film, "--checkpoint", untrained, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_checkpoint_ends_with_a_message(tmp_path: Path) -> None:
    done = demo("--tasks", 1, "--checkpoint", tmp_path / "nowhere", "--out", tmp_path)
    assert done.returncode == 2
    assert f"expected {tmp_path / 'nowhere'}" in done.stderr and "Traceback" not in done.stderr


def test_no_task_at_all_is_refused_before_anything_starts(untrained: Path, tmp_path: Path) -> None:
    done = demo("--tasks", 0, "--checkpoint", untrained, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "--tasks: expected at least 1, found 0" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
