"""Shared memory that Fast DDS leaves behind when a process is killed: one segment of 32 MiB each.

A living process holds a lock on the file `<segment>_el`; whoever gets that lock knows that the owner is dead. The tool
`fastdds shm clean` does the same, but comes with ordinary ROS 2 installations only.
"""

import fcntl
import re
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
LOCK = re.compile(r"fastrtps_[0-9a-f]{16}_el")


def remove_orphans(folder: Path = SHARED_MEMORY) -> int:
    """Remove the segments whose owners are dead; the number of segments removed."""
    return sum(_remove_if_orphan(lock) for lock in folder.glob("fastrtps_*_el") if LOCK.fullmatch(lock.name))


def _remove_if_orphan(lock: Path) -> bool:
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.with_name(lock.name.removesuffix("_el")).unlink(missing_ok=True)
            lock.unlink()
    except OSError:
        # In use, of another user, or gone already.
        return False
    return True
