"""Demonstrations by experts and films of humans, made to order and repeatable from four numbers.

Everything that is drawn comes from (collection seed, split, task index, layout index): `task_at` and `layout_rng` are
the one place where these become random numbers. Refuses to know how files are laid out.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from data_tools.demo import Demo, Split, TaskDemos
from data_tools.hdf5 import write_tasks
from data_tools.provenance import Provenance
from data_tools.workers import worker_pool
from sim.env import Environment
from sim.environments import open_environment
from sim.errors import ExpertFailed, SimError, UnknownRobot, UnknownSplit, UnknownTask
from sim.experts import EXPERTS
from sim.experts.expert import AbstractExpert
from sim.human import film
from sim.robots import ROBOTS
from sim.robots.robot import AbstractRobot
from sim.rollout import Rollout, rollout
from sim.tasks import TASKS
from sim.tasks.place import PlaceTask
from sim.tasks.task import AbstractTask

EXPLORATION_NOISE_M_S = 0.04
"""Standard deviation of what is added to the expert's velocities as they are executed (Laskey et al. 2017, DART): the
demonstration then also shows how to come back from small errors. The recorded action is the expert's own."""
MAX_ATTEMPTS = 10
FILM_LAYOUT = 500
"""Layout index of the first film of a task; demonstrations count from 0."""
TRIAL_LAYOUT = 1000
"""Layout index of the first evaluation trial of a task."""
PENDING_PER_WORKER = 3
"""Finished tasks wait in memory for the writer, so no worker may run far ahead."""


@dataclass(frozen=True)
class Order:
    """What to collect."""

    task: str
    """A key of sim.tasks.TASKS."""
    robot: str
    """A key of sim.robots.ROBOTS."""
    split: Split = "train"
    """Which identities."""
    seed: int = 0
    """Collection seed."""
    demos_per_task: int = 2
    """Demonstrations by the robot, each with its own layout."""
    films_per_task: int = 0
    """Films of a human, each with its own layout, room and camera."""
    exploration_noise_m_s: float = EXPLORATION_NOISE_M_S
    """See EXPLORATION_NOISE_M_S; zero for none."""

    def __post_init__(self) -> None:
        task_class(self.task)  # each refuses what it does not know
        robot_class(self.robot)
        split_index(self.split)
        if self.task not in EXPERTS:
            raise SimError(
                f"Expected a task that an expert can show, found {self.task!r}; use one of: {', '.join(EXPERTS)}."
            )
        robots = EXPERTS[self.task].robots
        if self.robot not in robots:
            raise SimError(
                f"Expected one of the robots {', '.join(robots)}, which the expert of task {self.task!r} can move, "
                f"found {self.robot!r}; type --robot {robots[0]}."
            )
        if self.films_per_task > 0 and self.task != "place":
            raise SimError(f"Expected task 'place' for films of humans, found {self.task!r}; leave out --human.")


def task_class(name: str) -> type[AbstractTask]:
    """The task of a name. Raises: UnknownTask."""
    if name not in TASKS:
        raise UnknownTask(name, TASKS)
    return TASKS[name]


def robot_class(name: str) -> type[AbstractRobot]:
    """The robot of a name. Raises: UnknownRobot."""
    if name not in ROBOTS:
        raise UnknownRobot(name, ROBOTS)
    return ROBOTS[name]


def split_index(split: Split) -> int:
    """Place of a split in `data_tools.demo.Split`. Raises: UnknownSplit."""
    if split not in get_args(Split):
        raise UnknownSplit(split, get_args(Split))
    return get_args(Split).index(split)


def task_at(task_name: str, split: Split, seed: int, index: int) -> AbstractTask:
    """Task number `index` of a split under a collection seed; the same on every call."""
    return task_class(task_name).sample(np.random.default_rng([seed, split_index(split), index]), split)


def layout_rng(seed: int, split: Split, index: int, k: int) -> np.random.Generator:
    """Source of the k-th layout of a task. Demonstrations use k < 500, films 500 to 999, trials 1000 and up."""
    # A list that ends in zero seeds like the list without it: k + 1 keeps layouts apart from the identity itself.
    return np.random.default_rng([seed, split_index(split), index, k + 1])


def home_rng(seed: int, split: Split, index: int, k: int) -> np.random.Generator:
    """Source of where the robot stands when it goes home in the k-th layout of a task: a stream of its own."""
    return layout_rng(seed, split, index, k).spawn(2)[1]


def collect_demo(
    task: AbstractTask, robot: AbstractRobot, rng: np.random.Generator, noise_m_s: float = EXPLORATION_NOISE_M_S
) -> Demo:
    """One successful demonstration by the task's expert.

    Args: task, robot: what is shown by whom. rng: layouts and noise. noise_m_s: see EXPLORATION_NOISE_M_S.
    Raises: ExpertFailed: MAX_ATTEMPTS layouts without success.
    """
    with open_environment(task, robot) as env:
        return _successful_demo(env, rng, noise_m_s)


def attempt(env: Environment, rng: np.random.Generator, noise_m_s: float = EXPLORATION_NOISE_M_S) -> Rollout:
    """One try of the task's expert, in the next layout of a stream of random numbers."""
    expert = _expert_for(env.task)
    is_begun = False

    def act(_: object) -> NDArray[np.float64]:
        nonlocal is_begun
        if not is_begun:
            expert.reset(env, rng)
            is_begun = True
        return expert.act(env)

    def disturb(action: NDArray[np.floating]) -> NDArray[np.floating]:
        return expert.disturbed(action, rng, noise_m_s)

    return rollout(env, act, rng, record=True, disturb=disturb)


def collect_task(order: Order, index: int) -> TaskDemos:
    """Demonstrations and films of task number `index`. Raises: ExpertFailed."""
    task = task_at(order.task, order.split, order.seed, index)

    def rng(k: int) -> np.random.Generator:
        return layout_rng(order.seed, order.split, index, k)

    with open_environment(task, robot_class(order.robot)()) as env:
        demos = tuple(_successful_demo(env, rng(k), order.exploration_noise_m_s) for k in range(order.demos_per_task))
    films = ()
    if isinstance(task, PlaceTask):
        films = tuple(film(task, rng(FILM_LAYOUT + k)) for k in range(order.films_per_task))
    return TaskDemos(task.task_id, demos, films)


def collect(order: Order, num_tasks: int, out: Path, *, workers: int | None = None, overwrite: bool = False) -> None:
    """Collect tasks 0 to num_tasks - 1 into a demo file, with their films beside it, showing progress.

    Args:
        order: what to collect.
        num_tasks: at least 1.
        out: demo file to write, ends in .hdf5.
        workers: processes; one per core when None, none but this one when 0.
        overwrite: replace a file that is there.

    Raises: SimError; data_tools.errors.DataError when the file cannot be written.
    """
    if num_tasks < 1:
        raise SimError(f"Expected at least one task, found {num_tasks}; type --tasks 1 or more.")
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *times) as progress:
        shown = progress.track(_tasks(order, num_tasks, workers), total=num_tasks, description=f"collect {order.task}")
        provenance = Provenance(task=order.task, split=order.split, seed=order.seed, created_by="mil collect")
        write_tasks(out, shown, provenance, overwrite=overwrite)


def _tasks(order: Order, num_tasks: int, workers: int | None) -> Iterator[TaskDemos]:
    """Tasks in order of their index, whatever the number of workers."""
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    if workers == 0 or num_tasks == 1:
        yield from (collect_task(order, index) for index in range(num_tasks))
        return
    with worker_pool(workers) as pool:
        pending: deque[Future[TaskDemos]] = deque()
        for index in range(num_tasks):
            pending.append(pool.submit(collect_task, order, index))
            if len(pending) >= PENDING_PER_WORKER * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _successful_demo(env: Environment, rng: np.random.Generator, noise_m_s: float) -> Demo:
    for _ in range(MAX_ATTEMPTS):
        result = attempt(env, rng, noise_m_s)
        if result.success_at_end and result.demo is not None:
            return result.demo
    raise ExpertFailed(
        f"Expected a success in {MAX_ATTEMPTS} layouts of task {env.task.task_id!r}, found none; try another seed."
    )


def _expert_for(task: AbstractTask) -> AbstractExpert:
    name = next(name for name, known in TASKS.items() if isinstance(task, known))
    return EXPERTS[name]()
