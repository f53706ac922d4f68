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
