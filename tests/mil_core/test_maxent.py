import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem
from mil_core.maxent import (
    covariance_times,
    irl_loss,
    log_partition,
    soft_policy,
    soft_values,
    state_visitation,
    step_visitation,
)
from mil_core.transitions import Transitions

GRID = Transitions.certain(eight_connected(3, 3))
HORIZON = 4


def slippery(rng, num_states=4, num_actions=2, num_outcomes=2):
    probability = rng.dirichlet(np.ones(num_outcomes), (num_states, num_actions))
    next_state = rng.integers(num_states, size=probability.shape)
    return Transitions(torch.from_numpy(next_state), torch.from_numpy(probability))


def starting_in(states, num_states):
    return torch.nn.functional.one_hot(torch.tensor(states), num_states).double()


def rewards(seed, num_tasks, num_states, scale=1.0):
    return scale * torch.randn(num_tasks, num_states, dtype=torch.float64, generator=torch.manual_seed(seed))


def every_path(reward, start):
    """All paths over GRID with their probabilities: (count of each state, probability of the path), and log Z."""
    paths, returns = [], []
    for actions in itertools.product(range(9), repeat=HORIZON):
        states = [start]
        for action in actions[:-1]:
            states.append(int(GRID.next_state[states[-1], action, 0]))
        paths.append(np.bincount(states, minlength=9))
        returns.append(sum(float(reward[state]) for state in states))
    weight = torch.tensor(returns, dtype=torch.float64)
    return torch.tensor(np.array(paths), dtype=torch.float64), weight.softmax(0), float(weight.logsumexp(0))


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_partition_visits_and_their_covariance_are_those_of_all_paths(scale):
    """The second scale leaves the range in which exponentials of values are taken."""
    reward, start = rewards(0, 1, 9, scale), starting_in([2], 9)
    counts, probability, log_z = every_path(reward[0], 2)
    mean = probability @ counts
    covariance = torch.einsum("p,pi,pj->ij", probability, counts - mean, counts - mean)
    assert float(log_partition(reward, start, GRID, HORIZON)) == pytest.approx(log_z, rel=1e-12)
    torch.testing.assert_close(state_visitation(reward, start, GRID, HORIZON)[0], mean)
    vectors = torch.eye(9, dtype=torch.float64)
    visits, product = covariance_times(vectors, reward.expand(9, 9), start.expand(9, 9), GRID, HORIZON)
    torch.testing.assert_close(visits[3], mean)
    torch.testing.assert_close(product, covariance, atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("kind", ["narrow", "wide", "slippery"])
def test_gradients_of_the_partition_are_visits_and_pass_finite_differences_to_second_order(kind, rng):
    world = slippery(rng) if kind == "slippery" else GRID
    reward = rewards(1, 2, world.num_states, 200.0 if kind == "wide" else 1.0).requires_grad_()
    start = starting_in([0, 3], world.num_states)
    visits = state_visitation(reward, start, world, 5)
    (gradient,) = torch.autograd.grad(log_partition(reward, start, world, 5).sum(), reward)
    torch.testing.assert_close(gradient, visits)
    if kind != "wide":  # its softmax is a step, which finite differences cannot follow
        assert torch.autograd.gradcheck(lambda r: state_visitation(r, start, world, 5), reward)
        assert torch.autograd.gradgradcheck(lambda r: log_partition(r, start, world, 5), reward)


def test_the_derivative_of_visits_is_the_hessian_of_the_partition():
    reward, start, vector = rewards(2, 2, 9), starting_in([0, 8], 9), rewards(3, 2, 9)
    _, by_double_backward = covariance_times(vector, reward, start, GRID, HORIZON)
    step = 1e-5
    ahead, behind = (state_visitation(reward + sign * step * vector, start, GRID, HORIZON) for sign in (1, -1))
    torch.testing.assert_close(by_double_backward, (ahead - behind) / (2 * step), atol=1e-7, rtol=1e-6)


@given(st.integers(0, 1000), st.integers(1, 12), st.floats(0, 1e4), st.booleans())
@settings(max_examples=25)
def test_policies_sum_to_one_and_visits_flow_on(seed, horizon, scale, is_slippery):
    world = slippery(np.random.default_rng(seed)) if is_slippery else Transitions.certain(eight_connected(2, 3))
    reward = rewards(seed, 3, world.num_states, scale)
    start = torch.full_like(reward, 1 / world.num_states)
    policy, steps = soft_policy(reward, world, horizon), step_visitation(reward, start, world, horizon)
    torch.testing.assert_close(policy.sum(-1), torch.ones(horizon, 3, world.num_states, dtype=torch.float64))
    torch.testing.assert_close(steps.sum(-1), torch.ones(horizon, 3, dtype=torch.float64))
    for now, after, step_policy in zip(steps, steps[1:], policy, strict=False):
        flow = (now[..., None] * step_policy).permute(1, 2, 0)
        torch.testing.assert_close(world.arrivals(flow).T, after, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_long_horizons_and_large_rewards_stay_finite_to_second_order(dtype, scale):
    world = Transitions.certain(eight_connected(4, 4))
    reward = (scale * (2 * torch.rand(1, 16, generator=torch.manual_seed(4)) - 1)).to(dtype)
    start = starting_in([0], 16).to(dtype)
    visits, product = covariance_times(torch.ones_like(reward), reward, start, world, 1000)
    assert torch.isfinite(soft_values(reward, world, 1000)).all() and torch.isfinite(product).all()
    assert float(visits.sum()) == pytest.approx(1000, rel=1e-4)
    # All paths are equally long: adding to every reward changes no path's probability.
    assert float(product.abs().max()) < 1000**2 * (1e-12 if dtype is torch.float64 else 1e-5)
    if scale == 1e4:  # nearly all of the time is spent where the reward is largest
        assert float(visits[0, reward[0].argmax()]) > 990


def test_equal_rewards_give_the_number_of_paths():
    reward, start = torch.full((1, 9), 0.7, dtype=torch.float64), starting_in([4], 9)
    expected = HORIZON * (0.7 + math.log(9))
    assert float(log_partition(reward, start, GRID, HORIZON)) == pytest.approx(expected)
    torch.testing.assert_close(soft_policy(reward, GRID, HORIZON), torch.full((4, 1, 9, 9), 1 / 9).double())


def test_an_absorbing_goal_keeps_whoever_arrives():
    moves = eight_connected(3, 3)
    moves[8] = 8
    reward = torch.full((1, 9), -5.0, dtype=torch.float64)
    reward[0, 8] = 0.0
    steps = step_visitation(reward, starting_in([0], 9), Transitions.certain(moves), 12)
    at_goal = steps[:, 0, 8]
    assert (at_goal.diff() >= -1e-12).all() and float(at_goal[-1]) > 0.999


def test_tasks_of_a_batch_do_not_touch_each_other():
    reward, start = rewards(5, 4, 9), starting_in([0, 1, 2, 3], 9)
    together = state_visitation(reward, start, GRID, HORIZON)
    alone = torch.cat([state_visitation(reward[[i]], start[[i]], GRID, HORIZON) for i in range(4)])
    torch.testing.assert_close(together, alone)


def test_a_certain_world_written_with_probabilities_gives_the_same():
    reward, start = rewards(6, 2, 9), starting_in([0, 4], 9)
    twice = GRID.next_state.expand(-1, -1, 2)
    halves = Transitions(twice, torch.full(twice.shape, 0.5, dtype=torch.float64))
    torch.testing.assert_close(
        state_visitation(reward, start, GRID, HORIZON), state_visitation(reward, start, halves, HORIZON)
    )


def test_the_loss_is_the_mean_negative_log_likelihood_of_paths(rng):
    reward, start = rewards(7, 1, 9), starting_in([2], 9)
    counts, probability, _ = every_path(reward[0], 2)
    chosen = rng.integers(len(counts), size=5)
    loss = irl_loss(reward, start, counts[chosen].mean(0)[None], GRID, HORIZON)
    assert float(loss) == pytest.approx(-float(probability[chosen].log().mean()))


def test_demonstrations_of_another_length_are_refused():
    reward, start = rewards(7, 2, 9), starting_in([2, 3], 9)
    visits = torch.full((2, 9), 0.25, dtype=torch.float64)
    with pytest.raises(InvalidProblem, match="visits of task 0: expected their sum to be the horizon 4, found 2.25"):
        irl_loss(reward, start, visits, GRID, HORIZON)


@pytest.mark.parametrize("wrong", [-0.25, math.nan])
def test_visits_that_no_paths_make_are_refused_with_their_state(wrong):
    reward, start = rewards(7, 2, 9), starting_in([2, 3], 9)
    visits = torch.full((2, 9), 4 / 9, dtype=torch.float64)
    visits[1, 6] = wrong
    with pytest.raises(InvalidProblem, match=f"visits of task 1, state 6: expected a number >= 0, found {wrong}"):
        irl_loss(reward, start, visits, GRID, HORIZON)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 0}, "horizon: expected at least 1 step, found 0"),
        ({"reward": torch.tensor([[0.0, math.inf, 0, 0]])}, "task 0, state 1: expected a finite number, found inf"),
        ({"reward": torch.tensor([[0.0, 0, 0, math.nan]])}, "task 0, state 3.*nan"),
        ({"reward": torch.zeros(1, 5)}, r"start: expected shape \(1, 5\)"),
        ({"reward": torch.zeros(1, 5), "start": torch.ones(1, 5) / 5}, r"expected \(task, 4\), found \(1, 5\)"),
        ({"start": torch.zeros(1, 4)}, "start of task 0, step 0: .* sum 0.0"),
        ({"start": torch.tensor([[1.5, -0.5, 0, 0]])}, "smallest -0.5"),
        ({"start": torch.zeros(2, 4)}, "start: expected shape"),
    ],
)
def test_a_broken_problem_is_refused_by_name(change, message, rng):
    problem = {"reward": torch.zeros(1, 4), "start": torch.tensor([[1.0, 0, 0, 0]]), "horizon": 3} | change
    with pytest.raises(InvalidProblem, match=message):
        log_partition(transitions=slippery(rng), **problem)
