"""This project's own demo file as one of the formats, so that every conversion has the same form."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from data_tools.convert.format import Format, Losses, ReadOptions, WriteOptions
from data_tools.demo import Demo
from data_tools.hdf5 import list_tasks, read_demos, read_provenance
from data_tools.hdf5_checks import group_of, names_of, opened
from data_tools.hdf5_writer import DemoWriter
from data_tools.provenance import Provenance


def _matches(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(64).startswith(b'{"format": "mil-demos"')
    except OSError:
        return False


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    num_films = sum(entry.num_films for entry in list_tasks(path))
    if num_films:
        losses.add(f"The {num_films} films of somebody else beside the demos are not carried over; copy their folder.")
    with opened(path) as file:
        data = group_of(file, "data")
        if any("streams" in names_of(group_of(data, name)) for name in names_of(data)):
            losses.add("What a recorder adds (streams with receive times, further cameras) is not carried over.")
    return read_demos(path)


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    with DemoWriter(path, provenance, compress=options.images != "plain") as writer:
        for demo in demos:
            writer.append_demo(demo)


FORMAT = Format(
    title="demo file of this project, HDF5",
    suffix=".hdf5",
    images=("lossless", "plain"),
    matches=_matches,
    read=_read,
    read_provenance=read_provenance,
    write=_write,
)
