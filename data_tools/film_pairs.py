"""Which films there are, what they are called, and which task each of them shows. Opens no film."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from data_tools.errors import DataError

SUFFIXES = (".mp4", ".mov", ".m4v", ".3gp", ".webm", ".mkv", ".avi", ".gif")
"""Endings, in small letters, of what is taken for a film in a folder; a film that is named itself may have any."""
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Form of an id; the ROS nodes accept the same."""
COLUMNS = ("film", "task_id")
"""First line of a table of pairs."""


def named_films(places: Sequence[Path], name: str | None) -> dict[str, Path]:
    """Id -> film, for films and folders of films, in the order given and by name within a folder.

    Args: places: films and folders. name: the id, for a single film; made from the file's name when None.
    Raises: DataError: there is none, two would have one id, or an id has another form.
    """
    named: dict[str, Path] = {}
    for place in places:
        for film, stem in _films_in(place):
            film_id = _made_id(stem) if name is None else name
            if not ID.fullmatch(film_id):
                raise DataError(
                    f"--id: expected lower-case letters, digits, - and _, at most 64, found {film_id[:80]!r}; "
                    "choose another id."
                )
            if film_id in named:
                raise DataError(
                    f"{film}: expected a name of its own, found {named[film_id]} with the same id {film_id!r}; "
                    "ingest them one by one with --id, or rename one."
                )
            named[film_id] = film
    return named


def paired(films: Sequence[Path], task_id: str, pairs: str) -> list[str]:
    """The task of each film, an empty text where it is not known.

    Args:
        films: the films.
        task_id: the task of all of them, or an empty text.
        pairs: `folder` = the name of the folder that holds the film; else a CSV file with the columns film and task_id,
            where film is a path, or a file name, or the end of a path.

    Raises: DataError: the file is missing or has other columns, or a film is in it never or twice.
    """
    if task_id or not pairs:
        return [task_id] * len(films)
    if pairs == "folder":
        return [film.absolute().parent.name for film in films]
    rows = _rows(Path(pairs))
    return [_task_of(film, rows, pairs) for film in films]


def _films_in(place: Path) -> list[tuple[Path, str]]:
    """Films with the part of their path that names them."""
    if not place.is_dir():
        return [(place, place.stem)]
    films = sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    visible = [film for film in films if not any(part.startswith(".") for part in film.relative_to(place).parts)]
    if not visible:
        raise DataError(f"{place}: expected films ({', '.join(SUFFIXES)}), found none; name the films themselves.")
    return [(film, str(film.relative_to(place).with_suffix(""))) for film in visible]


def _made_id(stem: str) -> str:
    """An id from a file's name: `Red Bowl` becomes `red_bowl`."""
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")[:64]


def _rows(path: Path) -> list[tuple[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            if not set(COLUMNS) <= set(table.fieldnames or ()):
                found = ",".join(table.fieldnames or ()) or "an empty file"
                raise DataError(f"{path}: expected the columns {','.join(COLUMNS)}, found {found[:80]}; add them.")
            return [(row["film"] or "", row["task_id"] or "") for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"--pairs: expected `folder` or a CSV file, found {path} ({error}); check the name.") from error


def _task_of(film: Path, rows: Sequence[tuple[str, str]], table: str) -> str:
    parts = film.absolute().parts
    found = {task_id for name, task_id in rows if name and parts[-len(Path(name).parts) :] == Path(name).parts}
    if len(found) != 1 or "" in found:
        listed = ", ".join(sorted(found)) or "none"
        raise DataError(f"{table}: expected one task for film {film}, found {listed}; add a line {film.name},TASK_ID")
    return found.pop()
