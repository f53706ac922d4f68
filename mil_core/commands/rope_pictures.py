"""Pictures of ropes to learn goals from: read from a file, collected into it first where it is missing."""

from pathlib import Path

from rich.progress import track

from data_tools.demo import Split
from data_tools.rope_pictures import RopePictures, read_ropes, write_ropes
from mil_core.commands.output import BadArgument, console
from sim.collect import task_at
from sim.rope_collect import collect_ropes


def rope_pictures(path: Path, split: Split, num_tasks: int, seed: int, workers: int | None) -> list[RopePictures]:
    """The first tasks of a split.

    Args: path: ends in .npz. seed: of the collection. workers: as for sim.rope_collect.collect_ropes.
    Raises: DataError, SimError; BadArgument: the file holds other tasks.
    """
    if not path.exists():
        console.print(f"collecting {num_tasks} {split} shapes into {path}")
        write_ropes(path, list(track(collect_ropes(split, seed, num_tasks, workers), "play with the rope",
                                     total=num_tasks, console=console)))  # fmt: skip
    tasks = read_ropes(path)
    # The first one tells seed and split; to play all of them again would take as long as to collect them.
    if len(tasks) != num_tasks or tasks[0].task_id != task_at("rope", split, seed, 0).task_id:
        raise BadArgument(
            f"{path}: expected {num_tasks} {split} shapes of seed {seed}, found {len(tasks)}, the first one "
            f"{tasks[0].task_id if tasks else 'none'}; move the file away to collect a new one."
        )
    return tasks
