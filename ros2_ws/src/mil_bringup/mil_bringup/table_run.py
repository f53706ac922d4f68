"""One way over the table shown, and the robot on its own way in a new scene, through the whole ROS 2 graph.

    .venv/bin/python ros2_ws/src/mil_bringup/mil_bringup/environment.py \\
        .venv/bin/python -m mil_bringup.table_run --tasks 50 --out results/mandril_tabletop_ros.json

The scenes are those of `mil evaluate --experiment mandril_tabletop`; here the robot moves only by what the safety gate
lets through.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro
from mil_interfaces.action import Adapt, RunPolicy
from rich.progress import track

from data_tools.errors import DataError
from data_tools.grid_file import write_grid_demo
from mil_bringup.bringup import BringupError, Graph
from mil_bringup.client import Client
from mil_bringup.processes import ADAPT_AND_RUN, params_file
from mil_core.checkpoint import load
from mil_core.commands.output import console, require_at_least, write_json
from mil_core.commands.table_trials import SPLIT, table_support, table_task
from mil_core.errors import MilError
from mil_core.evaluate import Episode, Protocol, results
from mil_core.experiments.reward import RewardExperiment
from sim.collect import TRIAL_LAYOUT

OK, BROKEN, BAD_INPUT = 0, 1, 2


@dataclass(frozen=True)
class TableOptions:
    """Show one way in each task, let the robot go in a new scene of it, and count."""

    checkpoint: Path = Path("checkpoints/mandril_tabletop")
    """Folder of the meta-trained learner of rewards."""
    tasks: int = 50
    """Number of tasks."""
    seed: int = 7
    """Seed of tasks and scenes."""
    out: Path = Path("out/table/results.json")
    """Results file; the library and the logs of the nodes go beside it."""


def run(options: TableOptions) -> None:
    """Run all tasks and write what came out. Raises: BringupError, MilError, DataError, SimError."""
    require_at_least(1, {"tasks": options.tasks})
    require_at_least(0, {"seed": options.seed})
    checkpoint = load(options.checkpoint, RewardExperiment)
    work = Path("out/table").resolve()
    folders = {"library": work / "library", "checkpoint": options.checkpoint.resolve()}
    overrides = {"policy_runner": folders, "sim_robot": {"task": "tabletop"}}
    method = checkpoint.experiment.method
    with Graph(ADAPT_AND_RUN, params_file("fast"), overrides, work / "log") as graph, Client(graph.check) as client:
        client.wait_ready()
        client.arm()
        indices = track(range(options.tasks), "round the glasses", console=console)
        episodes = [_attempt(client, folders["library"], method, options.seed, index) for index in indices]
    protocol = Protocol(options.seed, options.tasks, 1, "success_at_end")
    content = results(checkpoint, protocol, episodes)
    content["command"] = f"python -m mil_bringup.table_run --seed {options.seed} --tasks {options.tasks}"
    write_json(options.out, content)
    row = content["methods"][method]
    console.print(f"{row['successes']} of {row['n']} arrived without touching a glass; written to {options.out}")


def _attempt(client: Client, library: Path, method: str, seed: int, index: int) -> Episode:
    """Show the way of a test task and let the robot go in its first new scene."""
    task = table_task(seed, index)
    write_grid_demo(library / f"way-{index}.npz", table_support(task, seed, index))
    adapted = client.adapt(f"way-{index}")
    if adapted.termination_reason != Adapt.Result.SUCCEEDED:
        raise BringupError(f"Task {index}: expected an adapted reward, found: {adapted.message}")
    scene = client.reset_scene("tabletop", SPLIT, seed, index, TRIAL_LAYOUT)
    ended = client.run_policy(adapted.adapted_id, scene.horizon_steps)
    outcome = client.outcome()
    is_whole = ended.termination_reason == RunPolicy.Result.COMPLETED
    done = (outcome.success_once and is_whole, outcome.success_at_end and is_whole)
    return Episode(method, index, task.task_id, 0, *done, outcome.chosen)


def main() -> int:
    """0 = it ran, 1 = the graph broke down, 2 = bad input."""
    try:
        run(tyro.cli(TableOptions, prog="python -m mil_bringup.table_run"))
    except BringupError as error:
        print(error, file=sys.stderr)
        return BROKEN
    except (MilError, DataError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return OK


if __name__ == "__main__":
    sys.exit(main())
