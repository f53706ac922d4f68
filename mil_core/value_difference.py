"""How much worse one fares by a learned reward than by the true one. Knows no way of learning rewards."""

import torch
from jaxtyping import Float
from torch import Tensor

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem

_TIE = 1e-9
"""Share of what could at most be lost below which two moves count as equally good."""


def value_difference(
    true_reward: Float[Tensor, "task row col"],
    learned_reward: Float[Tensor, "task row col"],
    start_probability: Float[Tensor, "task row col"],
    horizon: int,
) -> Float[Tensor, " task"]:
    """Expected value difference: what the optimal policy of the learned reward misses of the true reward.

    Source: thesis 8.1.4, from Levine et al. 2011: the value under the true reward of its optimal policy, less that of
    the optimal policy of the learned reward. Differs: the thesis tells neither horizon nor discount nor start; here
    values are undiscounted sums over `horizon` cells, averaged over where paths begin. Policies are optimal, not
    soft-optimal: so the result is never negative, is zero for the true reward, and does not change when a learned
    reward is shifted or scaled up.

    Args:
        true_reward: of each cell at each step.
        learned_reward: of each cell at each step, finite.
        start_probability: where paths begin, sums to 1.
        horizon: cells on a path, at least 1.

    Returns: differences in units of the true reward.
    Raises: InvalidProblem: a reward is not finite, or the horizon is below 1.
    """
    _check_finite("true", true_reward)
    _check_finite("learned", learned_reward)
    if horizon < 1:
        raise InvalidProblem(f"horizon: expected at least 1 step, found {horizon}; choose a longer horizon.")
    best = value_of_following(true_reward, true_reward, horizon)
    found = value_of_following(true_reward, learned_reward, horizon)
    # The true reward's policy is the best one; only rounding can make the other seem better.
    return (start_probability.double() * (best - found)).sum((1, 2)).clamp(min=0.0)


def value_of_following(
    true_reward: Float[Tensor, "task row col"], followed_reward: Float[Tensor, "task row col"], horizon: int
) -> Float[Tensor, "task row col"]:
    """Expected sum of true rewards from each cell for somebody who takes the best moves for another reward.

    Moves that are equally good are taken equally often, so a reward that says nothing leads to a random walk.

    Returns: values in float64.
    """
    num_tasks, rows, cols = true_reward.shape
    leads_to = torch.from_numpy(eight_connected(rows, cols)).to(true_reward.device)
    true, followed = (reward.double().reshape(num_tasks, -1) for reward in (true_reward, followed_reward))
    # A constant changes no decision; without it, rewards that differ by one alone give the same bits here.
    followed = followed - followed.mean(1, keepdim=True)
    tie = _TIE * horizon * (followed.amax(1) - followed.amin(1))[:, None, None]
    wished, value = followed, true
    for _ in range(horizon - 1):
        options = wished[:, leads_to]
        best = options.amax(-1)
        share = (options >= best[..., None] - tie).double()
        share = share / share.sum(-1, keepdim=True)
        wished, value = followed + best, true + (share * value[:, leads_to]).sum(-1)
    return value.reshape(num_tasks, rows, cols)


def _check_finite(which: str, reward: Tensor) -> None:
    if not torch.isfinite(reward).all():
        task, row, col = (~torch.isfinite(reward)).nonzero()[0].tolist()
        raise InvalidProblem(
            f"{which} reward of task {task}, cell {row}, {col}: expected a finite number, "
            f"found {float(reward[task, row, col])}; adapt with a smaller step, or use a large finite penalty."
        )
