"""Runs the peers of `mil bench maxent` in a process of its own, on the path that their packages were put on.

Called as `python maxent_peers.py PROBLEMS.npz RESULTS.npz`. Imports nothing of ours: imitation needs a gymnasium that
is too old for the simulator, so the two never share a process.
"""

import sys
import time
from types import SimpleNamespace

import numpy as np
from imitation.algorithms.mce_irl import mce_occupancy_measures, mce_partition_fh  # pyright: ignore[reportMissingImports]
from irl_maxent.maxent import compute_expected_svf  # pyright: ignore[reportMissingImports]


def dense(next_state: np.ndarray) -> np.ndarray:
    """Transition probabilities (state, action, next state), as imitation wants them."""
    num_states, num_actions = next_state.shape
    table = np.zeros((num_states, num_actions, num_states))
    table[np.arange(num_states)[:, None], np.arange(num_actions), next_state] = 1
    return table


def timed(action) -> tuple[float, np.ndarray]:
    """Seconds of the processor that a call takes, and what it returns."""
    started = time.process_time()
    result = action()
    return time.process_time() - started, result


def by_imitation(problems) -> tuple[list[float], list[np.ndarray]]:
    """Seconds and visits of each task by mce_partition_fh and mce_occupancy_measures."""
    table = dense(problems["next_state"])

    def solve(reward, start):
        world = SimpleNamespace(
            horizon=int(problems["horizon"]), state_dim=table.shape[0], action_dim=table.shape[1],
            transition_matrix=table, reward_matrix=reward, initial_state_dist=start,
        )  # fmt: skip
        policy = mce_partition_fh(world)[2]
        return mce_occupancy_measures(world, pi=policy)[0][:-1].sum(0)

    return run(solve, problems["reward"], problems["start"])


def by_irl_maxent(problems) -> tuple[list[float], list[np.ndarray]]:
    """Seconds and visits of each task by compute_expected_svf."""
    table = np.ascontiguousarray(dense(problems["absorbing_next_state"]).transpose(0, 2, 1))
    goal = [int(problems["goal"])]
    return run(
        lambda reward, start: compute_expected_svf(table, start, goal, reward, eps=1e-10),
        problems["absorbing_reward"],
        problems["absorbing_start"],
    )


def run(solve, rewards, starts) -> tuple[list[float], list[np.ndarray]]:
    """One solution for each task, after one that is thrown away."""
    solve(rewards[0], starts[0])
    both = [timed(lambda pair=pair: solve(*pair)) for pair in zip(rewards, starts, strict=True)]
    return [seconds for seconds, _ in both], [visits for _, visits in both]


if __name__ == "__main__":
    given = np.load(sys.argv[1])
    imitation, irl_maxent = by_imitation(given), by_irl_maxent(given)
    np.savez(
        sys.argv[2],
        imitation_seconds=imitation[0], imitation_visits=imitation[1],
        irl_maxent_seconds=irl_maxent[0], irl_maxent_visits=irl_maxent[1],
    )  # fmt: skip
