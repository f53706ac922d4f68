"""Where actions lead, kept sparse: a few next states for each state and action. Knows no reward and no picture."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mil_core.errors import InvalidProblem

TOLERANCE = 1e-6
"""How far probabilities may be from summing to one."""


@dataclass(frozen=True)
class Transitions:
    """The dynamics p(s' | s, a) of a finite world, shared by all tasks of a batch.

    Values and visits come with the task as their last axis: neighbouring numbers in memory then belong to one state.
    """

    next_state: Tensor
    """Shape (state, action, outcome), int64."""
    probability: Tensor | None = None
    """Of each outcome, same shape, float64; None where there is one outcome and it is certain."""

    def __post_init__(self) -> None:
        shape = tuple(self.next_state.shape)
        if self.next_state.dtype != torch.int64 or len(shape) != 3 or 0 in shape:
            raise InvalidProblem(
                f"next_state: expected int64 (state, action, outcome), found {self.next_state.dtype} {shape}."
            )
        outside = (self.next_state < 0) | (self.next_state >= shape[0])
        if outside.any():
            state, action, outcome = outside.nonzero()[0].tolist()
            raise InvalidProblem(
                f"state {state}, action {action}: expected a next state in [0, {shape[0]}), "
                f"found {int(self.next_state[state, action, outcome])}."
            )
        if self.probability is None:
            if shape[2] != 1:
                raise InvalidProblem(f"expected probabilities for {shape[2]} outcomes, found None; give one for each.")
            return
        if tuple(self.probability.shape) != shape:
            raise InvalidProblem(f"probability: expected shape {shape}, found {tuple(self.probability.shape)}.")
        total = self.probability.sum(-1)
        wrong = ((total - 1).abs() <= TOLERANCE).logical_not() | (self.probability < 0).any(-1)
        if wrong.any():
            state, action = wrong.nonzero()[0].tolist()
            raise InvalidProblem(
                f"state {state}, action {action}: expected probabilities >= 0 that sum to 1, "
                f"found {self.probability[state, action].tolist()}, sum {float(total[state, action])}; normalise them."
            )

    @classmethod
    def certain(cls, next_state: NDArray[np.int64]) -> "Transitions":
        """Deterministic dynamics from an array of shape (state, action), as data_tools.grid gives."""
        return cls(torch.from_numpy(next_state)[..., None])

    @property
    def num_states(self) -> int:
        """Number of states."""
        return self.next_state.shape[0]

    @property
    def num_actions(self) -> int:
        """Number of actions of each state."""
        return self.next_state.shape[1]

    def expected(self, value: Tensor) -> Tensor:
        """Mean of a value over the outcomes of each action: (state, task) -> (state, action, task)."""
        after = value.index_select(0, self.next_state.flatten()).view(*self.next_state.shape, -1)
        if self.probability is None:
            return after[:, :, 0]
        return (self.probability.to(value)[..., None] * after).sum(2)

    def arrivals(self, flow: Tensor) -> Tensor:
        """Visits after each action is taken as often as `flow` says: (state, action, task) -> (state, task).

        The adjoint of `expected`.
        """
        parts = flow[:, :, None]
        if self.probability is not None:
            parts = self.probability.to(flow)[..., None] * parts
        start = flow.new_zeros(self.num_states, flow.shape[-1])
        return start.index_add(0, self.next_state.flatten(), parts.flatten(0, 2))

    def steps_to(self, goal: int) -> Tensor:
        """Least number of steps from each state to a goal, shape (state,), int64; -1 where no way leads there."""
        possible = None if self.probability is None else self.probability > 0
        is_near = torch.arange(self.num_states) == goal
        steps = is_near.long() - 1
        for step in range(1, self.num_states):
            leads = is_near[self.next_state] if possible is None else is_near[self.next_state] & possible
            is_next = leads.flatten(1).any(1) & (steps < 0)
            if not is_next.any():
                break
            steps[is_next] = step
            is_near = is_near | is_next
        return steps

    def check_reachable(self, starts: Tensor, goal: int, horizon: int) -> None:
        """Make sure that some path leads from every start to a goal.

        Args: starts: states, shape (N,), int64. goal: state. horizon: states on a path, the start being the first.
        Raises: InvalidProblem: from one of them no path of so many states does, or one is no state of this world.
        """
        for state in (*starts.tolist(), goal):
            if not 0 <= state < self.num_states:
                raise InvalidProblem(f"state {state}: expected one in [0, {self.num_states}); name a cell of the grid.")
        needed = self.steps_to(goal)[starts]
        if (needed < 0).any():
            raise InvalidProblem(
                f"expected a way from state {int(starts[(needed < 0).int().argmax()])} at step 0 to goal state {goal}, "
                "found none, however long; choose another goal."
            )
        if (needed >= horizon).any():
            far = int(needed.argmax())
            raise InvalidProblem(
                f"expected to reach goal state {goal} from state {int(starts[far])} by step {horizon - 1}, found that "
                f"step {int(needed[far])} is the first possible one; choose a longer horizon."
            )
