"""The same work for many numbers, on several processes, as if it were done one after another."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def in_order(make: Callable[[int], Made], count: int, workers: int | None) -> Iterator[Made]:
    """What `make` makes of 0 to `count` - 1, in their order, whatever the number of workers.

    Args: make: can travel to other processes. workers: processes; one a core when None, none but this one when 0.
    """
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    if workers == 0 or count == 1:
        yield from map(make, range(count))
        return
    # Spawned, not forked: an OpenGL context does not survive a fork.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(make, range(count))
