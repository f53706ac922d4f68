"""Converting a data set: write, read back and compare, and only then commit.

The written data set appears under its name, whole, when it has been read back and found to hold what was read.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from data_tools.atomic import flush_to_disk, partial_name, replace_folder
from data_tools.convert import FORMATS
from data_tools.convert.format import Format, Losses, ReadOptions, WriteOptions, refuse
from data_tools.convert.report import ConversionReport, Difference, Tally, compare, difference_of_equals
from data_tools.demo import Demo
from data_tools.errors import ConversionError
from data_tools.film_folder import film_folder
from data_tools.provenance import Provenance

Reader = Callable[[Losses], Iterator[Demo]]
"""Gives the demos of the source from the first one on, each time it is called."""


def convert(
    source: Path,
    source_format: str,
    destination: Path,
    destination_format: tuple[str, Format],
    read: Reader,
    options: WriteOptions,
    *,
    origin: Provenance | None = None,
    overwrite: bool = False,
    max_demos: int | None = None,
) -> ConversionReport:
    """Convert one data set.

    Args:
        source: what is read; only its name is used here.
        source_format: its name.
        destination: name of the new file or folder.
        destination_format: its name and how to write it.
        read: gives the demos of the source; it is called twice where pictures are changed, to tell how much.
        options: choices of the writer.
        origin: what is known of the source; None when nothing is.
        overwrite: replace what stands at `destination`.
        max_demos: convert only so many.

    Returns: the report.
    Raises: DataError: the source cannot be used, the destination is taken, or the data did not come through.
    """
    target = destination_format[1]
    check_destination(destination, target, source, overwrite=overwrite)
    partial = partial_name(destination)
    _remove(partial)
    losses, before, after = Losses(), Tally(), Tally()
    if origin is None:
        losses.add("The source says nothing of its licence, seed and consent in a way that is known here.")
        note = f"mil convert from {source_format}: {source.name}"
        origin = Provenance(licence="not stated", consent="not stated", created_by=note)
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.write(partial, before.watch(islice(read(losses), max_demos)), origin, options, losses)
        for demo in _read_back(target, partial):
            after.add(demo)
        if before.content() == after.content():
            difference = difference_of_equals(before, after)
        else:
            difference = compare(islice(read(Losses()), max_demos), _read_back(target, partial))
        report = ConversionReport(
            str(source), source_format, str(destination), destination_format[0],
            before.content(), after.content(), difference, tuple(losses.sentences),
        )  # fmt: skip
        _check(report, options, difference)
        _commit(partial, destination)
    finally:
        _remove(partial)
    return report


def _read_back(target: Format, partial: Path) -> Iterator[Demo]:
    return target.read(partial, ReadOptions(), Losses())


def check_destination(destination: Path, target: Format, source: Path, *, overwrite: bool) -> None:
    """Stop before work is done whose result could not be kept. Raises: ConversionError: the name cannot be used."""
    if target.suffix and destination.suffix != target.suffix:
        refuse(destination, f"a name that ends in {target.suffix}", f"{destination.name!r}", "change --out")
    if destination.exists() and (not overwrite or destination.resolve() == source.resolve()):
        next_step = "choose another name" if overwrite else "add --overwrite, or choose another name"
        refuse(destination, "nothing there", "something", next_step)
    if destination.exists() and destination.is_dir() == bool(target.suffix):
        refuse(destination, f"a {'file' if target.suffix else 'folder'} to replace", "the other", "move it away")
    if target.suffix and film_folder(destination).exists():
        refuse(destination, "no films beside it", f"{film_folder(destination)}", "choose another name for --out")
    if destination.is_dir():
        _check_replaceable(destination, source)


def _check_replaceable(folder: Path, source: Path) -> None:
    """A folder goes away with all that is in it, so it must be a data set and nothing more."""
    for what, inside in (("the source", source), ("the folder that this was typed in", Path.cwd())):
        if inside.resolve().is_relative_to(folder.resolve()):
            refuse(folder, f"a folder to replace without {what} in it", f"{inside}", "choose another name for --out")
    if any(folder.iterdir()) and not any(part.matches(folder) for part in FORMATS.values()):
        known = ", ".join(name for name, part in FORMATS.items() if not part.suffix)
        refuse(folder, f"a data set to replace ({known})", "another folder", "choose another name for --out")


def _check(report: ConversionReport, options: WriteOptions, difference: Difference) -> None:
    is_exact = options.images != "video" and not difference.lost_frames
    changed = [name for name in ("actions", "states") if difference.changed[name]]
    if changed or (is_exact and not report.is_identical):
        raise ConversionError(
            f"Reading back {report.destination}: expected the {' and '.join(changed) or 'pictures'} that were written; "
            "found others, so nothing was kept. Next: report this as a fault of mil."
        )


def _commit(partial: Path, destination: Path) -> None:
    if partial.is_dir():
        for path in sorted(partial.rglob("*")):
            flush_to_disk(path)
        flush_to_disk(partial)
        replace_folder(partial, destination)
    else:
        flush_to_disk(partial)
        os.replace(partial, destination)
        flush_to_disk(destination.parent)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
