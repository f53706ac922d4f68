"""Laws that every baseline keeps which is shown the demonstration instead of adapting to it."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from mil_core.baselines import shown_policy
from mil_core.baselines.shown_policy import ShownConfig
from mil_core.sampling import TaskSampler
from mil_core.scaling import Scaling, spread_frames

TELLING_ENDS = ("contextual", "lstm", "attention")
EVERY = (*TELLING_ENDS, "lstm_attention")
EVERYTHING, WITHOUT_ACTIONS, VIDEO = ShownConfig(), ShownConfig(sees_actions=False), ShownConfig(False, False)


def with_other(demo, part):
    """The demonstration with other pictures, states or actions."""
    if part == "pictures":
        return dataclasses.replace(demo, video=dataclasses.replace(demo.video, frames=255 - demo.video.frames))
    return dataclasses.replace(demo, **{part: np.flip(getattr(demo, part), axis=0) + np.float32(1)})


def wanting(task, velocity_at):
    """The task with the velocity that is wanted in the states of its demonstrations."""
    actions = [np.column_stack([velocity_at(d.states), d.actions[:, 1]]).astype(np.float32) for d in task.demos]
    demos = (dataclasses.replace(d, actions=a) for d, a in zip(task.demos, actions, strict=True))
    return dataclasses.replace(task, demos=tuple(demos))


def trained(learner, tasks, experiment, scaling, rng, *, steps):
    """The learner after some steps on these tasks, each of them in each step."""
    sampler = TaskSampler(tasks, scaling, experiment.policy, "demo", experiment.learning)
    optimizer = torch.optim.Adam(learner.parameters(), 0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.stack([learner.meta_loss(sampler.draw(index, rng)).total for index in range(len(tasks))]).sum().backward()
        optimizer.step()
    return learner


def told(learner, *supports):
    return learner.adapt(*supports).parameters[learner.told_name]


# ---------------------------------------------------------------- what is learned


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("shown", [EVERYTHING, WITHOUT_ACTIONS, VIDEO])
def test_every_parameter_gets_a_finite_gradient(name, shown, build_shown, shown_sample):
    learner = build_shown(name, shown)
    learner.meta_loss(shown_sample()).total.backward()
    assert [key for key, value in learner.named_parameters() if value.grad is None] == []
    assert all(torch.isfinite(value.grad).all() for value in learner.parameters())


@pytest.mark.parametrize("name", TELLING_ENDS)
def test_the_demonstration_tells_what_to_do(name, build_shown, experiments, tasks, scaling, rng):
    """Two tasks that ask for opposite actions at the same sight: only the demonstration tells them apart."""
    signs = (lambda states: np.full(len(states), -1.0)), (lambda states: np.full(len(states), 1.0))
    opposite = [wanting(task, sign) for task, sign in zip(tasks, signs, strict=False)]
    learner = trained(build_shown(name), opposite, experiments["mil"], scaling, rng, steps=30)
    seen = tasks[5].demos[0].observation(3)
    left, right = (learner.adapt(task.demos[0]).act(seen)[0] for task in opposite)
    assert left < -0.5 and right > 0.5


def test_the_demonstration_tells_which_place_is_meant(shown_experiment, tasks, rng):
    """Tasks that ask for the coordinate of one place or of the other, without pictures to know them by."""
    both = [wanting(task, lambda states, place=k % 2: states[:, place]) for k, task in enumerate(tasks[:6])]
    experiment = shown_experiment("lstm_attention")
    blind = dataclasses.replace(experiment.policy, filters=(), strides=(), end_pose=())
    scaling = Scaling.fit([demo for task in both for demo in task.demos], blind)
    experiment = dataclasses.replace(experiment, policy=blind)
    learner = trained(experiment.build(scaling), both, experiment, scaling, rng, steps=60)
    for place, task in enumerate(both[:2]):
        assert told(learner, task.demos[0])[0].softmax(dim=0)[place] > 0.8
        policy, seen = learner.adapt(task.demos[0]), tasks[5].demos[0]
        actions = [policy.act(seen.observation(step))[0] for step in range(len(seen))]
        assert np.corrcoef(actions, seen.states[:, place])[0, 1] > 0.8


@pytest.mark.parametrize("name", EVERY)
def test_the_order_of_tasks_changes_nothing(name, build_shown, shown_sample, tasks):
    learner, drawn = build_shown(name), [shown_sample() for _ in range(3)]
    losses = [[float(learner.meta_loss(task).total.detach()) for task in order] for order in (drawn, drawn[::-1])]
    assert losses[0] == losses[1][::-1]
    there, back = ([told(learner, task.demos[0]) for task in order] for order in (tasks[:3], tasks[2::-1]))
    assert all(torch.equal(one, other) for one, other in zip(there, back[::-1], strict=True))


@pytest.mark.parametrize("name", EVERY)
def test_what_the_policy_is_told_knows_no_query(name, build_shown, shown_sample, monkeypatch):
    learner, first, second = build_shown(name), shown_sample(), shown_sample()
    seen = []
    original = shown_policy.outer_terms
    monkeypatch.setattr(shown_policy, "outer_terms", lambda *words: seen.append(words[1]) or original(*words))
    losses = [float(learner.meta_loss(first._replace(queries=task.queries)).total.detach()) for task in (first, second)]
    assert losses[0] != losses[1]
    assert all(torch.equal(value, seen[1][key]) for key, value in seen[0].items())


# ---------------------------------------------------------------- no inner loop


@pytest.mark.parametrize("name", EVERY)
def test_only_what_the_policy_is_told_differs_after_adapting(name, build_shown, tasks):
    learner = build_shown(name)
    before = {key: value.clone() for key, value in learner.state_dict().items()}
    adapted = learner.adapt(tasks[0].demos[0])
    assert all(torch.equal(before[key], value) for key, value in learner.state_dict().items())
    differing = {key for key, value in adapted.parameters.items() if not torch.equal(before[f"policy.{key}"], value)}
    assert differing == {learner.told_name}


@pytest.mark.parametrize("name", EVERY)
def test_the_inner_loop_of_the_configuration_means_nothing(name, build_shown, shown_experiment, tasks, scaling):
    experiment, adapted = shown_experiment(name), build_shown(name).adapt(tasks[0].demos[0])
    inner = dataclasses.replace(experiment.learning.inner, num_steps=5, step_size=10.0)
    torch.manual_seed(1)
    other = dataclasses.replace(experiment, learning=dataclasses.replace(experiment.learning, inner=inner))
    again = other.build(scaling).adapt(tasks[0].demos[0])
    assert all(torch.equal(value, again.parameters[key]) for key, value in adapted.parameters.items())


@pytest.mark.parametrize("name", EVERY)
def test_training_and_deployment_tell_the_same(name, build_shown, tasks, scaling):
    learner, demo = build_shown(name), tasks[0].demos[0]
    chosen = spread_frames(len(demo), learner.config.num_inner_frames)
    steps = scaling.chosen_steps(demo, chosen, learner.policy.config)
    torch.testing.assert_close(told(learner, demo), learner.told(steps)[learner.told_name].detach()[None])


# ---------------------------------------------------------------- what is seen


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("shown", "unseen"), [(EVERYTHING, ()), (WITHOUT_ACTIONS, ("actions",)), (VIDEO, ("actions", "states"))]
)
def test_nothing_but_what_is_shown_changes_the_policy(name, shown, unseen, build_shown, tasks):
    learner, demo = build_shown(name, shown), tasks[0].demos[0]
    adapted = learner.adapt(demo)
    for part in ("pictures", "states", "actions"):
        changed = learner.adapt(with_other(demo, part))
        observation = tasks[0].demos[1].observation(2)
        is_same = torch.equal(adapted.parameters[learner.told_name], changed.parameters[learner.told_name])
        assert is_same == (part in unseen), part
        assert np.array_equal(adapted.act(observation), changed.act(observation)) or part not in unseen
        assert adapted.loss_after == changed.loss_after or part not in unseen or math.isnan(adapted.loss_after)


@pytest.mark.parametrize("name", EVERY)
def test_only_the_contextual_policy_looks_at_the_last_frame_alone(name, build_shown, tasks):
    learner, demo = build_shown(name), tasks[0].demos[0]
    frames = demo.video.frames.copy()
    frames[:-1] = 255 - frames[:-1]
    other = dataclasses.replace(demo, video=dataclasses.replace(demo.video, frames=frames))
    assert torch.equal(told(learner, demo), told(learner, other)) == (name == "contextual")


@pytest.mark.parametrize("name", EVERY)
def test_a_policy_that_is_shown_pictures_alone_takes_films_and_demonstrations(
    name, build_shown, tasks, scaling, experiments
):
    learner, demo = build_shown(name, VIDEO), tasks[0].demos[0]
    assert torch.equal(told(learner, demo), told(learner, demo.video))
    assert math.isnan(learner.adapt(demo.video).loss_after)
    sampler = TaskSampler(tasks, scaling, experiments["mil"].policy, "film", experiments["mil"].learning)
    assert torch.isfinite(learner.meta_loss(sampler.sample(np.random.default_rng(0))).total.detach())


@pytest.mark.parametrize("name", EVERY)
def test_the_order_of_several_demonstrations_changes_nothing(name, build_shown, tasks):
    learner, demos = build_shown(name), [task.demos[0] for task in tasks[:3]]
    observation = tasks[0].demos[1].observation(2)
    there, back = learner.adapt(*demos), learner.adapt(*demos[::-1])
    np.testing.assert_allclose(there.act(observation), back.act(observation), rtol=1e-4, atol=1e-6)
    assert there.loss_after == pytest.approx(back.loss_after, rel=1e-5)
    assert not np.array_equal(there.act(observation), learner.adapt(demos[0]).act(observation))


@pytest.mark.parametrize("name", EVERY)
def test_of_several_demonstrations_each_is_asked_and_answers_are_averaged(name, build_shown, tasks):
    """Thesis 7.1.6.2; over a whole episode, where each answer goes on from the end pose that its own one told."""
    learner, demos = build_shown(name), [task.demos[0] for task in tasks[:3]]
    together, alone = learner.adapt(*demos), [learner.adapt(demo) for demo in demos]
    for step in range(4):
        observation = tasks[5].demos[1].observation(step)
        velocities = [policy.act(observation)[0] for policy in alone]
        assert together.act(observation)[0] == pytest.approx(np.mean(velocities), rel=1e-4, abs=1e-6)
        ends = np.mean([policy.end_pose for policy in alone], axis=0)
        np.testing.assert_allclose(together.end_pose, ends, rtol=1e-4, atol=1e-6)
        assert len({float(velocity) for velocity in velocities}) == 3
    assert torch.equal(told(learner, *demos), torch.cat([told(learner, demo) for demo in demos]))
    together.reset()
    assert together.end_pose is None


def test_attention_has_one_row_for_each_frame_and_one_of_its_own(build_shown, tasks):
    learner = build_shown("attention")
    frames, size = learner.config.num_inner_frames, learner.policy.config.context_size
    assert told(learner, *(task.demos[0] for task in tasks[:3])).shape == (3, frames + 1, size)


def test_a_pointing_policy_is_told_of_one_place_only(build_shown, tasks):
    """Certain of one place, it sees that place's coordinates and no other's; the rest of the state as it is."""
    learner = build_shown("lstm_attention")
    pointer = learner.policy.context
    value = torch.randn(3, learner.policy.config.num_points + 6)
    scores = torch.tensor([[40.0, 0.0], [0.0, 40.0], [0.0, 0.0]])
    seen = [torch.func.functional_call(pointer, {"scores": row}, (value,)) for row in scores]
    first, second, both = (row[:, -1] for row in seen)
    columns = [learner.policy.config.num_points + 2, learner.policy.config.num_points + 3]
    places, rest = value[:, columns], [column for column in range(value.shape[1]) if column not in columns]
    assert all(torch.equal(row[:, rest], value[:, rest]) and not row[:, columns].any() for row in seen)
    torch.testing.assert_close(torch.stack([first, second], dim=1), places)
    torch.testing.assert_close(both, places.mean(dim=1))


@pytest.mark.parametrize("places", [(), ((0,), (2,)), ((-1,), (0,)), ((0, 1),), ((0,), (0, 1))])
def test_places_that_the_state_does_not_hold_are_refused(places, shown_experiment, scaling):
    experiment = shown_experiment("lstm_attention")
    odd = dataclasses.replace(experiment, shown=dataclasses.replace(experiment.shown, places=places))
    with pytest.raises(ValueError, match="places: expected"):
        odd.build(scaling)


def test_a_pointing_policy_cannot_be_told_the_end_pose(shown_experiment, scaling):
    experiment = shown_experiment("lstm_attention")
    with pytest.raises(ValueError, match="pose_is_told: expected no end pose"):
        dataclasses.replace(experiment, policy=dataclasses.replace(experiment.policy, pose_is_told=True)).build(scaling)


# ---------------------------------------------------------------- acting


@pytest.mark.parametrize("name", EVERY)
def test_actions_are_finite_and_those_of_each_frame_alone(name, build_shown, tasks, scaling):
    learner, demo = build_shown(name), tasks[0].demos[0]
    adapted = learner.adapt(demo)
    action = adapted.act(demo.observation(0))
    assert action.shape == (2,) and action.dtype == np.float32 and np.isfinite(action).all()
    steps = scaling.chosen_steps(demo, np.arange(4), learner.policy.config)
    parameters = learner.told(scaling.chosen_steps(demo, spread_frames(len(demo), 4), learner.policy.config))
    together = torch.func.functional_call(learner.policy, parameters, (steps.pictures, steps.states)).action
    one_by_one = [action[0], *(adapted.act(demo.observation(k))[0] for k in (1, 2, 3))]
    np.testing.assert_allclose(together[:, 0].detach() * scaling.velocities.std[0], one_by_one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", EVERY)
def test_the_end_pose_is_predicted_once_an_episode(name, build_shown, tasks):
    demo, policy = tasks[0].demos[0], build_shown(name).adapt(tasks[0].demos[0])
    policy.act(demo.observation(0))
    first = policy.end_pose
    policy.act(demo.observation(3))
    np.testing.assert_array_equal(policy.end_pose, first)
    policy.reset()
    assert policy.end_pose is None


@pytest.mark.parametrize("name", TELLING_ENDS)
def test_the_demonstration_tells_where_to_end(name, build_shown, tasks):
    learner, observation = build_shown(name), tasks[0].demos[1].observation(0)
    ends = []
    for shown in (tasks[0].demos[0], tasks[1].demos[0]):
        policy = learner.adapt(shown)
        policy.act(observation)
        ends.append(policy.end_pose)
    assert np.abs(ends[0] - ends[1]).max() > 1e-4


@pytest.mark.parametrize("name", TELLING_ENDS)
def test_the_loss_of_the_end_teaches_how_to_read_the_demonstration(name, build_shown, shown_sample):
    learner = build_shown(name)
    task = shown_sample()
    output = torch.func.functional_call(
        learner.policy, learner.told(task.support), (task.queries[0].pictures, task.queries[0].states)
    )
    output.end_pose.square().sum().backward()
    reading = [value.grad for key, value in learner.named_parameters() if not key.startswith("policy.")]
    assert any(gradient is not None and gradient.abs().max() > 0 for gradient in reading)


@pytest.mark.parametrize("name", EVERY)
def test_unadapted_is_shown_nothing_and_reports_nothing(name, build_shown, tasks):
    learner = build_shown(name)
    policy = learner.unadapted()
    assert torch.equal(policy.parameters[learner.told_name], learner.state_dict()[f"policy.{learner.told_name}"])
    assert math.isnan(policy.loss_before) and math.isnan(policy.loss_after) and math.isnan(policy.uncertainty)
    assert np.isfinite(policy.act(tasks[0].demos[0].observation(0))).all()
