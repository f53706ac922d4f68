"""Films by id. Clients name ids and never paths; what an id resolves to lies inside the library, or nowhere."""

import re
from pathlib import Path

from mil_nodes.errors import BadId, UnknownDemo

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MAX_LISTED = 8


def checked_id(name: str) -> str:
    """The name itself when it has the form of an id. Raises: BadId."""
    if not ID.fullmatch(name):
        raise BadId(
            f"Id: expected lower-case letters, digits, - and _, at most 64, found {name[:80]!r}; "
            "put the film into the library and name it without folder and ending."
        )
    return name


def film_path(library: Path, film_id: str) -> Path:
    """The file of a film.

    Raises: BadId: not an id. UnknownDemo: no such film, or a link, which could lead out of the library.
    """
    path = library / f"{checked_id(film_id)}.mp4"
    if path.is_symlink() or not path.is_file():
        known = sorted(file.stem for file in library.glob("*.mp4"))
        listed = ", ".join(known[:MAX_LISTED]) + (", ..." if len(known) > MAX_LISTED else "")
        raise UnknownDemo(f"Film {film_id!r}: expected a file {path}, found none; known films: {listed or 'none'}.")
    return path
