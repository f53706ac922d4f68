"""Which identities belong to which split, and the proof that nothing leaks from one split into another.

An identity is whatever must not be met before: an object, a colour, a texture, a background, written as a text.
Refuses to know how identities are drawn.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from data_tools.demo import Split
from data_tools.errors import DataError

_SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class SplitManifest:
    """The identities of every split; no identity is in two of them."""

    train: frozenset[str] = frozenset()
    """What may be learned from."""
    validation: frozenset[str] = frozenset()
    """What decides when to stop and which setting to keep."""
    test: frozenset[str] = frozenset()
    """What the numbers in the tables are measured on."""

    def __post_init__(self) -> None:
        check_disjoint({split: self.identities(split) for split in _SPLITS})

    def identities(self, split: Split) -> frozenset[str]:
        """The identities of one split."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[split]

    def sha256(self, split: Split) -> str:
        """Hash of one split, which does not depend on the order of its identities."""
        return hashlib.sha256(json.dumps(sorted(self.identities(split))).encode()).hexdigest()

    def check_used(self, split: Split, used: Iterable[str]) -> None:
        """Make sure that data which claims a split uses its identities only. Raises: DataError: it does not."""
        strangers = sorted(set(used) - self.identities(split))
        if strangers:
            homes = {name: next((s for s in _SPLITS if name in self.identities(s)), "none") for name in strangers[:3]}
            raise DataError(f"Split {split!r}: expected its own identities, found {homes}. Next: collect it again.")

    def to_json(self) -> str:
        """The manifest with its hashes, sorted, so that equal manifests give equal files."""
        rows = {name: {"sha256": self.sha256(name), "identities": sorted(self.identities(name))} for name in _SPLITS}
        return json.dumps(rows, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "SplitManifest":
        """The inverse of `to_json`. Raises: DataError: no manifest, a hash that does not fit, or a leak."""
        try:
            rows = json.loads(text)
            manifest = cls(**{split: frozenset(rows[split]["identities"]) for split in _SPLITS})
            hashes: dict[Split, str] = {split: rows[split]["sha256"] for split in _SPLITS}
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DataError(f"Split manifest: expected train, validation and test, found {error!r}.") from error
        for split, found in hashes.items():
            if found != manifest.sha256(split):
                raise DataError(
                    f"Split manifest, {split}: expected sha256 {manifest.sha256(split)[:12]}, found {found[:12]}; "
                    "it was edited. Next: write it again from the generators."
                )
        return manifest


def check_disjoint(identities: Mapping[str, Iterable[str]]) -> None:
    """Make sure that no identity is in two splits. Raises: DataError: names the splits and what they share."""
    sets = {split: frozenset(names) for split, names in identities.items()}
    splits = list(sets)
    for index, first in enumerate(splits):
        for second in splits[index + 1 :]:
            shared = sorted(sets[first] & sets[second])
            if shared:
                raise DataError(
                    f"Splits {first!r} and {second!r}: expected no common identity, found {len(shared)}: {shared[:3]}. "
                    "Next: give each identity to one split."
                )
