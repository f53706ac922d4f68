"""Carries recipes out: into a new file, or in place of the old one, which is then kept as an undo copy.

In place of `demos.hdf5` the old file becomes `demos.hdf5.undo-<time>`; films that the new one does not refer to move to
`demos_films.undo-<time>/`, and `undo` puts both back. Files are moved within the folder of the dataset, and nothing
outside of it is touched.
"""

import glob
import os
import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from data_tools.atomic import committed_file, file_sha256, flush_to_disk, partial_name, replace_folder
from data_tools.doctor_facts import FileFacts
from data_tools.doctor_survey import facts_of
from data_tools.edit import FilmPick, Recipe
from data_tools.errors import DataError, DemoFileError
from data_tools.film_folder import film_folder
from data_tools.hdf5_rebuild import check_shapes, rebuild
from data_tools.hdf5_salvage import rescue
from data_tools.hdf5_writer import has_films

_UNDO, _UNDONE = ".undo-", ".undone-"


def write_new(recipe: Recipe, out: Path, *, overwrite: bool = False) -> None:
    """Write a recipe as a new file with its own film folder; whole or not at all.

    Raises: DemoFileError: the name is taken or wrong, or demos do not fit together.
    """
    films = film_folder(out)
    if out.resolve() in {file.path.resolve() for file in recipe.sources}:
        _refuse(out, "another file than the one that is edited", "the same", "leave --out away to edit in place")
    taken = [str(path) for path in (out, films) if path.exists()]
    if out.suffix != ".hdf5" or (taken and not overwrite):
        _refuse(
            out, "a free name that ends in .hdf5", ", ".join(taken) or out.name, "choose another or add --overwrite"
        )
    if films.exists() and not has_films(out):
        _refuse(out, "a free name, or films of an old demo file", f"{films}, which is not", "move it away")
    check_shapes(recipe)
    out.parent.mkdir(parents=True, exist_ok=True)
    names = _film_names(recipe.films, set())
    partial_films = partial_name(films)
    with committed_file(out) as partial:
        try:
            _copy_films(recipe.films, names, partial_films)
            rebuild(recipe, names, partial)
            if partial_films.exists():
                replace_folder(partial_films, films)
            elif films.exists():
                shutil.rmtree(films)
        finally:
            shutil.rmtree(partial_films, ignore_errors=True)


def write_in_place(recipe: Recipe | None, path: Path, quarantined: Collection[str] = ()) -> Path:
    """Put a recipe in the place of a file and keep the old one.

    Args: recipe: None leaves the demo file as it is. path: the file. quarantined: names in the film folder to put aside
        as well.
    Returns: the undo copy.
    Raises: DemoFileError: demos do not fit together, or a film that is needed is not there; nothing has changed then.
    """
    undo, folder, aside = _free_undo_name(path), film_folder(path), set(quarantined)
    if recipe is None:
        _copy(path, undo)
    else:
        _replace(recipe, path, undo)
        before = {film.file_name for source in recipe.sources if source.path == path for film in source.films}
        aside |= before - {pick.facts.file_name for pick in recipe.films if pick.path == path}
    _move(aside & _members(folder), folder, _films_of_copy(undo, _UNDO))
    flush_to_disk(path.parent)
    return undo


def salvage_in_place(path: Path, places: Sequence[int]) -> Path:
    """Put the demos that begin at these places of a cut file in its place and keep the old one.

    Returns: the undo copy. Raises: DemoFileError: demos do not fit together; nothing has changed then.
    """
    undo, partial = _free_undo_name(path), partial_name(path)
    try:
        rescue(path, places, partial)
        _keep_under(path, undo)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    flush_to_disk(path.parent)
    return undo


def undo(path: Path) -> Path:
    """Put back what the last edit or repair replaced; what it had made is kept as `FILE.undone-<time>`.

    Returns: the undo copy, which is now the file itself.
    Raises: DemoFileError: there is none, or the file has been written since by something else.
    """
    copies = undo_copies(path)
    if not copies:
        _refuse(path, f"an undo copy {path.name}{_UNDO}<time>", "none", "nothing has been edited in place here")
    last, folder = copies[-1], film_folder(path)
    added: set[str] = set()
    if path.exists():
        now, before = _known_facts(path), _known_facts(last)
        _check_follows(path, last, now)
        if now is not None and before is not None:
            added = {film.file_name for film in now.films} - {film.file_name for film in before.films}
        undone = path.with_name(last.name.replace(_UNDO, _UNDONE))
        os.replace(path, undone)
        _move(added & _members(folder), folder, _films_of_copy(undone, _UNDONE))
    aside = _films_of_copy(last, _UNDO)
    _move(_members(aside), aside, folder)
    if aside.is_dir():
        aside.rmdir()
    os.replace(last, path)
    flush_to_disk(path.parent)
    return last


def undo_copies(path: Path) -> list[Path]:
    """Undo copies of a file, the oldest first."""
    return sorted(path.parent.glob(f"{glob.escape(path.name)}{_UNDO}*"))


def _replace(recipe: Recipe, path: Path, undo: Path) -> None:
    """Write a recipe over a file that keeps a second name; films of other files join those that are there."""
    check_shapes(recipe)
    folder, partial = film_folder(path), partial_name(path)
    foreign = [pick for pick in recipe.films if pick.path != path]
    new_names = _film_names(foreign, _members(folder))
    left = iter(new_names)
    names = [pick.facts.file_name if pick.path == path else next(left) for pick in recipe.films]
    try:
        _copy_films(foreign, new_names, folder)
        rebuild(recipe, names, partial)
        _keep_under(path, undo)
        os.replace(partial, path)
    except BaseException:
        for name in new_names:
            (folder / name).unlink(missing_ok=True)
        raise
    finally:
        partial.unlink(missing_ok=True)


def _members(folder: Path) -> set[str]:
    """What lies in a folder. A name that a file states counts only if it is one of these: others may lead elsewhere."""
    return {member.name for member in folder.iterdir()} if folder.is_dir() else set()


def _films_of_copy(copy: Path, word: str) -> Path:
    """Where the films lie that went away together with a copy."""
    name, _, when = copy.name.rpartition(word)
    return copy.with_name(f"{film_folder(copy.with_name(name)).name}{word}{when}")


def _known_facts(path: Path) -> FileFacts | None:
    try:
        return facts_of(path)
    except DataError:
        return None


def _check_follows(path: Path, last: Path, now: FileFacts | None) -> None:
    """Make sure that a file was made from its undo copy; one that is damaged is the best of reasons to go back."""
    if now is None or now.seal_fault:
        return
    sha256 = file_sha256(last)
    if file_sha256(path) != sha256 and sha256 not in {parent.sha256 for parent in now.provenance.parents}:
        by_hand = f"if you mean it: mv {last} {path}"
        _refuse(path, f"the file that was made from {last.name}", "one that was written later", by_hand)


def _film_names(picks: Sequence[FilmPick], taken: set[str]) -> list[str]:
    """A free name in the film folder for each film: its own, unless that is taken by another one."""
    names: list[str] = []
    for pick in picks:
        own = Path(pick.facts.file_name)
        free = (f"{own.stem}{f'-{k}' if k else ''}{own.suffix}" for k in range(len(taken) + len(picks) + 1))
        name = next(name for name in free if name not in taken)
        taken = taken | {name}
        names.append(name)
    return names


def _copy_films(picks: Sequence[FilmPick], names: Sequence[str], folder: Path) -> None:
    for pick, name in zip(picks, names, strict=True):
        source = film_folder(pick.path) / pick.facts.file_name
        if Path(pick.facts.file_name).name != pick.facts.file_name or source.is_symlink() or not source.is_file():
            _refuse(pick.path, f"film {pick.facts.file_name!r} in {source.parent}", "none",
                    f"mil validate {pick.path} --repair")  # fmt: skip
        _copy(source, folder / name)


def _keep_under(path: Path, undo: Path) -> None:
    """Give a file that is about to be replaced a second name; its bytes stay where they are."""
    try:
        os.link(path, undo)
    except OSError:  # a file system without hard links
        _copy(path, undo)


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that it stands there whole or not at all."""
    with committed_file(target) as partial:
        shutil.copyfile(source, partial)


def _move(names: Collection[str], source: Path, target: Path) -> None:
    for name in sorted(names):
        target.mkdir(exist_ok=True)
        os.replace(source / name, target / name)


def _free_undo_name(path: Path) -> Path:
    return path.with_name(f"{path.name}{_UNDO}{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%fZ')}")


def _refuse(path: Path, expected: str, found: str, next_step: str) -> NoReturn:
    raise DemoFileError(f"Demo file {path}: expected {expected}; found {found}. Next: {next_step}.")
