"""Labelled pictures to learn goals from: read from a file, collected into it first where it is missing."""

from pathlib import Path

from rich.progress import track

from data_tools.demo import Split
from data_tools.goal_file import read_goal_groups, write_goal_groups
from data_tools.goal_pictures import GoalGroup
from mil_core.commands.goal_sources import GoalSource
from mil_core.commands.output import BadArgument, console


def goal_groups(
    source: GoalSource, path: Path, split: Split, num_groups: int, seed: int, workers: int | None
) -> list[GoalGroup]:
    """The first groups of a split.

    Args: path: ends in .npz. seed: of the collection. workers: as for sim.parallel.in_order.
    Raises: DataError, SimError; BadArgument: the file holds other groups.
    """
    if not path.exists():
        console.print(f"collecting {num_groups} {split} groups into {path}")
        made = source.collect(split, seed, num_groups, workers)
        write_goal_groups(path, list(track(made, "collect pictures", total=num_groups, console=console)))
    groups = read_goal_groups(path)
    if [group.group_id for group in groups] != [source.group_id(split, seed, index) for index in range(num_groups)]:
        raise BadArgument(
            f"{path}: expected {num_groups} {split} groups of seed {seed}, found {len(groups)}, the first one "
            f"{groups[0].group_id if groups else 'none'}; move the file away to collect a new one."
        )
    return groups
