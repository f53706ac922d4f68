"""The content hash of a demonstration: equal for equal measurements, whatever file, place, name or label they have.

It is how a copy is recognised in another file, how a round trip through a foreign format is proven, and how damage
inside a file is traced to one demo. Refuses to know how anything is stored.
"""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo

DERIVED = ("rewards", "dones", "states")
"""Arrays of a stored demo that follow from its outcome and from its other arrays; a hash leaves them out."""


def array_hash(dtype: np.dtype, shape: tuple[int, ...], blocks: Iterable[NDArray]) -> str:
    """Type, shape and hash of an array that is given in pieces along its first axis, as one line of text."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8))
    return f"{dtype.str} {shape} {digest.hexdigest()}"


def content_sha256(hashes: Mapping[str, str]) -> str:
    """Hash of named arrays, whatever their order.

    Args: hashes: name below the demo's group, for instance `obs/image`, and what `array_hash` says of it.
    Returns: SHA-256 in hexadecimal.
    """
    lines = [f"{name} {hashes[name]}\n" for name in sorted(hashes) if name not in DERIVED]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def demo_sha256(demo: Demo) -> str:
    """Content hash of a demonstration in memory: the same as that of its group in a demo file without extra arrays."""
    arrays = {
        "obs/image": demo.video.frames,
        "obs/capture_time_s": demo.video.capture_time_s,
        "obs/state": demo.states,
        "obs/state_time_s": demo.state_time_s,
        "actions": demo.actions,
        "action_time_s": demo.action_time_s,
    }
    return content_sha256({name: array_hash(array.dtype, array.shape, [array]) for name, array in arrays.items()})
