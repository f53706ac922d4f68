"""Moves to learn to predict from: read from a file, played into it first where it is missing."""

from pathlib import Path

from rich.progress import track

from data_tools.demo import Split
from data_tools.interactions import Interactions, read_interactions, write_interactions
from mil_core.commands.output import BadArgument, console
from sim.arrange_collect import group_id
from sim.arrange_play import collect_play


def move_plays(
    path: Path, split: Split, num_groups: int, num_moves: int, seed: int, workers: int | None
) -> list[Interactions]:
    """The first groups of a split, each with so many moves.

    Args: path: ends in .npz. seed: of the collection. workers: as for sim.parallel.in_order.
    Raises: DataError, SimError; BadArgument: the file holds other groups or another number of moves.
    """
    if not path.exists():
        console.print(f"playing with {num_groups} {split} groups of blocks, {num_moves} moves each, into {path}")
        made = collect_play(split, seed, num_groups, num_moves, workers)
        write_interactions(path, list(track(made, "play with blocks", total=num_groups, console=console)))
    groups = read_interactions(path)
    expected = [group_id(split, seed, index) for index in range(num_groups)]
    if [group.group_id for group in groups] != expected or len(groups[0].before) != num_moves:
        raise BadArgument(
            f"{path}: expected {num_groups} {split} groups of seed {seed} with {num_moves} moves, found {len(groups)} "
            f"with {len(groups[0].before) if groups else 0}; move the file away to collect a new one."
        )
    return groups
