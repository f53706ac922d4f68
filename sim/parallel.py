"""The same work for many numbers, on several processes, as if it were done one after another."""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from data_tools.workers import worker_pool

Made = TypeVar("Made")


def in_order(make: Callable[[int], Made], count: int, workers: int | None) -> Iterator[Made]:
    """What `make` makes of 0 to `count` - 1, in their order, whatever the number of workers.

    Args: make: can travel to other processes. workers: processes; one a core when None, none but this one when 0.
    """
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    if workers == 0 or count == 1:
        yield from map(make, range(count))
        return
    with worker_pool(min(workers, count)) as pool:
        yield from pool.map(make, range(count))
