"""Several processes that share a batch learn what one alone learns; a killed one goes on as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mil_core.experiments.mil_reach import mil_reach
from mil_core.sampling import TaskSampler
from mil_core.scaling import Scaling
from mil_core.team import ALONE, Team
from mil_core.training import LOG, TrainingConfig, train
from mil_core.training_state import STATE_FILE

MIL = [sys.executable, "-m", "mil_core"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
ITERATIONS = 15
TRAIN = ["train", "--experiment", "mil_reach", "--quick", "--threads", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the demonstrations of a quick run, and the run of one process alone."""
    folder = tmp_path_factory.mktemp("team")
    run([*MIL, *TRAIN, "--iterations", "4", "--out", "alone"], folder)
    return folder


def run(command, folder):
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=ENVIRONMENT)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_two_processes_learn_what_one_learns(folder):
    run([*TORCHRUN, "-m", "mil_core", *TRAIN, "--iterations", "4", "--out", "two"], folder)
    alone, two = (load_file(folder / name / "model.safetensors") for name in ("alone", "two"))
    assert alone.keys() == two.keys()
    for name, value in alone.items():
        torch.testing.assert_close(two[name], value, rtol=1e-5, atol=1e-5)
    assert [json.loads(line)["iteration"] for line in (folder / "two" / LOG).read_text().splitlines()] == [1, 2, 3, 4]


def test_a_killed_run_goes_on_to_the_same_parameters(tmp_path):
    """This file, run as a program, is a training that saves after every step."""
    training = [sys.executable, __file__]
    run([*training, "whole"], tmp_path)
    with subprocess.Popen([*training, "killed"], cwd=tmp_path, env=ENVIRONMENT) as process:
        while not (tmp_path / "killed" / STATE_FILE).exists() and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    with (tmp_path / "killed" / LOG).open("a") as log:
        log.write('{"iteration": 16, "cut o')
    run([*training, "killed", "--resume"], tmp_path)
    whole, killed = (load_file(tmp_path / name / STATE_FILE) for name in ("whole", "killed"))
    assert whole.keys() == killed.keys()
    for name, value in whole.items():
        assert torch.equal(killed[name], value), name
    logged = [json.loads(line)["iteration"] for line in (tmp_path / "killed" / LOG).read_text().splitlines()]
    assert logged == list(range(1, ITERATIONS + 1))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_every_task_of_a_batch_is_worked_on_once(size):
    shares = [Team(rank, size).share_of(12) for rank in range(size)]
    assert sorted(task for share in shares for task in share) == list(range(12))


def test_one_alone_waits_for_nobody_and_keeps_its_gradients():
    parameter = torch.ones(2, requires_grad=True)
    ALONE.add_up_gradients([parameter])
    assert parameter.grad is None and ALONE.first_then_others(lambda: 7) == 7 and ALONE.is_first


def train_a_toy(folder, *, resume):
    """Many quick steps, each of which is saved."""
    from conftest import LEARNING, POLICY, make_task

    rng = np.random.default_rng(0)
    tasks = [make_task(rng, index) for index in range(4)]
    torch.manual_seed(1)
    training = TrainingConfig(iterations=ITERATIONS, meta_batch=2, save_every_s=0, threads=1)
    experiment = replace(mil_reach(), policy=POLICY, learning=LEARNING, training=training)
    scaling = Scaling.fit([demo for task in tasks for demo in task.demos], POLICY)
    sampler = TaskSampler(tasks, scaling, POLICY, experiment.support, LEARNING)
    train(experiment.build(scaling), sampler, sampler, training, folder, resume=resume, save=lambda *_: None)


if __name__ == "__main__":
    train_a_toy(Path(sys.argv[1]), resume="--resume" in sys.argv)
