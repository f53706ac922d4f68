import dataclasses
import math

import numpy as np
import pytest
import torch

from data_tools.demo import Observation
from mil_core.algorithms import ALGORITHMS
from mil_core.errors import FirstOrderLearnedLoss, NonFiniteParameters, SupportMismatch
from mil_core.sampling import TaskSampler
from mil_core.training import train


def sampler_of(experiment, tasks, scaling):
    return TaskSampler(tasks, scaling, experiment.policy, experiment.support, experiment.learning)


def built(experiments, name, tasks, scaling):
    experiment = experiments[name]
    return experiment.build(scaling), sampler_of(experiment, tasks, scaling)


def support_of(name, task):
    return task.demos[0] if name == "mil" else task.films[0].video


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_every_meta_parameter_with_a_part_in_the_loss_gets_a_gradient(name, experiments, tasks, scaling, rng):
    algorithm, sampler = built(experiments, name, tasks, scaling)
    algorithm.meta_loss(sampler.sample(rng)).total.backward()
    silent = {key for key, value in algorithm.named_parameters() if value.grad is None}
    assert silent == set()


def test_the_learned_loss_gets_an_outer_gradient_through_the_inner_step(experiments, tasks, scaling, rng):
    algorithm, sampler = built(experiments, "daml", tasks, scaling)
    algorithm.meta_loss(sampler.sample(rng)).total.backward()
    for part in (algorithm.feature_loss, algorithm.hidden_loss):
        assert max(value.grad.abs().max().item() for value in part.parameters()) > 0


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_a_zero_step_size_changes_nothing(name, experiments, tasks, scaling):
    learning = experiments[name].learning
    still = dataclasses.replace(learning, inner=dataclasses.replace(learning.inner, num_steps=1, step_size=0.0))
    algorithm = dataclasses.replace(experiments[name], learning=still).build(scaling)
    adapted = algorithm.adapt(support_of(name, tasks[0]))
    for key, value in algorithm.policy.named_parameters():
        torch.testing.assert_close(adapted.parameters[key], value.detach())
    assert adapted.loss_before == pytest.approx(adapted.loss_after)


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_adapting_does_not_touch_the_meta_parameters(name, experiments, tasks, scaling):
    algorithm = experiments[name].build(scaling)
    before = {key: value.detach().clone() for key, value in algorithm.named_parameters()}
    adapted = algorithm.adapt(support_of(name, tasks[0]))
    assert all(torch.equal(before[key], value) for key, value in algorithm.named_parameters())
    assert any(not torch.equal(before[f"policy.{key}"], value) for key, value in adapted.parameters.items())


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_the_same_support_gives_the_same_policy(name, experiments, tasks, scaling):
    algorithm = experiments[name].build(scaling)
    first, second = (algorithm.adapt(support_of(name, tasks[0])) for _ in range(2))
    assert all(torch.equal(value, second.parameters[key]) for key, value in first.parameters.items())


def test_the_end_pose_is_predicted_once_an_episode(experiments, tasks, scaling):
    demo = tasks[0].demos[0]
    policy = experiments["mil"].build(scaling).unadapted()
    assert policy.end_pose is None
    policy.act(demo.observation(0))
    first = policy.end_pose
    policy.act(demo.observation(3))
    np.testing.assert_array_equal(policy.end_pose, first)
    policy.reset()
    policy.act(demo.observation(3))
    assert not np.array_equal(policy.end_pose, first)


def test_actions_come_back_in_the_units_of_the_demos(experiments, tasks, scaling):
    demo, algorithm = tasks[0].demos[0], experiments["mil"].build(scaling)
    action = algorithm.unadapted().act(demo.observation(0))
    steps = scaling.chosen_steps(demo, np.array([0]), experiments["mil"].policy)
    normalised = algorithm.policy(steps.pictures, steps.states).action[0].detach().numpy()
    assert action.dtype == np.float32 and action.shape == (2,)
    assert action[0] == pytest.approx(normalised[0] * scaling.velocities.std[0], rel=1e-5)
    assert action[1] == float(normalised[1] > 0)


def test_first_order_with_a_learned_loss_is_refused(experiments, scaling):
    learning = experiments["daml"].learning
    first_order = dataclasses.replace(learning, inner=dataclasses.replace(learning.inner, first_order=True))
    with pytest.raises(FirstOrderLearnedLoss, match="never receive a gradient"):
        dataclasses.replace(experiments["daml"], learning=first_order).build(scaling)


def test_mil_refuses_a_film_and_daml_a_film_of_another_size(experiments, tasks, scaling):
    film = tasks[0].films[0].video
    with pytest.raises(SupportMismatch, match="found a film"):
        experiments["mil"].build(scaling).adapt(film)
    larger = dataclasses.replace(film, frames=np.repeat(film.frames, 2, axis=1))
    with pytest.raises(SupportMismatch, match="expected a film of 12x10, found 12x20"):
        experiments["daml"].build(scaling).adapt(larger)


def test_acting_on_a_picture_of_another_size_says_both_sizes(experiments, tasks, scaling):
    policy, state = experiments["mil"].build(scaling).unadapted(), tasks[0].demos[0].states[0]
    with pytest.raises(SupportMismatch, match=r"\(10, 12, 3\).*\(5, 5, 3\)"):
        policy.act(Observation(np.zeros((5, 5, 3), np.uint8), state, 0.0))


def test_an_adapted_policy_with_nan_is_refused(experiments, tasks, scaling):
    algorithm = experiments["mil"].build(scaling)
    with torch.no_grad():
        algorithm.policy.head.bias[0] = float("nan")
    with pytest.raises(NonFiniteParameters, match="head.bias"):
        algorithm.unadapted()


def test_unadapted_reports_no_losses(experiments, scaling):
    assert math.isnan(experiments["daml"].build(scaling).unadapted().loss_before)


def test_mil_learns_to_adapt_on_a_toy_family(experiments, tasks, scaling, tmp_path):
    """The action is a constant that only the demo tells: adapted must beat what ignores the demo."""
    experiment = experiments["mil"]
    config = dataclasses.replace(experiment.training, iterations=80, meta_batch=3, validate_every=1000)
    algorithm, sampler = built(experiments, "mil", tasks, scaling)
    train(algorithm, sampler, sampler, config, tmp_path, resume=False, save=lambda *_: None)
    errors = {"adapted": [], "unadapted": []}
    for task in tasks:
        observation, wanted = task.demos[1].observation(0), task.demos[1].actions[0, 0]
        errors["adapted"].append((algorithm.adapt(task.demos[0]).act(observation)[0] - wanted) ** 2)
        errors["unadapted"].append((algorithm.unadapted().act(observation)[0] - wanted) ** 2)
    assert np.mean(errors["adapted"]) < 0.5 * np.mean(errors["unadapted"])
