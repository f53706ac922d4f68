"""Paths of somebody who wants something: soft-optimal, so mostly the best ones (thesis 8.1.1.1).

For many rewards at once, in numpy; `mil_core.maxent` does the same so that gradients pass through, and a test compares
the two. It refuses to know where rewards come from.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from data_tools.grid import eight_connected
from sim.errors import ExpertFailed

Grids = NDArray[np.float64]
"""Shape (N, rows, cols)."""
MAX_ATTEMPTS = 20


class SoftOptimalExpert:
    """Walks so that a path is as likely as the exponential of its rewards' sum (thesis Eq. 22)."""

    def __init__(self, rewards: Grids, horizon: int) -> None:
        """Solve for the policies.

        Source: thesis Eq. 22 and 23; backward recursion of Ziebart et al. 2008. Differs: the recursion runs on
        exponentials of values, scaled at each step: a step is then one sparse product for all rewards.

        Args: rewards: shape (N, rows, cols), finite. horizon: cells on a path, at least 1.
        Raises: ExpertFailed: a reward is not finite, the horizon is below 1, or values are too far apart for their
            exponentials, by more than about 700.
        """
        _check(rewards, horizon)
        num_rewards, rows, cols = rewards.shape
        self._shape, self._cols = rewards.shape, cols
        self._next = eight_connected(rows, cols)
        num_states, num_actions = self._next.shape
        state = np.repeat(np.arange(num_states), num_actions)
        self._moves = csr_array((np.ones(state.size), (state, self._next.ravel())), (num_states, num_states))
        flat = rewards.reshape(num_rewards, num_states).T
        self._weights = np.empty((horizon, num_states, num_rewards))
        """At each step, the exponential of each state's value, up to a factor."""
        self._weights[-1] = np.exp(flat - flat.max(axis=0))
        scaled = self._weights[-1].copy()
        for step in range(horizon - 2, -1, -1):
            weight = scaled * (self._moves @ self._weights[step + 1])
            self._weights[step] = weight / weight.max(axis=0)
        if not self._weights.min() > 0.0:
            raise ExpertFailed(
                f"Expected rewards whose best paths are worth about the same from everywhere, found {flat.min()} to "
                f"{flat.max()}; make them smaller, or use mil_core.maxent."
            )

    def visitation(self, start_probability: Grids) -> Grids:
        """Expected visits of each cell, shape (N, rows, cols); sums to the horizon.

        Args: start_probability: of each cell, shape (N, rows, cols).
        """
        arriving = start_probability.reshape(len(start_probability), -1).T.astype(np.float64)
        total = arriving.copy()
        for weight in self._weights[1:]:
            arriving = weight * (self._moves.T @ (arriving / (self._moves @ weight)))
            total += arriving
        return total.T.reshape(self._shape)

    def sample(self, index: NDArray[np.int64], starts: NDArray[np.int64], chance: Grids) -> NDArray[np.int64]:
        """Paths of full length.

        Args:
            index: which reward each path follows, shape (P,).
            starts: state each path begins in, shape (P,).
            chance: numbers in [0, 1), shape (horizon - 1, P).

        Returns: states, shape (P, horizon).
        """
        path = [starts]
        for weight, drawn in zip(self._weights[1:], chance, strict=True):
            options = self._next[path[-1]]
            cumulative = weight[options, index[:, None]].cumsum(axis=1)
            action = (drawn[:, None] * cumulative[:, -1:] >= cumulative).sum(axis=1)
            path.append(options[np.arange(len(options)), action])
        return np.stack(path, axis=1)

    def demonstrations(
        self, goals: NDArray[np.int64], start_probability: Grids, rngs: list[np.random.Generator], num_demos: int
    ) -> list[list[NDArray[np.int64]]]:
        """Paths that reach the goal and end there, for each reward.

        Args:
            goals: state where the paths of each reward end, shape (N,).
            start_probability: where they begin, shape (N, rows, cols).
            rngs: source of chance for each reward, read for its own paths alone.
            num_demos: paths for each reward.

        Returns: for each reward its paths; each has shape (T, 2), rows and columns, T <= horizon.
        Raises: ExpertFailed: some goal was never reached.
        """
        demos: list[list[NDArray[np.int64]]] = [[] for _ in rngs]
        for _ in range(MAX_ATTEMPTS):
            missing = np.array([index for index, found in enumerate(demos) for _ in range(num_demos - len(found))], int)
            if not len(missing):
                return demos
            for index, path in zip(missing, self._paths(missing, start_probability, rngs), strict=True):
                reached = np.flatnonzero(path == goals[index])
                if len(reached):
                    demos[index].append(np.stack(np.divmod(path[: reached[0] + 1], self._cols), axis=1))
        raise ExpertFailed(
            f"Expected paths to every goal in {MAX_ATTEMPTS} attempts, found none to that of reward {missing[0]}; "
            "make the goal worth more, or the horizon longer."
        )

    def _paths(
        self, index: NDArray[np.int64], start_probability: Grids, rngs: list[np.random.Generator]
    ) -> NDArray[np.int64]:
        """One path for each entry of an index in ascending order."""
        counts = np.bincount(index, minlength=len(rngs))
        chance = np.concatenate(
            [rng.random((count, len(self._weights))) for rng, count in zip(rngs, counts, strict=True)]
        )
        cumulative = start_probability.reshape(len(rngs), -1).cumsum(axis=1)[index]
        starts = (chance[:, :1] * cumulative[:, -1:] >= cumulative).sum(axis=1)
        return self.sample(index, starts, chance[:, 1:].T)


def _check(rewards: Grids, horizon: int) -> None:
    if horizon < 1:
        raise ExpertFailed(f"Expected a horizon of at least 1 step, found {horizon}; choose a longer one.")
    if not np.isfinite(rewards).all():
        index, row, col = np.argwhere(~np.isfinite(rewards))[0].tolist()
        raise ExpertFailed(
            f"Expected finite rewards, found {rewards[index, row, col]} for reward {index} in cell {row}, {col}; use a "
            "large finite penalty."
        )
