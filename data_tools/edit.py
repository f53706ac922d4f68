"""Edits of demo files as recipes: which demos and films of which files make the new one, under which labels.

Pure: from facts to recipes. `edit_files` carries a recipe out. What stays keeps its order, films stay with their task,
and a task that loses its last demo loses its films too. Only a repair takes files that are damaged: whatever is made
of a file is sealed and hashed anew, so that the damage would be covered up.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NoReturn

from data_tools.atomic import file_sha256
from data_tools.demo import Outcome
from data_tools.doctor_checks import altered, broken, changed
from data_tools.doctor_facts import DemoFacts, FileFacts, FilmFacts
from data_tools.errors import DemoFileError
from data_tools.provenance import Parent, Provenance

_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")  # it becomes the name of a file and of a group


@dataclass(frozen=True)
class DemoPick:
    """One demo of the new file."""

    path: Path
    """File that it comes from."""
    facts: DemoFacts
    """What is known of it."""
    task_id: str
    """Task in the new file."""
    outcome: str
    """Outcome in the new file."""


@dataclass(frozen=True)
class FilmPick:
    """One film of the new file."""

    path: Path
    """Demo file that it comes from."""
    facts: FilmFacts
    """What is known of it."""
    task_id: str
    """Task in the new file."""


@dataclass(frozen=True)
class Recipe:
    """What a new file is made of."""

    sources: tuple[FileFacts, ...]
    """Files that it is made from, the first one giving what the file as a whole says of itself."""
    demos: tuple[DemoPick, ...]
    """Its demos, in order."""
    films: tuple[FilmPick, ...]
    """Its films, in order."""
    tasks: tuple[str, ...]
    """Its tasks, in order."""
    provenance: Provenance = field(repr=False)
    """Its origin."""


@dataclass(frozen=True)
class Criteria:
    """What demos must be like to stay; nothing is asked where nothing is given."""

    outcome: Outcome | None = None
    """How they ended."""
    task: str | None = None
    """Pattern of their task, as in file names: `place-*`."""
    robot: str | None = None
    """Name of the robot."""
    min_steps: int = 0
    """Least number of steps."""
    max_steps: int | None = None
    """Greatest number of steps."""

    def accept(self, demo: DemoFacts) -> bool:
        """Whether a demo stays."""
        return (
            (self.outcome is None or demo.label("outcome") == self.outcome)
            and (self.task is None or fnmatchcase(demo.task_id, self.task))
            and (self.robot is None or demo.label("robot") == self.robot)
            and self.min_steps <= demo.num_samples
            and (self.max_steps is None or demo.num_samples <= self.max_steps)
        )


def keep(file: FileFacts, stays: Callable[[DemoFacts], bool], operation: str, films: Collection[str] = ()) -> Recipe:
    """The file without the demos that do not stay.

    Args: stays: whether a demo stays. operation: for the provenance. films: tasks that lose their films.
    Raises: DemoFileError: the file is damaged, or nothing would be left.
    """
    _check_whole(file)
    demos = [_pick(file, demo) for demo in file.readable if stays(demo)]
    left, had = {pick.task_id for pick in demos}, {demo.task_id for demo in file.demos}
    gone = (had - left) | set(films)
    picks = [
        FilmPick(file.path, film, film.task_id) for film in file.films if not film.fault and film.task_id not in gone
    ]
    if not demos and not picks:
        _refuse(file, "something to be left", "nothing", "delete the file itself if you mean that")
    tasks = [task_id for task_id in file.tasks if task_id not in gone]
    return _recipe([file], demos, picks, tasks, operation)


def delete(file: FileFacts, demos: Collection[str], tasks: Collection[str] = ()) -> Recipe:
    """The file without some demos, by name, and without some tasks and their films. Raises: DemoFileError."""
    _check_whole(file)
    _check_known(file, demos, tasks)
    if not demos and not tasks:
        _refuse(file, "a demo or task to delete", "none", "name some: mil edit FILE delete demo_0")
    words = _words("delete", demos, {"task": tasks})
    return keep(file, lambda demo: demo.name not in demos and demo.task_id not in tasks, words, tasks)


def filtered(file: FileFacts, criteria: Criteria) -> Recipe:
    """The file with those demos only that meet the criteria. Raises: DemoFileError: none does."""
    flags = {name.replace("_", "-"): [value or None] for name, value in vars(criteria).items()}
    return keep(file, criteria.accept, _words("filter", (), flags))


def relabel(
    file: FileFacts,
    demos: Collection[str],
    tasks: Collection[str],
    *,
    task_id: str | None = None,
    outcome: Outcome | None = None,
) -> Recipe:
    """The file with another task or outcome for some demos, by name or by task; films follow only a whole task.

    Raises: DemoFileError: the file is damaged, a demo or task is unknown, or nothing is to be changed.
    """
    _check_whole(file)
    _check_known(file, demos, tasks)
    if not (demos or tasks) or (task_id is None and outcome is None):
        _refuse(
            file, "demos or tasks, and a new task or outcome", "less", "mil edit FILE relabel demo_0 --outcome failure"
        )

    if task_id is not None and not _TASK_ID.fullmatch(task_id):
        _refuse(file, f"a task id like {_TASK_ID.pattern}", repr(task_id), "choose another id")
    picks = [
        replace(pick, task_id=task_id or pick.task_id, outcome=outcome or pick.outcome)
        if pick.facts.name in demos or pick.task_id in tasks
        else pick
        for pick in (_pick(file, demo) for demo in file.readable)
    ]
    new_task = {name: task_id or name for name in tasks}
    films = [
        FilmPick(file.path, film, new_task.get(film.task_id, film.task_id)) for film in file.films if not film.fault
    ]
    emptied = {demo.task_id for demo in file.demos} - {pick.task_id for pick in (*picks, *films)}
    names = [new_task.get(name, name) for name in file.tasks if name in tasks or name not in emptied]
    words = _words("relabel", demos, {"task": tasks, "task-id": [task_id], "outcome": [outcome]})
    return _recipe([file], picks, films, [*names, *(pick.task_id for pick in picks)], words)


def merge(files: Sequence[FileFacts]) -> Recipe:
    """All demos and films of some files, in order; a film that a task has already is not taken twice.

    Raises: DemoFileError: a file is damaged, or they are of different splits.
    """
    for file in files:
        _check_whole(file)
        if file.provenance.split != files[0].provenance.split:
            first, leak = files[0], "keep the splits in different files, or what is held out leaks"
            _refuse(file, f"split {first.provenance.split!r}, as {first.path.name}", repr(file.provenance.split), leak)
    films: dict[tuple[str, str], FilmPick] = {}
    for file in files:
        for film in file.films:
            if not film.fault:
                films.setdefault((film.task_id, film.sha256), FilmPick(file.path, film, film.task_id))
    demos = [_pick(file, demo) for file in files for demo in file.readable]
    tasks = [task_id for file in files for task_id in file.tasks]
    return _recipe(files, demos, list(films.values()), tasks, "merge")


def split(file: FileFacts, shares: Sequence[float], by_demos: bool = False) -> list[Recipe]:
    """The file in parts that follow each other, at least one demo or task in each.

    Args: shares: relative sizes of the parts. by_demos: divide between any two demos; otherwise a task stays whole.
    Raises: DemoFileError: the file is damaged, fewer than two parts, a share that is not positive, or more parts than
        there is to divide.
    """
    _check_whole(file)
    order = {task_id: place for place, task_id in enumerate(file.tasks)}
    units = [demo.name for demo in file.readable] if by_demos else [t for t in file.tasks if t in _shown(file)]
    if len(shares) < 2 or min(shares) <= 0 or len(shares) > len(units):
        _refuse(
            file,
            f"2 to {len(units)} parts with positive shares",
            f"{list(shares)}",
            "ask for fewer parts, or --by demos",
        )
    parts = _parts(len(units), shares)
    recipes = []
    for number, (first, last) in enumerate(parts, 1):
        mine = set(units[first:last])
        demos = [_pick(file, demo) for demo in file.readable if (demo.name if by_demos else demo.task_id) in mine]
        tasks = {pick.task_id for pick in demos}
        if not by_demos and number == 1:
            tasks |= set(file.tasks) - _shown(file)  # tasks without demos
        films = [
            FilmPick(file.path, film, film.task_id) for film in file.films if film.task_id in tasks and not film.fault
        ]
        words = f"split, part {number} of {len(parts)}"
        recipes.append(_recipe([file], demos, films, sorted(tasks, key=lambda name: order.get(name, 0)), words))
    return recipes


def mended(file: FileFacts, dropped: Collection[str], forgotten: Collection[tuple[str, str]], operation: str) -> Recipe:
    """The file without broken demos and without films that are missing, with everything that follows made right.

    Args: dropped: names of demos. forgotten: task and name of films. operation: for the provenance.
    """
    demos = [_pick(file, demo) for demo in file.readable if demo.name not in dropped]
    films = [
        FilmPick(file.path, film, film.task_id)
        for film in file.films
        if not film.fault and (film.task_id, film.name) not in forgotten
    ]
    had, left = {demo.task_id for demo in file.demos}, {p.task_id for p in demos} | {film.task_id for film in films}
    tasks = [task_id for task_id in file.tasks if task_id in left or task_id not in had]
    return _recipe([file], demos, films, [*tasks, *(pick.task_id for pick in demos)], operation)


def parent_of(file: FileFacts) -> Parent:
    """A file as the origin of another one."""
    origin = file.provenance
    return Parent(file.path.name, file_sha256(file.path), origin.operation, origin.parents)


def _recipe(
    files: Sequence[FileFacts], demos: Sequence[DemoPick], films: Sequence[FilmPick], tasks: Iterable[str], words: str
) -> Recipe:
    origin = files[0].provenance
    if any(file.provenance.seed != origin.seed for file in files):
        origin = replace(origin, seed=-1)  # each demo keeps its own
    parents = tuple(map(parent_of, files))
    return Recipe(
        tuple(files),
        tuple(demos),
        tuple(films),
        tuple(dict.fromkeys(tasks)),
        replace(origin, operation=words, parents=parents),
    )


def _words(operation: str, demos: Iterable[str], flags: Mapping[str, Iterable[object]]) -> str:
    """An operation as it is typed; flags whose value is None are left out."""
    given = [f"--{name} {value}" for name, values in flags.items() for value in values if value is not None]
    return " ".join([operation, *demos, *given])


def _pick(file: FileFacts, demo: DemoFacts) -> DemoPick:
    return DemoPick(file.path, demo, demo.task_id, demo.label("outcome"))


def _shown(file: FileFacts) -> set[str]:
    """Tasks that have demos."""
    return {demo.task_id for demo in file.readable}


def _parts(count: int, shares: Sequence[float]) -> list[tuple[int, int]]:
    """Where each part begins and ends, none of them empty."""
    ends: list[int] = []
    for number in range(1, len(shares) + 1):
        wanted = round(count * sum(shares[:number]) / sum(shares))
        lowest = ends[-1] + 1 if ends else 1
        ends.append(min(max(wanted, lowest), count - (len(shares) - number)))
    return list(zip([0, *ends], ends, strict=False))


def _check_whole(file: FileFacts) -> None:
    faults = [f"{where} {found}".strip() for check in (altered, broken, changed) for where, found in check(file, ())]
    if faults:
        repair = f"mil validate {file.path} --repair"
        _refuse(file, "a file and demos that are as they were written", "; ".join(faults[:3]), repair)


def _check_known(file: FileFacts, demos: Collection[str], tasks: Collection[str]) -> None:
    unknown = sorted(set(demos) - {demo.name for demo in file.demos}) + sorted(set(tasks) - set(file.tasks))
    if unknown:
        _refuse(file, "demos and tasks of the file", f"{unknown[:3]}", f"list them with: mil inspect {file.path}")


def _refuse(file: FileFacts, expected: str, found: str, next_step: str) -> NoReturn:
    raise DemoFileError(f"Demo file {file.path}: expected {expected}; found {found}. Next: {next_step}.")
