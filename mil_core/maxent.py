"""Maximum entropy planning on finite worlds: soft values, soft-optimal policy, expected visits, log partition.

Pure functions of a reward, batched over tasks and differentiable to any order; finite horizon. Letters of thesis 8.1:
r reward, V and pi of the soft-optimal policy (Eq. 23), Z partition function (Eq. 22), mu visits. A path has H states
s_0 .. s_(H-1) and p(path) is proportional to exp(sum_t r(s_t)) times the dynamics. Differs: r depends on the state
alone, as the thesis's network does, and there is no discount, as in Eq. 22.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from mil_core.errors import InvalidProblem
from mil_core.transitions import Transitions

Push = Callable[[Tensor], Tensor]


class _Backup(NamedTuple):
    """One step of soft value iteration; tensors have the task as their last axis."""

    value: Tensor
    """V_t less `level`, shape (state, task)."""
    level: Tensor
    """What was taken off to keep numbers small, shape (task,)."""
    next_value: Tensor
    """V_(t+1) less some level, at most zero, shape (state, task)."""
    push: Push
    """Moves visits of step t one step on, under pi_t."""


def soft_values(reward: Tensor, transitions: Transitions, horizon: int) -> Tensor:
    """Soft value iteration: V_t(s) = r(s) + log sum_a exp E[V_(t+1)(s')], V_H = 0.

    Args:
        reward: r, shape (task, state).
        transitions: where actions lead.
        horizon: H, number of states on a path, at least 1.

    Returns: V, shape (horizon + 1, task, state).
    Raises: InvalidProblem: the horizon is below 1, or a reward is infinite or of another shape.
    """
    values = [(step.value + step.level).T for step in _backups(reward, transitions, horizon)]
    return torch.stack([*reversed(values), torch.zeros_like(reward)])


def soft_policy(reward: Tensor, transitions: Transitions, horizon: int) -> Tensor:
    """The policy that maximises E[R - log pi] (thesis Eq. 23): pi_t(a | s), shape (horizon, task, state, action).

    Args, Raises: as soft_values.
    """
    steps = _backups(reward, transitions, horizon)
    policies = [transitions.expected(step.next_value).softmax(1).permute(2, 0, 1) for step in steps]
    return torch.stack(policies[::-1])


def state_visitation(reward: Tensor, start: Tensor, transitions: Transitions, horizon: int) -> Tensor:
    """E[mu]: how often a path of the soft-optimal policy visits each state.

    Source: thesis 8.1.2.1, State-Visitations-Policy, after Ziebart et al. (2008).

    Args:
        reward, transitions, horizon: as soft_values.
        start: probability of each state at step 0, shape (task, state).

    Returns: shape (task, state); each row sums to the horizon.
    Raises: InvalidProblem: as soft_values, or a start is no distribution.
    """
    return step_visitation(reward, start, transitions, horizon).sum(0)


def step_visitation(reward: Tensor, start: Tensor, transitions: Transitions, horizon: int) -> Tensor:
    """Probability of each state at each step, shape (horizon, task, state); else as state_visitation."""
    _check_start(start, reward)
    pushes = [step.push for step in _backups(reward, transitions, horizon)]
    visits = [start.T.contiguous()]
    for push in pushes[:0:-1]:
        visits.append(push(visits[-1]))
    return torch.stack([visit.T for visit in visits])


def log_partition(reward: Tensor, start: Tensor, transitions: Transitions, horizon: int) -> Tensor:
    """Log Z of each task, the mean of V_0 over its starts, shape (task,); its gradient is state_visitation.

    Args, Raises: as state_visitation.
    """
    _check_start(start, reward)
    *_, first = _backups(reward, transitions, horizon)
    return (start.T * first.value).sum(0) + first.level


def irl_loss(reward: Tensor, start: Tensor, visitation: Tensor, transitions: Transitions, horizon: int) -> Tensor:
    """Mean negative log-likelihood of demonstrations, log Z - r . mu_D, up to the dynamics' own share, shape (task,).

    Source: thesis Eq. 24 and 25: its gradient with respect to r is E[mu] - mu_D.

    Args:
        reward, start, transitions, horizon: as state_visitation; `start` is where the demonstrations start.
        visitation: mu_D, shape (task, state); each row sums to the horizon.

    Raises: InvalidProblem: as state_visitation, or mu_D is no mean of paths, or of paths of another length.
    """
    bad = (visitation >= 0).logical_not()
    if bad.any():
        task, state = bad.nonzero()[0].tolist()
        raise InvalidProblem(
            f"visits of task {task}, state {state}: expected a number >= 0, found {float(visitation[task, state])}; "
            "count how often paths are there."
        )
    length = visitation.sum(1)
    wrong = ((length - horizon).abs() <= 1e-3 * horizon).logical_not()
    if wrong.any():
        task = int(wrong.nonzero()[0])
        raise InvalidProblem(
            f"visits of task {task}: expected their sum to be the horizon {horizon}, found {float(length[task])}; "
            "count the last state until the horizon."
        )
    return log_partition(reward, start, transitions, horizon) - (reward * visitation).sum(-1)


def covariance_times(
    vector: Tensor, reward: Tensor, start: Tensor, transitions: Transitions, horizon: int
) -> tuple[Tensor, Tensor]:
    """Visitation, and Cov[mu] times a vector: the Hessian of log Z, never formed (thesis Eq. 48).

    Args: vector: shape (task, state). Others: as state_visitation.
    Returns: E[mu] and Cov[mu] vector, each of shape (task, state).
    """
    with torch.enable_grad():
        reward = reward.detach().requires_grad_()
        total = log_partition(reward, start, transitions, horizon).sum()
        (visitation,) = torch.autograd.grad(total, reward, create_graph=True)
        (product,) = torch.autograd.grad(visitation, reward, vector)
    return visitation.detach(), product


def _backups(reward: Tensor, transitions: Transitions, horizon: int) -> Iterator[_Backup]:
    """Soft value iteration from the last step to the first."""
    _check_problem(reward, transitions, horizon)
    by_state = reward.T.contiguous()
    value, level = torch.zeros_like(by_state), reward.new_zeros(len(reward))
    for _ in range(horizon):
        top = value.detach().amax(0)
        next_value, level = value - top, level + top
        log_total, push = _soft_maximum(next_value, transitions)
        value = by_state + log_total
        yield _Backup(value, level, next_value, push)


def _soft_maximum(value: Tensor, transitions: Transitions) -> tuple[Tensor, Push]:
    """The log-sum of exp E[value] over the actions of each state, and how the softmax policy moves visits.

    Where outcomes are certain and no exponential can underflow (a third of the range of the numbers leaves room for
    second derivatives), exponentials are taken of states instead of actions: pi(a|s) = w(s') / sum of w. It is the
    same function, several times faster.
    """
    is_narrow = float(value.detach().amin()) > math.log(torch.finfo(value.dtype).tiny) / 3
    if transitions.probability is None and is_narrow:
        weight = value.exp()
        total = transitions.expected(weight).sum(1)

        def push_by_weights(visits: Tensor) -> Tensor:
            share = (visits / total)[:, None].expand(-1, transitions.num_actions, -1)
            return weight * transitions.arrivals(share)

        return total.log(), push_by_weights

    def push(visits: Tensor) -> Tensor:
        return transitions.arrivals(visits[:, None] * transitions.expected(value).softmax(1))

    return transitions.expected(value).logsumexp(1), push


def _check_problem(reward: Tensor, transitions: Transitions, horizon: int) -> None:
    if horizon < 1:
        raise InvalidProblem(f"horizon: expected at least 1 step, found {horizon}; choose a longer horizon.")
    if reward.ndim != 2 or reward.shape[1] != transitions.num_states:
        raise InvalidProblem(f"reward: expected (task, {transitions.num_states}), found {tuple(reward.shape)}.")
    if not torch.isfinite(reward).all():
        task, state = (~torch.isfinite(reward)).nonzero()[0].tolist()
        found = float(reward[task, state].detach())
        raise InvalidProblem(
            f"reward of task {task}, state {state}: expected a finite number, found {found}; "
            "use a large finite penalty."
        )


def _check_start(start: Tensor, reward: Tensor) -> None:
    if start.shape != reward.shape:
        raise InvalidProblem(f"start: expected shape {tuple(reward.shape)}, found {tuple(start.shape)}.")
    wrong = ((start.sum(1) - 1).abs() < 1e-4).logical_not() | (start < 0).any(1)
    if wrong.any():
        task = int(wrong.nonzero()[0])
        raise InvalidProblem(
            f"start of task {task}, step 0: expected probabilities >= 0 that sum to 1, "
            f"found the sum {float(start[task].sum())} and the smallest {float(start[task].min())}."
        )
