"""What MaxEnt planning costs: time by size of the problem, memory by number of meta-steps."""

import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from data_tools.atomic import committed_file
from data_tools.grid import GridDemo, eight_connected
from mil_core.adapted_reward import CELL_PX, Grid
from mil_core.algorithms.mandril import Mandril, MandrilConfig
from mil_core.bench.comparison import cpu_seconds_of
from mil_core.maxent import state_visitation
from mil_core.reward_net import RewardNet, RewardNetConfig
from mil_core.reward_scenes import RewardMetaTask, scenes_of
from mil_core.transitions import Transitions

SIDES, HORIZONS = (10, 20, 30, 50, 80, 120, 160, 200), (15, 30, 60, 120, 240)
HORIZON, SIDE, TASKS, REPEATS = 60, 20, 16, 3
WARM_UP = 100
"""Meta-steps before memory is looked at; the first ones fill caches."""


def cost_by_size(sides: Sequence[int], horizons: Sequence[int], rng: np.random.Generator) -> dict[str, Any]:
    """Seconds per task by side of the grid and by horizon, and the slopes on doubly logarithmic paper."""
    by_side = [_point(side, HORIZON, rng) for side in sides]
    by_horizon = [_point(SIDE, horizon, rng) for horizon in horizons]
    return {
        "tasks": TASKS,
        "by_side": by_side,
        "by_horizon": by_horizon,
        "slope_by_side": _slope(by_side),
        "slope_by_horizon": _slope(by_horizon),
    }


def _point(side: int, horizon: int, rng: np.random.Generator) -> dict[str, Any]:
    """The fastest of some runs: what disturbs a run only ever makes it slower."""
    moves = eight_connected(side, side)
    world = Transitions.certain(moves)
    reward = torch.from_numpy(rng.normal(size=(TASKS, len(moves))))
    start = torch.full_like(reward, 1 / len(moves))
    with torch.no_grad():
        seconds = min(cpu_seconds_of(lambda: state_visitation(reward, start, world, horizon)) for _ in range(REPEATS))
    return {"side": side, "horizon": horizon, "size": moves.size * horizon, "seconds_per_task": seconds / TASKS}


def _slope(points: Sequence[dict[str, Any]]) -> float:
    """1 = linear in states x actions x horizon."""
    size, seconds = ([point[key] for point in points] for key in ("size", "seconds_per_task"))
    return float(np.polyfit(np.log(size), np.log(seconds), 1)[0])


def memory_over_meta_steps(num_steps: int, rng: np.random.Generator) -> dict[str, int]:
    """Growth of the process's largest memory over meta-steps of a tiny MandRIL, in bytes."""
    grid = Grid(5, 5, 8)
    learner = Mandril(RewardNet(RewardNetConfig((2, 2, 2, 2))), grid, MandrilConfig())
    optimizer = torch.optim.Adam(learner.parameters())
    sides = []
    for _ in range(2):
        picture = rng.integers(0, 256, (CELL_PX * grid.rows, CELL_PX * grid.cols, 3)).astype(np.uint8)
        sides.append(
            scenes_of([GridDemo(picture, np.array([[0, 0], [1, 1], [2, 2]]))], grid.rows, grid.cols, grid.horizon)
        )

    def run(count: int) -> int:
        for _ in range(count):
            optimizer.zero_grad()
            learner.meta_loss(RewardMetaTask(*sides)).total.backward()
            optimizer.step()
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = run(min(WARM_UP, num_steps))
    return {"meta_steps": num_steps, "growth_bytes": run(num_steps) - before}


def draw_cost(cost: dict[str, Any], path: Path) -> None:
    """Cost against size as a picture, with a line of slope one through each first point."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for key, label in (("by_side", f"grids of side {SIDES[0]} to {SIDES[-1]}"), ("by_horizon", "horizons")):
        size, seconds = (np.array([point[name] for point in cost[key]]) for name in ("size", "seconds_per_task"))
        (line,) = axes.loglog(size, 1e3 * seconds, "o-", label=f"{label}, slope {cost[f'slope_{key}']:.2f}")
        axes.loglog(size, 1e3 * seconds[0] * size / size[0], ":", color=line.get_color(), linewidth=1)
    axes.set(xlabel="states x actions x horizon", ylabel="ms per task", title="Soft values and visits; dotted: linear")
    axes.legend()
    with committed_file(path) as partial:
        figure.savefig(partial, format="png", dpi=120)
