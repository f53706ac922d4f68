"""Laws that every way of learning rewards keeps: MandRIL and its rivals."""

import dataclasses

import numpy as np
import pytest
import torch

from data_tools.errors import GridPathError
from data_tools.grid import GridDemo
from mil_core.adapted_reward import Grid
from mil_core.errors import InvalidProblem, SupportMismatch

EVERY = ("mandril", "scratch", "conditional", "conditional_looks", "recurrent")
CONDITIONED = EVERY[2:]


@pytest.mark.parametrize("name", EVERY)
def test_every_meta_parameter_gets_a_gradient(name, reward_learners, reward_task):
    learner = reward_learners[name]
    learner.meta_loss(reward_task).total.backward()
    assert [key for key, value in learner.named_parameters() if value.grad is None] == []


@pytest.mark.parametrize("name", EVERY)
def test_training_lowers_the_meta_loss(name, reward_learners, reward_task):
    learner = reward_learners[name]
    optimizer = torch.optim.Adam(learner.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        loss = learner.meta_loss(reward_task).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize("name", EVERY)
def test_an_adapted_reward_is_a_finite_number_for_each_cell_that_its_picture_and_demos_decide(
    name, reward_learners, grid_demos
):
    learner = reward_learners[name]
    first, second = learner.adapt(grid_demos[:1]), learner.adapt(grid_demos[1:])
    picture = grid_demos[2].picture
    reward = first.reward(picture)
    assert reward.shape == (4, 5) and np.isfinite(reward).all()
    np.testing.assert_array_equal(reward, learner.adapt(grid_demos[:1]).reward(picture))
    assert not np.array_equal(reward, first.reward(grid_demos[0].picture))
    assert not np.array_equal(reward, second.reward(picture))


@pytest.mark.parametrize("name", ["mandril", "scratch"])
def test_adaptation_explains_the_demonstrations_better(name, reward_learners, grid_demos):
    adapted = reward_learners[name].adapt(grid_demos)
    assert adapted.loss_after < adapted.loss_before


@pytest.mark.parametrize("name", EVERY)
def test_adapting_leaves_the_meta_parameters_alone(name, reward_learners, grid_demos):
    learner = reward_learners[name]
    before = {key: value.clone() for key, value in learner.state_dict().items()}
    learner.adapt(grid_demos)
    assert all(torch.equal(value, before[key]) for key, value in learner.state_dict().items())


@pytest.mark.parametrize("name", CONDITIONED)
def test_training_and_deployment_see_the_same_context(name, reward_learners, grid_demos):
    learner = reward_learners[name]
    scenes = learner.support_scenes([grid_demos])
    torch.testing.assert_close(learner.adapt(grid_demos).parameters["context"], learner.context(scenes).detach())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("cells", "message"),
    [([[0, 4], [0, 5]], r"\[0, 5\] at step 1"), ([[0, 0]] * 7, "at most 6 steps, found 7: state 0 comes at step 6")],
)
def test_a_path_that_does_not_fit_is_refused(name, cells, message, reward_learners, grid_demos):
    broken = GridDemo(grid_demos[0].picture, np.array(cells))
    with pytest.raises((GridPathError, SupportMismatch), match=message):
        reward_learners[name].adapt([broken])


@pytest.mark.parametrize("name", EVERY)
def test_demonstrations_that_contradict_each_other_are_refused(name, reward_learners, grid_demos):
    demos = [GridDemo(grid_demos[0].picture, np.array([[0, 0], [1, end]])) for end in (0, 1)]
    with pytest.raises(GridPathError, match=r"number 0 ending in \[1, 0\] and number 1 in \[1, 1\]; leave one out"):
        reward_learners[name].adapt(demos)


@pytest.mark.parametrize("sizes", [(0, 5, 6), (4, 0, 6), (4, 5, 0)])
def test_a_grid_without_cells_or_steps_is_refused(sizes):
    with pytest.raises(InvalidProblem, match="found {}, {} and {}".format(*sizes)):
        Grid(*sizes)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_to_adapt_from_is_refused(name, reward_learners):
    with pytest.raises(GridPathError, match="at least one demonstration"):
        reward_learners[name].adapt([])


@pytest.mark.parametrize("name", EVERY)
def test_a_picture_of_another_size_is_refused(name, reward_learners, grid_demos):
    learner, wrong = reward_learners[name], np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(SupportMismatch, match=r"\(16, 20, 3\), found uint8 \(20, 20, 3\)"):
        learner.adapt([GridDemo(wrong, grid_demos[0].cells)])
    with pytest.raises(SupportMismatch, match="resize"):
        learner.adapt(grid_demos).reward(wrong)


@pytest.mark.parametrize("name", EVERY)
def test_a_network_that_went_astray_is_refused_with_the_cell(name, reward_learners, grid_demos):
    learner = reward_learners[name]
    with torch.no_grad():
        learner.network.readout.bias.fill_(float("nan"))
    with pytest.raises(InvalidProblem, match="task 0, state 0: expected a finite number, found nan"):
        learner.adapt(grid_demos)


def test_the_scratch_reward_depends_on_the_number_of_steps_only_through_the_fit(reward_learners, grid_demos):
    learner = reward_learners["scratch"]
    learner.config = dataclasses.replace(learner.config, num_steps=0)
    adapted = learner.adapt(grid_demos)
    assert adapted.loss_before == adapted.loss_after
    for name, value in learner.network.named_parameters():
        assert torch.equal(adapted.parameters[name], value.detach())


@pytest.mark.parametrize("name", EVERY)
def test_tasks_side_by_side_do_not_mix(name, reward_learners, grid_demos):
    learner, supports = reward_learners[name], [grid_demos[:1], grid_demos[1:2]]
    picture = grid_demos[0].picture
    for together, support in zip(learner.adapt_all(supports), supports, strict=True):
        alone = learner.adapt(support)
        # A constant changes no behaviour: the loss does not hold it, so rounding and Adam may move it.
        one, other = (adapted.reward(picture) - adapted.reward(picture).mean() for adapted in (together, alone))
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
        assert together.loss_after == pytest.approx(alone.loss_after, rel=1e-5)
