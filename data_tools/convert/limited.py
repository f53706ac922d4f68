"""Reading data sets of strangers in a limited child process: which format one has, its origin, its demos one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_tools.convert import FORMATS
from data_tools.convert.format import Losses, ReadOptions, refuse
from data_tools.convert.labels import provenance_or_none
from data_tools.demo import Demo
from data_tools.limited import Limits, open_limited, stream_limited
from data_tools.provenance import Provenance


def survey(path: Path, name: str | None = None) -> dict[str, Provenance | None]:
    """The formats that a file or folder looks like, each with the origin that this project left in it, or None.

    Args: name: the only format to look for, taken on trust; None looks for all.
    Raises: DataError: it cannot be opened.
    """
    found = open_limited("data_set_survey", path, {"format": name})
    return {str(known): provenance_or_none(origin) for known, origin in found.items()}


def demos_of(path: Path, name: str, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    """The demos of a data set. Raises: DataError: as `Format.read`; LimitReached: the child broke or took too much."""
    request = {"format": name, "camera": options.camera, "rate_hz": options.rate_hz}
    for item in stream_limited("data_set", path, request, _limits(path)):
        if isinstance(item, Demo):
            yield item
        else:
            for sentence in item:
                losses.add(str(sentence))


def read_survey(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """Job: see `survey`."""
    _check_members(path)
    name = request["format"]
    names = [name] if name else [known for known, part in FORMATS.items() if part.matches(path)]
    origins = {known: FORMATS[known].read_provenance(path) for known in names}
    yield {known: None if origin is None else origin.to_json() for known, origin in origins.items()}


def read_demos(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """Job: see `demos_of`; the sentences about what is not carried over come last."""
    _check_members(path)
    losses = Losses()
    yield from FORMATS[request["format"]].read(path, ReadOptions(request["camera"], request["rate_hz"]), losses)
    yield losses.sentences


def _check_members(path: Path) -> None:
    """Refuse what is neither file nor folder nor link: a pipe would be waited at for ever."""
    for part in (path, *path.rglob("*")):
        if part.exists() and not (part.is_symlink() or part.is_file() or part.is_dir()):
            refuse(path, "files and folders", f"{part.name!r}, a pipe or device", "leave it out of the data set")


def _limits(path: Path) -> Limits:
    """Time in proportion to the size; films of data sets are small for their length, so a byte may take 10 us."""
    files = [path] if path.is_file() else [part for part in path.rglob("*") if part.is_file()]
    return Limits(time_s=60.0 + 1e-5 * sum(file.stat().st_size for file in files))
