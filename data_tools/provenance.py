"""Where demonstrations came from: what a stranger needs to make them again, and to know whether they may use them."""

import dataclasses
import json
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import get_args

from data_tools.demo import Split
from data_tools.errors import DataError


@dataclass(frozen=True)
class Parent:
    """A file that another file was made from, and what is known of its own making."""

    name: str
    """Its file name, without a folder."""
    sha256: str
    """Hash of its bytes."""
    operation: str = ""
    """What made it out of its own parents; empty for a file that was recorded, collected or filmed."""
    parents: tuple["Parent", ...] = ()
    """What it was made from."""

    @classmethod
    def from_plain(cls, value: object) -> "Parent":
        """From a JSON object. Raises: DataError: it has another form."""
        fields = value if isinstance(value, dict) else {}
        texts = [fields.get(name, "") for name in ("name", "sha256", "operation")]
        parents = fields.get("parents", [])
        if not fields or not all(isinstance(text, str) for text in texts) or not isinstance(parents, list):
            raise DataError(f"Provenance: expected a parent with name and sha256, found {str(value)[:40]!r}.")
        return cls(*texts, tuple(cls.from_plain(parent) for parent in parents))


@dataclass(frozen=True)
class Provenance:
    """Origin of one file of demonstrations. Everything in it is plain text or a number, so that it fits into JSON."""

    task: str = "unknown"
    """Name of the task family, as in `--task`."""
    split: Split = "train"
    """Which identities the tasks were drawn from."""
    seed: int = -1
    """Seed of the collection, or -1 for demonstrations that no seed can repeat."""
    code_version: str = ""
    """What `code_version()` said when the file was written; filled in when empty."""
    licence: str = "Apache-2.0"
    """Licence of the data, as an SPDX name."""
    consent: str = "simulated: shows no person"
    """What the people in the films agreed to."""
    created_by: str = ""
    """Command that made the file."""
    operation: str = ""
    """What was done to the parents to make this file; empty for a file that was recorded or collected."""
    parents: tuple[Parent, ...] = ()
    """Files that this one was made from."""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """The inverse of `to_json`; fields of later versions are left out. Raises: DataError: no JSON object."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(f"Provenance: expected a JSON object, found {text[:40]!r} ({error}).") from error
        if not isinstance(fields, dict):
            raise DataError(f"Provenance: expected a JSON object, found {text[:40]!r}.")
        known = {field.name for field in dataclasses.fields(cls)}
        parents = fields.pop("parents", [])
        if not isinstance(parents, list):
            raise DataError(f"Provenance: expected a list of parents, found {str(parents)[:40]!r}.")
        own = {name: value for name, value in fields.items() if name in known}
        wrong = [name for name, value in own.items() if type(value) is not type(getattr(UNKNOWN, name))]
        if wrong or own.get("split", UNKNOWN.split) not in get_args(Split):
            raise DataError(f"Provenance: expected texts, a seed and a known split, found {str(own)[:80]!r}.")
        try:
            return cls(**own, parents=tuple(map(Parent.from_plain, parents)))
        except RecursionError as error:
            raise DataError("Provenance: expected parents of parents, found too many generations of them.") from error


UNKNOWN = Provenance()
"""Demonstrations of which nothing is known."""


@cache
def code_version() -> str:
    """Version of this code: the commit when it runs from a checkout, else the version of the installed package."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--tags"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        pass  # no git here, or no checkout: an installed package knows its version by itself
    try:
        return metadata.version("mil")
    except metadata.PackageNotFoundError:
        return "unknown"
