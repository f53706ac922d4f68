import dataclasses
import gc
import resource

import numpy as np
import pytest
import torch
from torch.func import functional_call

from mil_core.adapted_reward import Grid
from mil_core.algorithms.mandril import Mandril, MandrilConfig
from mil_core.errors import InvalidProblem
from mil_core.inner_loop import InnerConfig
from mil_core.maxent import state_visitation
from mil_core.reward_net import RewardNet, RewardNetConfig
from mil_core.reward_scenes import RewardMetaTask, Scenes, stack

NET = RewardNetConfig(filters=(2, 2, 2, 2))


def mandril(grid, inner, learn_step_sizes=True, net=NET, test_steps=3):
    return Mandril(RewardNet(net), grid, MandrilConfig(inner, test_steps, learn_step_sizes))


def in_float64(task):
    return RewardMetaTask(*(scenes._replace(pictures=scenes.pictures.double()) for scenes in task))


@pytest.mark.parametrize("learn_step_sizes", [False, True])
def test_the_meta_gradient_passes_finite_differences_through_the_whole_inner_loop(
    reward_learners, reward_task, learn_step_sizes
):
    grid = reward_learners["mandril"].grid
    learner = mandril(grid, InnerConfig(2, 0.01, None), learn_step_sizes).double()
    names, values = zip(*learner.named_parameters(), strict=True)
    start = [(value + 0.1 * torch.randn_like(value)).detach().requires_grad_() for value in values]
    task = in_float64(reward_task)

    def outer(*parameters):
        with torch.no_grad():
            for value, new in zip(values, parameters, strict=True):
                value.copy_(new)
        return learner.meta_loss(task).total

    outer(*start).backward()
    for name, value, base in zip(names, values, start, strict=True):
        direction = torch.randn_like(value)
        moved = [[b + s * 1e-6 * direction if b is base else b for b in start] for s in (1, -1)]
        numeric = (outer(*moved[0]) - outer(*moved[1])).item() / 2e-6
        assert float((value.grad * direction).sum()) == pytest.approx(numeric, rel=1e-4, abs=1e-7), name


def test_first_order_gives_another_meta_gradient(reward_learners, reward_task):
    gradients = []
    for first_order in (False, True):
        torch.manual_seed(0)
        learner = mandril(reward_learners["mandril"].grid, InnerConfig(1, 0.02, None, first_order=first_order), False)
        learner.meta_loss(reward_task).total.backward()
        gradients.append(learner.network.features[0].weight.grad)
    assert not torch.allclose(*gradients)


def test_the_fast_update_takes_the_gradient_at_the_initial_parameters(reward_learners, grid_demos):
    """Algorithm 12 as corrected: phi = theta - alpha grad_theta L(theta), by hand."""
    learner = mandril(reward_learners["mandril"].grid, InnerConfig(1, 0.02, None), False, test_steps=1)
    scenes = learner.support_scenes([grid_demos])
    parameters = dict(learner.network.named_parameters())
    reward = functional_call(learner.network, parameters, (scenes.pictures[0],))
    grid = learner.grid
    visits = state_visitation(
        reward.detach().flatten(1).double(), scenes.start[0].flatten(1).double(), grid.transitions(), grid.horizon
    )
    upstream = (visits.float() - scenes.visitation[0].flatten(1)) * scenes.weight[0, :, None]
    gradients = torch.autograd.grad(reward.flatten(1), list(parameters.values()), upstream)
    adapted = learner.adapt(grid_demos).parameters
    for (name, value), gradient in zip(parameters.items(), gradients, strict=True):
        torch.testing.assert_close(adapted[name], (value - 0.02 * gradient).detach(), atol=1e-5, rtol=1e-4)


def test_a_learned_scale_multiplies_the_step_by_its_square(reward_learners, grid_demos):
    learner = mandril(reward_learners["mandril"].grid, InnerConfig(1, 0.02, None), test_steps=1)
    before = {name: value.detach().clone() for name, value in learner.network.named_parameters()}
    plain = learner.adapt(grid_demos).parameters
    for scale in learner.scales.values():
        torch.nn.init.constant_(scale, -0.5)
    scaled = learner.adapt(grid_demos).parameters
    for name, value in before.items():
        torch.testing.assert_close(scaled[name] - value, 0.25 * (plain[name] - value), atol=1e-6, rtol=1e-4)


def test_a_zero_step_size_changes_nothing(reward_learners, grid_demos):
    learner = mandril(reward_learners["mandril"].grid, InnerConfig(2, 0.0, None))
    adapted = learner.adapt(grid_demos)
    for name, value in learner.network.named_parameters():
        assert torch.equal(adapted.parameters[name], value.detach())
    assert adapted.loss_before == adapted.loss_after
    picture = grid_demos[0].picture
    np.testing.assert_array_equal(adapted.reward(picture), learner.unadapted().reward(picture))


def test_tasks_of_a_batch_do_not_touch_each_other(reward_learners, reward_task):
    learner = reward_learners["mandril"]
    together = learner.meta_loss(reward_task).total
    parts = [RewardMetaTask(*(Scenes(*(v[[i]] for v in side)) for side in reward_task)) for i in range(2)]
    alone = [learner.meta_loss(part).total for part in parts]
    torch.testing.assert_close(together, torch.stack(alone).mean())
    assert all(
        torch.equal(a, b) for x, y in zip(stack(parts), reward_task, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_more_steps_explain_the_demonstrations_better(reward_learners, grid_demos):
    learner, losses = reward_learners["mandril"], []
    for steps in (0, 1, 5, 20):
        learner.config = dataclasses.replace(learner.config, test_steps=steps)
        losses.append(learner.adapt(grid_demos[:1]).loss_after)
    assert losses == sorted(losses, reverse=True) and len(set(losses)) == 4


def test_the_network_of_the_thesis_gives_a_reward_for_each_cell():
    thesis = RewardNet(RewardNetConfig(filters=(256, 128, 64, 64)))
    assert [tuple(layer.weight.shape) for layer in (*thesis.features[::2], thesis.readout)] == [
        (256, 3, 8, 8), (128, 256, 4, 4), (64, 128, 3, 3), (64, 64, 3, 3), (1, 64, 1, 1),
    ]  # fmt: skip
    with torch.no_grad():
        assert thesis(torch.zeros(2, 3, 80, 80)).shape == (2, 20, 20)


def test_memory_stays_flat_over_meta_steps(reward_learners, reward_task):
    learner = mandril(Grid(4, 5, 6), InnerConfig(1, 0.01, None))
    optimizer = torch.optim.Adam(learner.parameters())

    def run(count):
        for _ in range(count):
            optimizer.zero_grad()
            learner.meta_loss(reward_task).total.backward()
            optimizer.step()
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    tensors, peak_kib = run(20), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert run(60) == tensors
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kib < 4096


def test_a_normalisation_that_would_mix_tasks_is_refused():
    with pytest.raises(InvalidProblem, match="rms_floor"):
        mandril(Grid(), InnerConfig(rms_floor=0.1))


def test_a_support_that_runs_away_takes_fewer_steps_and_leaves_the_others_alone(
    reward_learners, grid_demos, monkeypatch
):
    mandril = reward_learners["mandril"]
    expected = {steps: mandril._adapted_rewards([[demo] for demo in grid_demos], steps) for steps in (1, 3)}
    whole = type(mandril)._adapted_rewards
    wild = grid_demos[1]

    def diverging(self, supports, num_steps):
        if num_steps > 1 and any(demo is wild for support in supports for demo in support):
            raise InvalidProblem("reward of task 0, state 0: expected a finite number, found inf")
        return whole(self, supports, num_steps)

    monkeypatch.setattr(type(mandril), "_adapted_rewards", diverging)
    for number, adapted in enumerate(mandril.adapt_all([[demo] for demo in grid_demos])):
        wanted = expected[1 if number == 1 else 3][number]
        np.testing.assert_allclose(adapted.reward(wild.picture), wanted.reward(wild.picture), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("dilation", "sees_px"), [(1, 30), (2, 46)])
def test_a_cell_sees_as_many_pixels_as_the_configuration_says(dilation, sees_px):
    network = RewardNet(RewardNetConfig((2, 2, 2, 2), dilation=dilation)).double()
    with torch.no_grad():
        for value in network.parameters():
            value.abs_()  # so that no unit is off
    pictures = torch.ones(1, 3, 80, 80, dtype=torch.float64, requires_grad=True)
    network(pictures)[0, 10, 10].backward()
    seen = pictures.grad[0, 0] != 0
    assert [int(seen.any(axis).sum()) for axis in (0, 1)] == [sees_px, sees_px]
