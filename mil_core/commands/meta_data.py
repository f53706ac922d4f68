"""Where a training run's demonstrations come from: a file that is there, or one that is collected first."""

from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from data_tools.demo import Split, TaskDemos
from data_tools.hdf5 import list_tasks, read_provenance, read_tasks
from mil_core.commands.output import BadArgument, console
from mil_core.demo_sizes import check_demo_sizes
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.policies.policy import PolicyConfig
from sim.collect import Order, collect

HELD_OUT = 0.1
"""Share of the tasks of a user's own file that validate instead of train."""


@dataclass(frozen=True)
class MetaData:
    """Tasks to learn from and tasks to look at."""

    training: list[TaskDemos]
    """Tasks of the outer loop."""
    validation: list[TaskDemos]
    """Tasks that the outer loop never meets."""
    files: tuple[Path, ...]
    """The demo files that they were read from."""


def own_data(path: Path, policy: PolicyConfig) -> MetaData:
    """The tasks of a user's own demo file; the last tenth of them, at least one, validates.

    Raises: DataError: the file cannot be read. SupportMismatch: its demos do not fit the policy. BadArgument: it holds
        fewer than two tasks.
    """
    tasks = _read(path)
    for task in tasks:
        for demo in task.demos:
            check_demo_sizes(demo, policy)
    if len(tasks) < 2:
        raise BadArgument(f"{path}: expected at least 2 tasks, found {len(tasks)}; collect more: mil collect --help")
    num_held_out = max(1, round(HELD_OUT * len(tasks)))
    return MetaData(tasks[:-num_held_out], tasks[-num_held_out:], (path,))


def simulated_data(experiment: ImitationExperiment, folder: Path, label: str, workers: int | None) -> MetaData:
    """The meta-training set of an experiment from `folder`, collected first where it is missing.

    Args: label: begins the file names. workers: as for sim.collect.collect.
    Raises: DataError, SimError; BadArgument: a file of that name holds something else.
    """
    data = experiment.data
    training = folder / f"{label}_train.hdf5"
    validation = folder / f"{label}_validation.hdf5"
    _ensure(training, _order(experiment, "train"), data.num_tasks, workers)
    _ensure(validation, _order(experiment, "validation"), data.num_validation_tasks, workers)
    return MetaData(_read(training), _read(validation), (training, validation))


def _order(experiment: ImitationExperiment, split: Split) -> Order:
    data = experiment.data
    return Order(experiment.task, experiment.robot, split, data.seed, data.demos_per_task, data.films_per_task)


def _ensure(path: Path, order: Order, num_tasks: int, workers: int | None) -> None:
    if not path.exists():
        console.print(f"collecting {num_tasks} {order.split} tasks into {path}")
        collect(order, num_tasks, path, workers=workers)
        return
    origin, entries = read_provenance(path), list_tasks(path)
    num_demos = {len(entry.demo_names) for entry in entries}
    num_films = min(entry.num_films for entry in entries) if entries else 0
    found = (origin.task, origin.split, origin.seed, len(entries), num_demos)
    wanted = (order.task, order.split, order.seed, num_tasks, {order.demos_per_task})
    if found != wanted or num_films < order.films_per_task:
        raise BadArgument(
            f"{path}: expected task, split, seed, number of tasks, demos and at least so many films per task "
            f"{(*wanted, order.films_per_task)}, found {(*found, num_films)}; "
            "move the file away to collect a new one, or train on it with --data."
        )


def _read(path: Path) -> list[TaskDemos]:
    number = len(list_tasks(path))
    tasks = list(track(read_tasks(path), f"reading {path.name}", total=number, console=console))
    if any(film.goal_xy is None for task in tasks for film in task.films):
        raise BadArgument(
            f"{path}: expected films that tell where the item came to rest, found some of an earlier version; "
            "move the file away to collect a new one."
        )
    return tasks
