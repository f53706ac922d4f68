import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from data_tools.demo import Film
from mil_core import checkpoint
from mil_core.errors import CheckpointCorrupt, CheckpointMissing, NonFiniteLoss, NotEnoughDemos
from mil_core.sampling import NUM_GOAL_VIEWS, TaskSampler
from mil_core.scaling import Scaling, random_frames, spread_frames
from mil_core.training import TrainingConfig, learning_rate, train
from mil_core.training_state import TrainingState
from mil_core.warm_start import start_from


def run(experiment, tasks, scaling, folder, iterations, *, resume=False, stop=None):
    torch.manual_seed(1)
    algorithm = experiment.build(scaling)
    sampler = TaskSampler(tasks, scaling, experiment.policy, experiment.support, experiment.learning)
    config = dataclasses.replace(experiment.training, iterations=iterations)
    saved = []
    train(algorithm, sampler, sampler, config, folder, resume=resume, save=lambda _, at: saved.append(at))
    return algorithm, saved


@pytest.mark.parametrize("name", ["mil", "daml"])
def test_training_twice_with_one_seed_gives_the_same_weights(name, experiments, tasks, scaling, tmp_path):
    first, _ = run(experiments[name], tasks, scaling, tmp_path / "a", 3)
    second, _ = run(experiments[name], tasks, scaling, tmp_path / "b", 3)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_resumed_run_equals_one_that_never_stopped(experiments, tasks, scaling, tmp_path, monkeypatch):
    constant = dataclasses.replace(experiments["daml"].training, decay_from=1.0)
    experiment = dataclasses.replace(experiments["daml"], training=constant)
    whole, _ = run(experiment, tasks, scaling, tmp_path / "whole", 4)
    run(experiment, tasks, scaling, tmp_path / "parts", 2)
    parts, saved = run(experiment, tasks, scaling, tmp_path / "parts", 4, resume=True)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert saved == [4]


def test_the_log_has_one_line_an_iteration_and_the_plateau_to_compare_with(experiments, tasks, scaling, tmp_path):
    run(experiments["daml"], tasks, scaling, tmp_path, 4)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["iteration"] for row in rows] == [1, 2, 3, 4]
    assert all(row["inner_update"] > 0 and np.isfinite(row["loss"]) for row in rows)
    assert "validation_velocity" in rows[1] and "validation_velocity" not in rows[0]


def test_where_there_is_no_terminal_every_validation_is_a_line(experiments, tasks, scaling, tmp_path, capsys):
    run(experiments["mil"], tasks, scaling, tmp_path, 4)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step ")]
    assert [line.split()[1] for line in told] == ["2/4", "4/4"]
    for line, row in zip(told, (rows[1], rows[3]), strict=True):
        assert f"loss {row['loss']:.3f}" in line and f"validation_velocity {row['validation_velocity']:.3f}" in line


def test_memory_stays_flat_over_500_iterations(experiments, tasks, scaling, tmp_path):
    def resident_mib():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    small = dataclasses.replace(experiments["mil"].training, meta_batch=1, validate_every=10**6)
    experiment = dataclasses.replace(experiments["mil"], training=small)
    run(experiment, tasks, scaling, tmp_path, 100)  # what grows at first is caches
    before = resident_mib()
    run(experiment, tasks, scaling, tmp_path, 600, resume=True)
    assert resident_mib() - before < 10


def test_a_checkpoint_that_cannot_be_written_leaves_no_state_that_says_all_is_done(
    experiments, tasks, scaling, tmp_path
):
    experiment, tries = experiments["mil"], []
    sampler = TaskSampler(tasks, scaling, experiment.policy, experiment.support, experiment.learning)
    config = dataclasses.replace(experiment.training, iterations=2)

    def save(*_):
        tries.append(1)
        if len(tries) == 1:
            raise OSError("disk full")

    algorithm = experiment.build(scaling)
    with pytest.raises(OSError, match="disk full"):
        train(algorithm, sampler, sampler, config, tmp_path, resume=False, save=save)
    assert not (tmp_path / "training.safetensors").exists()
    train(experiment.build(scaling), sampler, sampler, config, tmp_path, resume=False, save=save)
    assert len(tries) == 2 and (tmp_path / "training.safetensors").exists()


@pytest.mark.parametrize("change", [{"two_heads": False}, {"two_heads": True, "context_size": 3}])
def test_the_state_of_another_network_is_not_gone_on_with(change, experiments, tasks, scaling, tmp_path):
    experiment = experiments["mil"]
    begun = dataclasses.replace(experiment, policy=dataclasses.replace(experiment.policy, two_heads=True))
    run(begun, tasks, scaling, tmp_path, 1)
    other = dataclasses.replace(experiment, policy=dataclasses.replace(experiment.policy, **change))
    with pytest.raises(CheckpointCorrupt, match="was the experiment changed"):
        run(other, tasks, scaling, tmp_path, 2, resume=True)


def test_resuming_without_a_state_says_what_to_type(experiments, tasks, scaling, tmp_path):
    with pytest.raises(CheckpointMissing, match="leave out --resume"):
        run(experiments["mil"], tasks, scaling, tmp_path, 2, resume=True)


def test_a_non_finite_gradient_stops_the_run_and_leaves_the_last_state(experiments, tasks, scaling, tmp_path):
    run(experiments["mil"], tasks, scaling, tmp_path, 2)
    before = (tmp_path / "training.safetensors").read_bytes()
    with pytest.raises(NonFiniteLoss):
        algorithm = experiments["mil"].build(scaling)
        with torch.no_grad():
            algorithm.policy.head.weight.fill_(float("inf"))
        sampler = TaskSampler(tasks, scaling, experiments["mil"].policy, "demo", experiments["mil"].learning)
        config = TrainingConfig(iterations=3, meta_batch=1)
        train(algorithm, sampler, sampler, config, tmp_path, resume=False, save=lambda *_: None)
    assert (tmp_path / "training.safetensors").read_bytes() == before


def test_the_average_is_put_in_and_taken_out_again():
    module = torch.nn.Linear(1, 1)
    state = TrainingState(module, 0.1, 0.9)
    module(torch.ones(1, 1)).sum().backward()
    start = module.weight.detach().clone()
    state.step(0.1)
    live = module.weight.detach().clone()
    seen = state.with_average(lambda: module.weight.detach().clone())
    assert torch.equal(module.weight.detach(), live)
    assert min(start.item(), live.item()) < seen.item() < max(start.item(), live.item())


@given(st.integers(2, 200), st.integers(0, 2**32 - 1), st.data())
def test_random_frames_begin_with_the_first_and_lie_in_order(length, seed, data):
    count = data.draw(st.integers(2, length))
    chosen = random_frames(length, count, np.random.default_rng(seed))
    assert len(chosen) == count and chosen[0] == 0 and chosen[-1] < length
    assert (np.diff(chosen) >= 0).all()


def test_every_frame_is_drawn_sooner_or_later():
    drawn = {int(k) for seed in range(500) for k in random_frames(10, 4, np.random.default_rng(seed))}
    assert drawn == set(range(10))


@given(st.integers(1, 200), st.integers(2, 60))
def test_spread_frames_are_in_order_and_hold_both_ends(length, count):
    chosen = spread_frames(length, count)
    assert len(chosen) == count and chosen[0] == 0 and chosen[-1] == length - 1
    assert (np.diff(chosen) >= 0).all()


def test_the_rate_is_constant_then_falls_to_a_twentieth():
    config = TrainingConfig(iterations=100, meta_batch=1, learning_rate=1.0, decay_from=0.5)
    rates = [learning_rate(config, iteration) for iteration in range(101)]
    assert rates[:51] == [1.0] * 51
    assert (np.diff(rates[50:]) < 0).all() and rates[100] == pytest.approx(0.05)


def test_support_and_query_are_different_demos(experiments, tasks, scaling, rng):
    """Told by where they end, of which every draw of a demo has the same, whatever frames it takes."""
    learning = dataclasses.replace(experiments["mil"].learning, num_queries=2)
    third = dataclasses.replace(tasks[1].demos[0], task_id=tasks[0].task_id)
    three = [dataclasses.replace(tasks[0], demos=(*tasks[0].demos, third))]
    sampler = TaskSampler(three, scaling, experiments["mil"].policy, "demo", learning)
    ends = {tuple(part.end_pose.tolist()) for _ in range(20) for part in _parts(sampler.sample(rng))}
    assert len(ends) == 3
    for _ in range(20):
        assert len({tuple(part.end_pose.tolist()) for part in _parts(sampler.sample(rng))}) == 3


def _parts(task):
    return (task.support, *task.queries)


def test_a_task_without_a_film_is_refused_with_its_name(experiments, tasks, scaling):
    bare = dataclasses.replace(tasks[0], films=())
    with pytest.raises(NotEnoughDemos, match="toy-0.*--human"):
        TaskSampler([bare], scaling, experiments["daml"].policy, "film", experiments["daml"].learning)


def test_scaling_survives_json(scaling):
    again = Scaling.from_dict(json.loads(json.dumps(scaling.to_dict())))
    np.testing.assert_array_equal(again.states.mean, scaling.states.mean)
    np.testing.assert_array_equal(again.velocities.std, scaling.velocities.std)


def test_scaling_whitens_the_training_states(experiments, tasks, scaling):
    states = np.concatenate([demo.states for task in tasks for demo in task.demos])
    whitened = scaling.state(states, experiments["mil"].policy)[:, :2]
    torch.testing.assert_close(whitened.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(whitened.std(0, correction=0), torch.ones(2), atol=1e-4, rtol=0)


def test_the_present_pose_comes_in_the_units_of_the_end_pose(experiments, tasks, scaling):
    demo, policy = tasks[0].demos[0], experiments["mil"].policy
    steps = scaling.chosen_steps(demo, np.array([0, len(demo) - 1]), policy)
    torch.testing.assert_close(steps.states[-1, policy.state_size :], steps.end_pose)


def test_a_finished_run_saves_a_checkpoint_that_loads(experiments, tasks, scaling, tmp_path):
    experiment = experiments["daml"]
    algorithm, _ = run(experiment, tasks, scaling, tmp_path, 2)
    checkpoint.save(tmp_path / "c", algorithm, experiment, scaling, 2, "mil train")
    loaded = checkpoint.load(tmp_path / "c").algorithm()
    for one, other in zip(algorithm.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_film_is_looked_at_through_several_windows_and_two_demos_are_queries(experiments, tasks, scaling, rng):
    learning = dataclasses.replace(experiments["daml"].learning, num_queries=2)
    task = TaskSampler(tasks, scaling, experiments["daml"].policy, "film", learning).sample(rng)
    assert len(task.queries) == 2 and not torch.equal(task.queries[0].states, task.queries[1].states)
    assert task.support.goal.pictures.shape[0] == task.support.goal.goal_xy.shape[0] == NUM_GOAL_VIEWS
    assert (task.support.goal.goal_xy.abs() <= 0.5).all()


@pytest.mark.parametrize("goal_xy", [None, np.full(2, np.nan, np.float32)])
def test_a_goal_that_is_unknown_or_out_of_sight_is_no_auxiliary(experiments, tasks, scaling, rng, goal_xy):
    blind = [dataclasses.replace(task, films=(dataclasses.replace(task.films[0], goal_xy=goal_xy),)) for task in tasks]
    sampler = TaskSampler(blind, scaling, experiments["daml"].policy, "film", experiments["daml"].learning)
    report = experiments["daml"].build(scaling).meta_loss(sampler.sample(rng)).report
    assert "hand" in report and "goal" not in report


def test_a_film_of_unknown_hand_teaches_without_auxiliaries(experiments, tasks, scaling, rng):
    unknown = [dataclasses.replace(task, films=(Film(task.films[0].video),)) for task in tasks]
    sampler = TaskSampler(unknown, scaling, experiments["daml"].policy, "film", experiments["daml"].learning)
    report = experiments["daml"].build(scaling).meta_loss(sampler.sample(rng)).report
    assert "velocity" in report and not {"hand", "goal"} & report.keys()


def test_a_warm_start_takes_what_has_the_same_name_and_shape_and_leaves_the_rest(experiments, scaling, tmp_path):
    other, experiment = experiments["mil"].build(scaling), experiments["daml"]
    checkpoint.save(tmp_path, other, experiments["mil"], scaling, 7, "mil train")
    module = experiment.build(scaling)
    random = {name: value.detach().clone() for name, value in module.named_parameters()}
    found = start_from(module, tmp_path)
    known = dict(other.named_parameters())
    assert "policy.encoder.convolutions.0.weight" in found.taken and "feature_loss.readout.weight" in found.left
    assert sorted(found.taken + found.left) == sorted(random)
    for name, value in module.named_parameters():
        assert torch.equal(value, known[name] if name in found.taken else random[name])


def test_a_warm_start_from_another_network_is_refused_and_changes_nothing(experiments, scaling, tmp_path):
    checkpoint.save(tmp_path, experiments["mil"].build(scaling), experiments["mil"], scaling, 7, "mil train")
    module = torch.nn.Linear(2, 2)
    before = module.weight.detach().clone()
    with pytest.raises(CheckpointCorrupt, match="same network"):
        start_from(module, tmp_path)
    assert torch.equal(module.weight, before)
