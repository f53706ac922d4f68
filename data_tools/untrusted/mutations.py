"""Damage to any file: bits that flip, ends that are missing, pieces that move. Knows no format."""

from collections.abc import Callable

import numpy as np

_HEAD = 4096  # most of what a reader believes stands here or at the very end
_MAX_PIECE = 4096


def mutated(content: bytes, donor: bytes, rng: np.random.Generator) -> tuple[str, bytes]:
    """A damaged copy and the kind of damage.

    Args: content: a whole file, not empty. donor: another file, from which pieces may come. rng: decides everything.
    Returns: name of the damage, and the new content, which differs from the old one or is as long as chance made it.
    """
    name = str(rng.choice(list(MUTATIONS)))
    return name, MUTATIONS[name](content, donor, rng)


def _flip(content: bytes, donor: bytes, rng: np.random.Generator) -> bytes:
    """One to 64 bits, half of the time where the headers are."""
    damaged = bytearray(content)
    for _ in range(2 ** int(rng.integers(0, 7))):
        damaged[_place(len(content), rng)] ^= 1 << int(rng.integers(0, 8))
    return bytes(damaged)


def _truncate(content: bytes, donor: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(0, len(content)))]


def _splice(content: bytes, donor: bytes, rng: np.random.Generator) -> bytes:
    """A piece of the donor overwrites, enters, or a piece is missing."""
    source = donor or content
    start = int(rng.integers(0, len(source)))
    piece = source[start : start + int(rng.integers(1, _MAX_PIECE))]
    place = _place(len(content), rng)
    skipped = int(rng.choice([0, len(piece), int(rng.integers(1, _MAX_PIECE))]))
    return content[:place] + (piece if rng.random() < 0.8 else b"") + content[place + skipped :]


def _absurd(content: bytes, donor: bytes, rng: np.random.Generator) -> bytes:
    """A number of two to eight bytes becomes the largest, the smallest or a negative one."""
    damaged = bytearray(content)
    width = int(rng.choice([2, 4, 8]))
    value = int(rng.choice([0, 1, (1 << (8 * width - 1)) - 1])) if rng.random() < 0.6 else (1 << 8 * width) - 1
    place = _place(max(1, len(content) - width), rng)
    damaged[place : place + width] = value.to_bytes(width, "big" if rng.random() < 0.5 else "little")
    return bytes(damaged)


def _place(length: int, rng: np.random.Generator) -> int:
    ends = (length, min(length, _HEAD))
    place = int(rng.integers(0, ends[int(rng.integers(0, 2))]))
    return place if rng.random() < 0.8 else length - 1 - place


MUTATIONS: dict[str, Callable[[bytes, bytes, np.random.Generator], bytes]] = {
    "flip": _flip,
    "truncate": _truncate,
    "splice": _splice,
    "absurd": _absurd,
}
"""Name -> damage."""
