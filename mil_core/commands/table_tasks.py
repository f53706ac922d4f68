"""Tabletop tasks to learn rewards from: read from a file, collected into it first where it is missing."""

from pathlib import Path

from rich.progress import track

from data_tools.demo import Split
from data_tools.reward_file import read_reward_tasks, write_reward_tasks
from data_tools.reward_task import RewardTask
from mil_core.commands.output import BadArgument, console
from mil_core.experiments.reward import RewardDataConfig
from sim.collect import task_at
from sim.tabletop_collect import collect_table_tasks


def table_tasks(
    path: Path, split: Split, num_tasks: int, data: RewardDataConfig, workers: int | None
) -> list[RewardTask]:
    """The first tasks of a split.

    Args: path: ends in .npz. data: seed and demonstrations. workers: as for sim.tabletop_collect.collect_table_tasks.
    Raises: DataError, SimError; BadArgument: the file holds other tasks.
    """
    if not path.exists():
        console.print(f"collecting {num_tasks} {split} tasks into {path}")
        made = collect_table_tasks(split, data.seed, num_tasks, data.most_demos, workers)
        write_reward_tasks(path, list(track(made, "collect tabletop", total=num_tasks, console=console)))
    tasks = read_reward_tasks(path)
    found = [(task.task_id, *(len(scene.demos) for scene in task.scenes)) for task in tasks]
    ids = [task_at("tabletop", split, data.seed, index).task_id for index in range(num_tasks)]
    if found != [(task_id, data.most_demos, data.most_demos) for task_id in ids]:
        raise BadArgument(
            f"{path}: expected {num_tasks} {split} tasks of seed {data.seed} with {data.most_demos} demonstrations a "
            f"scene, found {len(tasks)} tasks, the first one {found[:1]}; move the file away to collect a new one."
        )
    return tasks
