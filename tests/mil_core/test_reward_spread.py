import itertools

import pytest
import torch

from mil_core.adapted_reward import Grid
from mil_core.maxent import log_partition, state_visitation
from mil_core.reward_spread import expected_information, next_demo, posterior
from mil_core.scaling import to_pictures

SMALL = Grid(2, 3, 3)


@pytest.fixture
def learner(reward_learners):
    return reward_learners["mandril"]


def belief_of(learner, demos, num_demos=1, prior_std=1.0):
    scenes = learner.support_scenes([demos])
    return posterior(learner.network, learner.adapt(demos).parameters, scenes, learner.grid, num_demos, prior_std)


def spread(learner, belief, demo, members=8):
    picture = to_pictures(demo.picture[None])[0]
    return next_demo(learner.network, belief, picture, learner.grid, members, torch.manual_seed(0))


def test_information_is_the_divergence_of_all_paths(rng):
    world = SMALL.transitions()
    rewards, reference = torch.from_numpy(rng.normal(size=(3, 6))), torch.from_numpy(rng.normal(size=6))
    for start, found in enumerate(expected_information(rewards, reference, SMALL)):
        states = [
            [start, (middle := int(world.next_state[start, first, 0])), int(world.next_state[middle, second, 0])]
            for first, second in itertools.product(range(9), repeat=2)
        ]
        log_p = (rewards[:, states].sum(-1)).log_softmax(1)
        log_q = reference[states].sum(-1).log_softmax(0)
        assert float(found) == pytest.approx(float((log_p.exp() * (log_p - log_q)).sum(1).mean()))


def test_rewards_that_agree_tell_nothing_and_a_constant_does_not_count(rng):
    reference = torch.from_numpy(rng.normal(size=6))
    same = torch.stack([reference, reference + 3.0])
    torch.testing.assert_close(
        expected_information(same, reference, SMALL), torch.zeros(6).double(), atol=1e-12, rtol=0
    )


def test_the_posterior_has_the_curvature_of_the_loss_in_its_last_layer(learner, grid_demos):
    prior_std, num_demos = 0.7, 3
    belief = belief_of(learner, grid_demos, num_demos, prior_std)
    scenes, grid = learner.support_scenes([grid_demos]), learner.grid
    features = learner.network.features
    own = {name.removeprefix("features."): v for name, v in belief.parameters.items() if name.startswith("features.")}
    seen = torch.func.functional_call(features, own, (scenes.pictures[0] - 0.5,)).flatten(2).double()
    start = scenes.start[0].flatten(1).double()

    def log_z(weight):
        reward = torch.einsum("f,sfc->sc", weight, seen) + belief.parameters["readout.bias"].double()
        return (scenes.weight[0] * log_partition(reward, start, grid.transitions(), grid.horizon)).sum()

    weight = belief.parameters["readout.weight"].flatten().double()
    hessian = torch.autograd.functional.hessian(log_z, weight)
    precision = torch.eye(len(weight)).double() / prior_std**2 + num_demos * hessian
    torch.testing.assert_close(torch.linalg.inv(belief.covariance), precision, atol=1e-4, rtol=1e-4)


def test_more_demonstrations_never_widen_the_belief(learner, grid_demos):
    few, many = (belief_of(learner, grid_demos, count).covariance for count in (1, 10))
    assert torch.linalg.eigvalsh(few - many).min() > -1e-9
    assert torch.trace(many) < torch.trace(few)
    for demo in grid_demos:
        first, second = (spread(learner, belief_of(learner, grid_demos, count), demo) for count in (1, 10))
        assert (second.uncertainty <= first.uncertainty + 1e-9).all()


def test_no_demonstration_leaves_the_prior(learner, grid_demos):
    covariance = belief_of(learner, grid_demos, num_demos=0, prior_std=0.5).covariance
    torch.testing.assert_close(covariance, 0.25 * torch.eye(len(covariance)).double())


def test_maps_have_the_grids_shape_and_a_wider_prior_leaves_more_to_learn(learner, grid_demos):
    narrow, wide = (spread(learner, belief_of(learner, grid_demos, 1, std), grid_demos[1]) for std in (0.01, 1.0))
    for found in (narrow, wide):
        assert found.uncertainty.shape == found.information.shape == (4, 5)
        assert (found.information >= 0).all() and torch.isfinite(found.information).all()
    assert (wide.uncertainty > narrow.uncertainty).all() and (wide.information > narrow.information).all()


def test_information_of_a_small_spread_is_half_its_variance_under_the_paths(rng):
    """KL between neighbours is half the Fisher metric: the variance of the summed difference over paths."""
    reference, step = torch.from_numpy(rng.normal(size=6)), 1e-3 * torch.from_numpy(rng.normal(size=6))
    found = expected_information((reference + step)[None], reference, SMALL)
    starts = torch.eye(6, dtype=torch.float64)
    both = [state_visitation((reference + s * step).expand(6, 6), starts, SMALL.transitions(), 3) for s in (1, -1)]
    torch.testing.assert_close(found, ((both[0] - both[1]) / 4) @ step, rtol=1e-2, atol=1e-12)
