"""Adapting to several demonstrations at once, and to demonstrations without their actions."""

import dataclasses

import numpy as np
import pytest
import torch

from mil_core.errors import NotEnoughDemos, SupportMismatch
from mil_core.learned_loss import LearnedLossConfig
from mil_core.sampling import TaskSampler


def built(experiment, scaling, **learned):
    """The experiment's algorithm with a plain inner step and, where told, another learned loss."""
    inner = dataclasses.replace(experiment.learning.inner, clip=None)
    learning = dataclasses.replace(experiment.learning, inner=inner, **learned)
    return dataclasses.replace(experiment, learning=learning).build(scaling)


def moved(algorithm, *supports):
    before = dict(algorithm.policy.named_parameters())
    return {name: (value - before[name]).detach() for name, value in algorithm.adapt(*supports).parameters.items()}


@pytest.mark.parametrize("name", ["mil", "daml"])
def test_the_step_of_several_supports_is_the_mean_of_their_steps(name, experiments, tasks, scaling):
    algorithm = built(experiments[name], scaling)
    first, second = tasks[0].demos
    both, *alone = moved(algorithm, first, second), moved(algorithm, first), moved(algorithm, second)
    for key, change in both.items():
        torch.testing.assert_close(change, (alone[0][key] + alone[1][key]) / 2, rtol=1e-3, atol=1e-6)
    assert max(float((alone[0][key] - alone[1][key]).abs().max()) for key in both) > 1e-5


@pytest.mark.parametrize("name", ["mil", "daml"])
def test_the_order_of_supports_and_repeating_all_of_them_change_nothing(name, experiments, tasks, scaling):
    algorithm = built(experiments[name], scaling)
    first, second = tasks[0].demos
    expected = moved(algorithm, first, second)
    for supports in ((second, first), (first, second, first, second)):
        for key, change in moved(algorithm, *supports).items():
            torch.testing.assert_close(change, expected[key], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["mil", "daml"])
def test_adapting_to_nothing_is_refused(name, experiments, scaling):
    with pytest.raises(SupportMismatch, match="at least one"):
        experiments[name].build(scaling).adapt()


@pytest.mark.parametrize("sees_states", [False, True])
def test_watching_sees_no_actions_and_states_only_where_asked_for(sees_states, experiments, tasks, scaling):
    learned = LearnedLossConfig(kind="linear", num_filters=3, sees_states=sees_states)
    algorithm = built(experiments["daml"], scaling, learned=learned)
    demo = tasks[0].demos[0]
    expected = moved(algorithm, demo)
    other_actions = moved(algorithm, dataclasses.replace(demo, actions=1 - demo.actions))
    assert all(torch.equal(other_actions[key], change) for key, change in expected.items())
    other_states = moved(algorithm, dataclasses.replace(demo, states=demo.states + 1))
    assert sees_states == any(not torch.equal(other_states[key], change) for key, change in expected.items())


def test_a_film_is_refused_where_states_are_needed(experiments, tasks, scaling):
    learned = LearnedLossConfig(num_filters=3, kernel_size=3, sees_states=True)
    with pytest.raises(SupportMismatch, match="--demo"):
        built(experiments["daml"], scaling, learned=learned).adapt(tasks[0].films[0].video)


@pytest.mark.parametrize("sees_states", [False, True])
def test_watched_demos_are_drawn_as_they_are_adapted_to(sees_states, experiments, tasks, scaling, rng):
    experiment = experiments["daml"]
    learned = dataclasses.replace(experiment.learning.learned, sees_states=sees_states)
    learning = dataclasses.replace(experiment.learning, learned=learned, num_inner_frames=8)
    sampler = TaskSampler(tasks, scaling, experiment.policy, "watched_demo", learning)
    algorithm = dataclasses.replace(experiment, learning=learning).build(scaling)
    drawn = sampler.draw(0, rng).support
    wholes = [algorithm.examples(demo)[0] for demo in tasks[0].demos]
    assert drawn.hand_xy is None and drawn.goal is None and (drawn.states is not None) == sees_states
    same = [torch.equal(drawn.pictures, whole.pictures) for whole in wholes]
    assert sum(same) == 1
    if sees_states:
        torch.testing.assert_close(drawn.states, wholes[same.index(True)].states)


def test_a_task_of_one_demo_has_no_other_to_watch(experiments, tasks, scaling):
    alone = [dataclasses.replace(tasks[0], demos=tasks[0].demos[:1])]
    with pytest.raises(NotEnoughDemos, match="expected 2 demos"):
        TaskSampler(alone, scaling, experiments["daml"].policy, "watched_demo", experiments["daml"].learning)


def test_the_loss_of_watching_trains_its_own_first_layer(experiments, tasks, scaling, rng):
    experiment = experiments["daml"]
    learned = dataclasses.replace(experiment.learning.learned, hand_weight=0.0, goal_weight=0.0)
    whole = dataclasses.replace(
        experiment,
        support="watched_demo",
        policy=dataclasses.replace(experiment.policy, two_first_layers=True),
        learning=dataclasses.replace(experiment.learning, learned=learned),
    )
    algorithm = whole.build(scaling)
    sampler = TaskSampler(tasks, scaling, whole.policy, "watched_demo", whole.learning)
    algorithm.meta_loss(sampler.sample(rng)).total.backward()
    own = algorithm.policy.inner_first.weight
    assert own.grad is not None and np.isfinite(own.grad.numpy()).all() and own.grad.abs().max() > 0
    change = moved(algorithm, tasks[0].demos[0])
    assert not change["layers.0.weight"].any() and change["inner_first.weight"].any()
