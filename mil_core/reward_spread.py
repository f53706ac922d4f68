"""Where demonstrations leave the intent open: rewards that explain them nearly as well, and what to ask for next."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import functional_call

from mil_core.adapted_reward import Grid
from mil_core.inner_loop import Parameters
from mil_core.maxent import covariance_times, soft_policy, soft_values
from mil_core.reward_net import MID_BRIGHTNESS, RewardNet
from mil_core.reward_scenes import Scenes


@dataclass(frozen=True)
class Posterior:
    """A Gaussian over the weights of a reward network's last layer, around the adapted ones.

    Source: ours. MAML's inner loop is MAP inference under a Gaussian prior around the initial parameters (thesis
    8.1.2.2, after Grant et al. 2018); Laplace's approximation adds the curvature of the demonstrations' likelihood,
    which for a linear last layer is exactly F^T Cov[mu] F for the features F of the cells, once for each
    demonstration.
    """

    parameters: dict[str, Tensor]
    """Adapted parameters, the mean."""
    covariance: Tensor
    """Of the last layer's weights, (feature, feature), float64."""


class NextDemo(NamedTuple):
    """What a demonstration in a scene is expected to tell."""

    uncertainty: Tensor
    """Standard deviation of each cell's reward, apart from a constant for all cells, (row, col)."""
    information: Tensor
    """Expected information in nats of one more demonstrated path from each cell, (row, col)."""


def posterior(
    network: RewardNet, adapted: Parameters, support: Scenes, grid: Grid, num_demos: int, prior_std: float
) -> Posterior:
    """What is known of the last layer after adaptation.

    Args:
        network, adapted: whose code and which parameters.
        support: scenes of one task that was adapted to.
        grid: the world of the scenes.
        num_demos: how many demonstrations the scenes stand for.
        prior_std: standard deviation of each weight before any demonstration.

    Returns: the posterior; more demonstrations never widen it.
    """
    features = _features(network, adapted, support.pictures[0])
    scenes, cells, size = features.shape
    reward = functional_call(network, dict(adapted), (support.pictures[0],)).flatten(1).double()
    # Every feature of every scene is one task of the batch: Cov[mu] F without ever forming Cov[mu].
    columns = features.transpose(1, 2).reshape(scenes * size, cells)
    start = support.start[0].flatten(1).double()
    reward, start = reward.repeat_interleave(size, 0), start.repeat_interleave(size, 0)
    _, product = covariance_times(columns, reward, start, grid.transitions(), grid.horizon)
    curvature = features.transpose(1, 2) @ product.view(scenes, size, cells).transpose(1, 2)
    fisher = num_demos * (support.weight[0].double()[:, None, None] * curvature).sum(0)
    precision = torch.eye(size, dtype=torch.float64) / prior_std**2 + (fisher + fisher.T) / 2
    return Posterior(dict(adapted), torch.cholesky_inverse(torch.linalg.cholesky(precision)))


@torch.no_grad()
def next_demo(
    network: RewardNet, belief: Posterior, picture: Tensor, grid: Grid, members: int, generator: torch.Generator
) -> NextDemo:
    """Where a scene's reward is uncertain, and from where a demonstration would tell most.

    Args:
        network, belief: the reward and what is known of it.
        picture: of the scene, (3, height, width), values in [0, 1].
        grid: the world of the scene.
        members: rewards to draw from the belief.
        generator: source of the draws.

    Returns: maps over the scene's cells; the best next start is the largest information's.
    """
    features = _features(network, belief.parameters, picture[None])[0]
    centred = features - features.mean(0)  # a constant added to all cells changes no path's probability
    uncertainty = ((centred @ belief.covariance) * centred).sum(1).clamp(min=0).sqrt()
    mean = functional_call(network, belief.parameters, (picture[None],)).flatten().double()
    normal = torch.randn(members, len(belief.covariance), dtype=torch.float64, generator=generator)
    rewards = mean + normal @ torch.linalg.cholesky(belief.covariance).T @ features.T
    shape = grid.rows, grid.cols
    return NextDemo(uncertainty.view(shape), expected_information(rewards, mean, grid).view(shape))


def expected_information(rewards: Tensor, reference: Tensor, grid: Grid) -> Tensor:
    """Nats that one path from each cell tells about which of several rewards is the true one, at most.

    Source: ours. It is the mean over the rewards r_m of KL(p_m || p_0) for paths from that cell, which bounds the
    mutual information of path and reward from above. In closed form, for all starts at once: log Z_0 - log Z_m +
    mu_m . (r_m - r_0), the last being a plain policy evaluation.

    Args:
        rewards: r_m, shape (member, state).
        reference: r_0, in their middle, shape (state,).
        grid: the world.

    Returns: shape (state,), never negative.
    """
    world = grid.transitions()
    policies = soft_policy(rewards, world, grid.horizon)
    gain = (rewards - reference).T
    value = torch.zeros_like(gain)
    for policy in policies.flip(0):
        value = gain + (policy.permute(1, 2, 0) * world.expected(value)).sum(1)
    log_z = soft_values(torch.cat([rewards, reference[None]]), world, grid.horizon)[0]
    return (log_z[-1] - log_z[:-1] + value.T).mean(0).clamp(min=0)


@torch.no_grad()
def _features(network: RewardNet, parameters: Parameters, pictures: Tensor) -> Tensor:
    """What the last layer sees of each cell, float64 (scene, state, feature)."""
    own = {name.removeprefix("features."): value for name, value in parameters.items() if name.startswith("features.")}
    return functional_call(network.features, own, (pictures - MID_BRIGHTNESS,)).flatten(2).transpose(1, 2).double()
