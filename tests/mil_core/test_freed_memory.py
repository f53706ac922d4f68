"""Memory that a step has freed serves the next one."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import ctypes
import resource
from mil_core.freed_memory import keep_freed_memory

keep_freed_memory()
c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
c.memset.argtypes, c.free.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], [ctypes.c_void_p]
for _ in range(20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    piece = c.malloc(2**26)
    c.memset(piece, 1, 2**26)
    c.free(piece)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not the GNU C library")
def test_what_was_freed_is_taken_again_without_the_system() -> None:
    """The first piece of 64 MiB fetches its 16,384 pages, later ones none; by default each one fetches them all."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    first, *later = map(int, done.stdout.split())
    assert first > 16_000
    assert max(later) < 100
