"""Reading data sets of strangers in a limited child process: which format one has, its origin, its demos one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_tools.convert import FORMATS
from data_tools.convert.format import Losses, ReadOptions
from data_tools.convert.labels import provenance_or_none
from data_tools.demo import Demo
from data_tools.limited import Limits, open_limited, stream_limited
from data_tools.provenance import Provenance


def formats_of(path: Path) -> list[str]:
    """Names of the formats that a file or folder looks like."""
    return open_limited("data_set_formats", path)


def origin_of(path: Path, name: str) -> Provenance | None:
    """The origin that this project left in a data set, or None. Raises: DataError: it cannot be opened."""
    return provenance_or_none(open_limited("data_set_origin", path, {"format": name}))


def demos_of(path: Path, name: str, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    """The demos of a data set. Raises: DataError: as `Format.read`. LimitReached: the child crashed or took too much."""
    request = {"format": name, "camera": options.camera, "rate_hz": options.rate_hz}
    for item in stream_limited("data_set", path, request, _limits(path)):
        if isinstance(item, Demo):
            yield item
        else:
            for sentence in item:
                losses.add(str(sentence))


def read_formats(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """Job: see `formats_of`."""
    yield [name for name, part in FORMATS.items() if part.matches(path)]


def read_origin(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """Job: see `origin_of`."""
    origin = FORMATS[request["format"]].read_provenance(path)
    yield None if origin is None else origin.to_json()


def read_demos(path: Path, request: dict[str, Any]) -> Iterator[Any]:
    """Job: see `demos_of`; the sentences about what is not carried over come last."""
    losses = Losses()
    yield from FORMATS[request["format"]].read(path, ReadOptions(request["camera"], request["rate_hz"]), losses)
    yield losses.sentences


def _limits(path: Path) -> Limits:
    """Time in proportion to the size; films of data sets are small for their length, so a byte may take 10 us."""
    files = [path] if path.is_file() else [part for part in path.rglob("*") if part.is_file()]
    return Limits(time_s=60.0 + 1e-5 * sum(file.stat().st_size for file in files))
