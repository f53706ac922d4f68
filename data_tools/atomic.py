"""Writing a file so that a reader sees all of it or none of it. Knows nothing of what is written."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def committed_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; rename it to `path` when the block ends well, delete it when it does not.

    Args: path: the final name; its folder is made when it is missing. A file that stands there is replaced.
    Returns: the temporary name to write to, with the suffix of `path`.
    Raises: OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_name(path)
    try:
        yield partial
        flush_to_disk(partial)
        os.replace(partial, path)
        flush_to_disk(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def partial_name(path: Path) -> Path:
    """The hidden name beside `path` under which this process writes it."""
    return path.with_name(f".{path.stem}.partial-{os.getpid()}{path.suffix}")


def flush_to_disk(path: Path) -> None:
    """Wait until a file or a folder has reached the disk: a rename alone survives a crash, not a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_folder(partial: Path, final: Path) -> None:
    """Put the folder `partial` in the place of `final`, which may exist, and delete what stood there before."""
    old = partial.with_name(f"{partial.name}.old")
    if final.exists():
        os.replace(final, old)
    os.replace(partial, final)
    flush_to_disk(final.parent)
    if old.exists():
        shutil.rmtree(old)


def file_sha256(path: Path) -> str:
    """Hash of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
