"""`mil edit`: delete, split, merge, relabel and filter the demonstrations of a file, and take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import OmitArgPrefixes, OmitSubcommandPrefixes, Positional

from data_tools import edit as edits
from data_tools import edit_files
from data_tools.demo import Outcome
from data_tools.doctor_survey import facts_of
from data_tools.edit import Recipe
from mil_core.commands.output import BadArgument, console


@dataclass(frozen=True, kw_only=True)
class _Target:
    """Where the result goes."""

    out: Path | None = None
    """New file, ending in .hdf5; the old one is replaced and kept as FILE.undo-<time> when left out."""
    overwrite: bool = False
    """Replace a file that stands at --out."""


@dataclass(frozen=True)
class Delete(_Target):
    """Leave out demonstrations."""

    demos: Positional[tuple[str, ...]] = ()
    """Names of demonstrations, as `mil inspect` lists them: demo_0 demo_3."""
    task: tuple[str, ...] = ()
    """Tasks to leave out, with their demonstrations and films."""

    def recipe(self, path: Path) -> Recipe:
        """What the new file is made of."""
        return edits.delete(facts_of(path), self.demos, self.task)


@dataclass(frozen=True)
class Filter(_Target):
    """Keep only demonstrations that meet all conditions."""

    outcome: Outcome | None = None
    """How they ended."""
    task: str | None = None
    """Pattern of their task: place-train-*."""
    robot: str | None = None
    """Their robot."""
    min_steps: int = 0
    """Least number of steps."""
    max_steps: int | None = None
    """Greatest number of steps."""

    def recipe(self, path: Path) -> Recipe:
        """What the new file is made of."""
        criteria = edits.Criteria(self.outcome, self.task, self.robot, self.min_steps, self.max_steps)
        return edits.filtered(facts_of(path), criteria)


@dataclass(frozen=True)
class Relabel(_Target):
    """Give demonstrations another task or outcome."""

    demos: Positional[tuple[str, ...]] = ()
    """Names of demonstrations."""
    task: tuple[str, ...] = ()
    """Tasks whose demonstrations, and with --task-id also whose films, are meant."""
    task_id: str | None = None
    """Their new task."""
    outcome: Outcome | None = None
    """Their new outcome."""

    def recipe(self, path: Path) -> Recipe:
        """What the new file is made of."""
        return edits.relabel(facts_of(path), self.demos, self.task, task_id=self.task_id, outcome=self.outcome)


@dataclass(frozen=True)
class Merge(_Target):
    """Append the demonstrations and films of other files."""

    others: Positional[tuple[Path, ...]]
    """Demo files of the same split, robot and picture size."""

    def recipe(self, path: Path) -> Recipe:
        """What the new file is made of."""
        if not self.others:
            raise BadArgument("merge: expected other demo files, found none; type: mil edit FILE merge OTHER.hdf5")
        return edits.merge([facts_of(file) for file in (path, *self.others)])


@dataclass(frozen=True)
class Split:
    """Divide the file into new ones, in order; the old file stays as it is."""

    into: Positional[tuple[Path, ...]]
    """New files, one for each part."""
    shares: tuple[float, ...] = ()
    """Relative sizes of the parts; equal when left out."""
    by: Literal["tasks", "demos"] = "tasks"
    """tasks: each stays whole in one part. demos: divide between any two demonstrations."""
    overwrite: bool = False
    """Replace files that stand there."""

    def recipes(self, path: Path) -> Sequence[Recipe]:
        """What each new file is made of."""
        shares = self.shares or (1.0,) * len(self.into)
        if len(shares) != len(self.into) or len(set(self.into)) != len(self.into):
            found = f"{len(shares)} for {len(self.into)}"
            raise BadArgument(f"split: expected different files and one share for each, found {found}; name as many.")
        return edits.split(facts_of(path), shares, by_demos=self.by == "demos")


@dataclass(frozen=True)
class Undo:
    """Put back what the last edit or repair in place has replaced; its result is kept as FILE.undone-<time>."""


_Operation = (
    Annotated[Delete, tyro.conf.subcommand("delete")]
    | Annotated[Split, tyro.conf.subcommand("split")]
    | Annotated[Merge, tyro.conf.subcommand("merge")]
    | Annotated[Relabel, tyro.conf.subcommand("relabel")]
    | Annotated[Filter, tyro.conf.subcommand("filter")]
    | Annotated[Undo, tyro.conf.subcommand("undo")]
)


@dataclass(frozen=True)
class Edit:
    """Change which demonstrations a file holds and what they are called; the measurements stay as they are."""

    file: Positional[Path]
    """Demo file."""
    operation: OmitSubcommandPrefixes[OmitArgPrefixes[_Operation]]
    """What to do."""

    def run(self) -> int:
        """Read, make a new file, say where it is."""
        if isinstance(self.operation, Undo):
            console.print(f"{self.file} is again what it was, from {edit_files.undo(self.file)}")
        elif isinstance(self.operation, Split):
            for recipe, out in zip(self.operation.recipes(self.file), self.operation.into, strict=True):
                edit_files.write_new(recipe, out, overwrite=self.operation.overwrite)
                console.print(_result(recipe, out))
        else:
            self._write(self.operation, self.operation.recipe(self.file))
        return 0

    def _write(self, target: _Target, recipe: Recipe) -> None:
        if target.out is not None:
            edit_files.write_new(recipe, target.out, overwrite=target.overwrite)
            console.print(_result(recipe, target.out))
            return
        undo = edit_files.write_in_place(recipe, self.file)
        console.print(f"{_result(recipe, self.file)}; the old file is {undo}, and comes back with: "
                      f"mil edit {self.file} undo")  # fmt: skip


def _result(recipe: Recipe, out: Path) -> str:
    return f"{len(recipe.demos)} demonstrations and {len(recipe.films)} films of {len(recipe.tasks)} tasks in {out}"
