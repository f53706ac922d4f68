"""Pictures of ropes to learn goals from: read from a file, collected into it first where it is missing."""

from pathlib import Path

from rich.progress import track

from data_tools.demo import Split
from data_tools.rope_pictures import RopePictures, read_ropes, write_ropes
from mil_core.commands.output import BadArgument, console
from sim.rope_collect import collect_rope, collect_ropes


def rope_pictures(
    path: Path, split: Split, num_tasks: int, seed: int, workers: int | None, num_misses: int
) -> list[RopePictures]:
    """The first tasks of a split.

    Args: path: ends in .npz. seed: of the collection. workers, num_misses: as for sim.rope_collect.collect_ropes.
    Raises: DataError, SimError; BadArgument: the file holds other tasks.
    """
    if not path.exists():
        console.print(f"collecting {num_tasks} {split} shapes into {path}")
        write_ropes(path, list(track(collect_ropes(split, seed, num_tasks, workers, num_misses), "play with the rope",
                                     total=num_tasks, console=console)))  # fmt: skip
    tasks = read_ropes(path)
    # The first one tells the rest; to play all of them again would take as long as to collect them.
    first = collect_rope(split, seed, 0, num_misses)
    expected = num_tasks, first.task_id, len(first.pictures)
    found = (len(tasks), tasks[0].task_id, len(tasks[0].pictures)) if tasks else (0, "none", 0)
    if found != expected:
        raise BadArgument(
            f"{path}: expected number of {split} shapes, first shape and its pictures {expected}, found {found}; "
            "move the file away to collect a new one."
        )
    return tasks
