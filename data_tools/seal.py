"""A seal in front of a demo file: its length and hash, in the 512 bytes that HDF5 leaves free for its users.

The HDF5 library crashes or hangs on many damaged files instead of reporting them, so damage has to be found before the
library sees the file. The seal is one line of JSON: `head -n 1 demos.hdf5` shows it. It finds accidents; a stranger
can make a false one. Refuses to know what is in the file.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from data_tools.errors import DemoFileError

SEAL_BYTES = 512
"""Length of the free space, the least that HDF5 allows."""
_FORMAT = "mil-demos"
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def write_seal(path: Path) -> None:
    """Seal a closed file that begins with SEAL_BYTES of free space."""
    seal = json.dumps({"format": _FORMAT, "bytes": path.stat().st_size, "sha256": _content_sha256(path)}) + "\n"
    with path.open("r+b") as file:
        file.write(seal.encode().ljust(SEAL_BYTES, b" "))


@dataclass(frozen=True)
class Seal:
    """What a file said about itself when it was closed."""

    num_bytes: int
    """Length of the whole file."""
    sha256: str
    """Hash of everything behind the seal."""


def read_seal(path: Path) -> Seal:
    """The seal of a demo file, believed as it stands.

    Raises: DemoFileError: the file is missing, or no demo file.
    """
    if not path.is_file():
        _refuse(path, "a file", "a folder or device" if path.exists() else "nothing", "check the name")
    with path.open("rb") as file:
        head = file.read(SEAL_BYTES)
    if not head:
        _refuse(path, "a demo file", "an empty file", "copy it again, or collect anew")
    if head.startswith(_HDF5_SIGNATURE):
        hint = f"mil convert {path} --to mil --out new.hdf5"
        _refuse(path, "a demo file of this project", "an HDF5 file of another one", hint)
    try:
        seal = json.loads(head)
        if seal["format"] != _FORMAT:
            raise KeyError(seal["format"])
        return Seal(int(seal["bytes"]), str(seal["sha256"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        _refuse(path, "a demo file", "another kind of file", "name a file that `mil collect` made")


def check_seal(path: Path) -> None:
    """Make sure that a file is the one that was sealed.

    A file that has not changed since it was last checked by this process is not read again.

    Raises: DemoFileError: it is missing, no demo file, cut short, or not as it was written.
    """
    seal, status = read_seal(path), path.stat()
    if status.st_size != seal.num_bytes:
        found = f"{status.st_size}: it was cut short or written to"
        _refuse(path, f"{seal.num_bytes} bytes", found, "copy it again, or collect anew")
    if _checked_sha256(path, status.st_ino, status.st_mtime_ns, status.st_size) != seal.sha256:
        _refuse(path, "the bytes that were written", "others: it is damaged", "copy it again, or collect anew")


@lru_cache(maxsize=64)
def _checked_sha256(path: Path, inode: int, modified_ns: int, size: int) -> str:
    """Hash of a file, remembered for as long as the file looks the same."""
    return _content_sha256(path)


def _content_sha256(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(SEAL_BYTES)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse(path: Path, expected: str, found: str, next_step: str) -> NoReturn:
    raise DemoFileError(f"Demo file {path}: expected {expected}; found {found}. Next: {next_step}.")
