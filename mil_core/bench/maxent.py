"""MaxEnt planning and visits: many tasks at once against two peers, which do one after another.

All run in one thread and are timed by the processor's clock, so that what else runs on the machine favours nobody.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.grid import eight_connected
from mil_core.bench.comparison import Agreement, Comparison, Timing, cpu_seconds_of
from mil_core.errors import PeerMissing
from mil_core.maxent import state_visitation
from mil_core.transitions import Transitions

Peer = Literal["imitation", "irl_maxent"]
Arrays = dict[str, NDArray[Any]]

SIDE, HORIZON, TASKS, GOAL = 20, 60, 64, 210
BUDGET_S = 0.0022
"""A twenty-fifth of what imitation took for a task where the budget was set (55 ms)."""
TOLERANCE = 1e-6
PEER_CODE = Path(__file__).with_name("maxent_peers.py")
PACKAGES = "imitation==1.0.1 irl-maxent==0.1.0 seals==0.2.1 stable-baselines3==2.2.1 gymnasium==0.29.1 pandas==3.1.1"
"""What the peers' own code needs beside our packages. They stand in a folder of their own, because imitation wants a
gymnasium that is too old for the simulator."""
WHAT: dict[Peer, str] = {
    "imitation": "imitation's mce_partition_fh and mce_occupancy_measures, a task at a time",
    "irl_maxent": "irl-maxent's compute_expected_svf, a task at a time, with an absorbing goal",
}


@dataclass(frozen=True)
class MaxentComparison(Comparison):
    """A comparison with both peers and what else was measured."""

    details: dict[str, Any]
    """Further content of the results file."""

    def to_dict(self) -> dict[str, Any]:
        """The content of the results file."""
        return super().to_dict() | self.details


def problems(rng: np.random.Generator) -> Arrays:
    """The same grid for all; irl-maxent plans to a goal without a horizon, so it gets rewards for which 60 steps are
    as good as infinitely many: each step costs so much that staying away is e^-100 times as likely as arriving."""
    states = SIDE * SIDE
    moves = eight_connected(SIDE, SIDE)
    start = np.eye(states)[rng.integers(states, size=TASKS)]
    absorbing = moves.copy()
    absorbing[GOAL] = GOAL
    costs = -4 - 0.3 * np.abs(rng.normal(size=(TASKS, states)))
    costs[:, GOAL] = -np.log(moves.shape[1])  # what waiting costs equals what its nine ways are worth
    elsewhere = np.delete(np.arange(states), GOAL)
    return {
        "horizon": np.array(HORIZON), "goal": np.array(GOAL),
        "next_state": moves, "reward": rng.normal(size=(TASKS, states)), "start": start,
        "absorbing_next_state": absorbing, "absorbing_reward": costs,
        "absorbing_start": np.eye(states)[rng.choice(elsewhere, TASKS)],
    }  # fmt: skip


def run_peers(given: Arrays, num_tasks: int, folder: Path) -> Arrays:
    """Seconds and visits of the first tasks by both peers, in a process with one thread.

    Raises:
        PeerMissing: their packages are not in `folder`.
    """
    few = {
        name: value[:num_tasks] if len(value.shape) and len(value) == TASKS else value for name, value in given.items()
    }
    with tempfile.TemporaryDirectory(prefix="mil-bench-") as temporary:
        problem_file, result_file = Path(temporary) / "problems.npz", Path(temporary) / "results.npz"
        np.savez(problem_file, **few)  # pyright: ignore[reportArgumentType]
        environment = os.environ | {
            "PYTHONPATH": str(folder.resolve()),
            "OMP_NUM_THREADS": "1",
            "PYTHONWARNINGS": "ignore",
        }
        command = [sys.executable, str(PEER_CODE), str(problem_file), str(result_file)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            found = (done.stderr.strip() or "no message").splitlines()[-1]
            raise PeerMissing(
                f"expected the peers' packages in {folder}, found: {found}; "
                f"type: {sys.executable} -m pip install --no-deps --target {folder} {PACKAGES}"
            )
        with np.load(result_file, allow_pickle=False) as results:
            return dict(results)


def bench_maxent(peers: Arrays, given: Arrays, repeats: int, chosen: Peer, details: dict[str, Any]) -> MaxentComparison:
    """Ours: all tasks in one batch, time per task. Peers: as run_peers found.

    Args:
        peers: what run_peers gave.
        given: the problems.
        repeats: batches, after one that is thrown away.
        chosen: the peer of the ratio; the other one stands beside it.
        details: further content of the results file.
    """
    compared = {
        "imitation": _against("imitation", peers, _ours(given, "", repeats)),
        "irl_maxent": _against("irl_maxent", peers, _ours(given, "absorbing_", repeats)),
    }
    both = {
        name: {"ours": asdict(ours), "peer": asdict(peer), "ratio": peer.p50_s / ours.p50_s, "difference": difference}
        for name, (ours, peer, difference) in compared.items()
    }
    ours, peer, _ = compared[chosen]
    difference = max(difference for _, _, difference in compared.values())
    agreement = Agreement("largest difference of expected visits from either peer", difference, TOLERANCE)
    return MaxentComparison("maxent", ours, peer, agreement, BUDGET_S, "p50_s", {"peers": both} | details)


def _ours(given: Arrays, prefix: str, repeats: int) -> tuple[list[float], NDArray[np.float64]]:
    """Seconds per task of each batch, and the visits of every task."""
    world = Transitions.certain(given[f"{prefix}next_state"])
    reward, start = (torch.from_numpy(given[f"{prefix}{name}"]) for name in ("reward", "start"))

    def solve() -> torch.Tensor:
        with torch.no_grad():
            return state_visitation(reward, start, world, HORIZON)

    visits = solve().numpy()
    return [cpu_seconds_of(solve) / TASKS for _ in range(repeats)], visits


def _against(name: Peer, peers: Arrays, ours: tuple[list[float], NDArray[np.float64]]) -> tuple[Timing, Timing, float]:
    seconds, visits = ours
    theirs = peers[f"{name}_visits"]
    difference = np.abs(visits[: len(theirs)] - theirs)
    if name == "irl_maxent":
        difference[:, GOAL] = 0  # where it counts the arrival alone, not the waiting
    return (
        Timing.of(f"soft values and visits of a {SIDE}x{SIDE} grid, horizon {HORIZON}, per task of {TASKS}", seconds),
        Timing.of(WHAT[name], peers[f"{name}_seconds"].tolist()),
        float(difference.max()),
    )
