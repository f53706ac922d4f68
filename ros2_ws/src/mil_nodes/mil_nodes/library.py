"""Films and demonstrations by id.

Clients name ids and never paths; what an id resolves to lies inside the library, or nowhere.
"""

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
            "put the file into the library and name it without folder and ending."
        )
    return name


def film_path(library: Path, film_id: str) -> Path:
    """The file of a film.

    Raises: BadId: not an id. UnknownDemo: no such film, or a link, which could lead out of the library.
    """
    return _file(library, film_id, (".mp4",), "film")


def demo_path(library: Path, demo_id: str) -> Path:
    """The file of a demonstration: a way over a picture (.npz), or what the recorder wrote (.hdf5).

    Raises: BadId: not an id. UnknownDemo: no such demonstration, or a link, which could lead out of the library.
    """
    return _file(library, demo_id, (".npz", ".hdf5"), "demonstration")


def recording_path(library: Path, demo_id: str) -> Path:
    """The file of a demonstration that the recorder wrote. Raises: as `demo_path`."""
    return _file(library, demo_id, (".hdf5",), "demonstration")


def _file(library: Path, name: str, endings: tuple[str, ...], what: str) -> Path:
    paths = [library / f"{checked_id(name)}{ending}" for ending in endings]
    for path in paths:
        if path.is_file() and not path.is_symlink():
            return path
    known = sorted(file.stem for ending in endings for file in library.glob(f"*{ending}"))
    listed = ", ".join(known[:MAX_LISTED]) + (", ..." if len(known) > MAX_LISTED else "")
    wanted = " or ".join(map(str, paths))
    raise UnknownDemo(
        f"{what.capitalize()} {name!r}: expected a file {wanted}, found none; known {what}s: {listed or 'none'}."
    )
