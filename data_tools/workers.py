"""Worker processes that end with the process that started them, however that one ends."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.process import BaseProcess


def worker_pool(num_workers: int) -> ProcessPoolExecutor:
    """A pool of fresh processes; spawned, not forked, because an OpenGL context does not survive a fork.

    Without more ado the workers of a process that is killed would finish what they have, and then wait for ever.
    """
    return ProcessPoolExecutor(num_workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_not, args=(parent,), daemon=True).start()


def _outlive_not(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
