"""Gets the facts about a demo file: checks its seal, and lets a limited child read the rest."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from data_tools.atomic import file_sha256
from data_tools.doctor_facts import DemoFacts, FileFacts, FilmFacts
from data_tools.errors import DataError, DemoFileError
from data_tools.film_folder import film_folder
from data_tools.limited import Limits, stream_limited
from data_tools.provenance import Provenance
from data_tools.seal import check_seal, read_seal

START_S, SLOWEST_BYTES_S = 10.0, 2e5
"""Time to begin in, and compressed bytes that are read in a second, even on a small machine that is busy otherwise: a
file of many short demos of 30 kB is read at 3 MB/s by a core of its own."""


def facts_of(path: Path) -> FileFacts:
    """Everything that a demo file holds, as far as it can be read.

    A whole file whose outline cannot be read is refused. A damaged one is not: that is a fact about it.

    Raises: DemoFileError: it is missing, no demo file, of another version, or its outline makes no sense. LimitReached:
        reading it crashed the reader or needed too much.
    """
    seal_fault = _seal_fault(path)
    limits = Limits(time_s=START_S + path.stat().st_size / SLOWEST_BYTES_S)
    try:
        outline, *demos = stream_limited("survey", path, {}, limits)
        return _facts(path, seal_fault, outline, demos)
    except (TypeError, KeyError, ValueError) as error:  # the child was not itself any more
        found = f"expected what its reader says of a file, found {error!r}"
        raise DemoFileError(f"Demo file {path}: {found}; do not trust it.") from error
    except DataError:
        if seal_fault:
            return FileFacts(path, seal_fault=seal_fault, is_readable=False, salvage=_whole_before_cut(path, limits))
        raise


def _whole_before_cut(path: Path, limits: Limits) -> tuple[int, ...]:
    """Places of the whole demos of a file that is shorter than it was; what breaks its reader hides the rest."""
    places: list[int] = []
    with suppress(DataError):
        if path.stat().st_size < read_seal(path).num_bytes:
            places.extend(int(demo["place"]) for demo in stream_limited("salvage", path, {}, limits))
    return tuple(places)


def _film_files(folder: Path) -> dict[str, str]:
    """What lies in a film folder; hidden files are those of a writer at work."""
    members = sorted(folder.iterdir()) if folder.is_dir() else []
    shown = [path for path in members if not path.name.startswith(".")]
    return {path.name: file_sha256(path) if path.is_file() and not path.is_symlink() else "" for path in shown}


def _seal_fault(path: Path) -> str:
    read_seal(path)  # a file without one is refused
    try:
        check_seal(path)
    except DemoFileError as error:
        return str(error)
    return ""


def _facts(path: Path, seal_fault: str, outline: dict[str, Any], demos: list[dict[str, Any]]) -> FileFacts:
    try:
        provenance = Provenance.from_json(outline["provenance"])
    except DataError as error:
        raise DemoFileError(f"Demo file {path}: {error}") from error
    return FileFacts(
        path=path,
        provenance=provenance,
        seal_fault=seal_fault,
        demos=tuple(DemoFacts(**demo) for demo in demos),
        strangers=outline["strangers"],
        tasks=outline["tasks"],
        films=tuple(FilmFacts(**film) for film in outline["films"]),
        film_files=_film_files(film_folder(path)),
        claims=outline["claims"],
        masks=outline["masks"],
        extras=outline["extras"],
    )
