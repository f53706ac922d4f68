"""Opening files that may come from anybody: a child process reads them, under limits that the kernel holds.

A file made on purpose can crash the libraries that read it, or make them fill the memory, run for hours, or follow a
link to somebody else's data. So the reading happens in a child that is given one job, one path, 1 GiB of memory and
some seconds. It cannot open sockets, start programs, write, or read anything but that path, the films beside it and
its own code. What comes back through a pipe is plain values and arrays, checked before they are believed.

Used for files that a user names, with one exception: `mil adapt`, the benchmarks and the ROS nodes read a film in their
own process, since starting a child takes longer (about 0.4 s) than adapting. `read_video` checks length, container,
codec, size, duration and time there as well, and films of the library were encoded by `mil ingest`, not by strangers.
"""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import data_tools
from data_tools import errors
from data_tools.errors import DataError, LimitReached
from data_tools.film_folder import film_folder
from data_tools.limited_jobs import JOBS
from data_tools.limited_wire import unpacked


@dataclass(frozen=True)
class Limits:
    """What reading one file may cost."""

    memory_bytes: int = 1 << 30
    """Memory of the child, code and data together."""
    time_s: float = 10.0
    """Time that the parent waits for answers, in all, once the child stands ready; also its processor time a core."""
    answer_bytes: int = 1 << 30
    """Size of one answer."""


def time_to_decode(path: Path) -> Limits:
    """Limits for decoding a whole film, in proportion to its size: a phone writes 2 to 12 MB in a second of film, and
    two cores decode 4K at a third of its speed."""
    num_bytes = path.stat().st_size if path.is_file() else 0
    return Limits(time_s=8.0 + 4e-6 * num_bytes)


def open_limited(
    job: str, path: Path | str, request: Mapping[str, Any] | None = None, limits: Limits | None = None
) -> Any:
    """The first answer of a job; arguments and errors as for `stream_limited`."""
    for value in stream_limited(job, path, request, limits):
        return value
    raise DataError(f"{path}: expected an answer of {job!r}, found none; report this as a fault of mil.")


def stream_limited(
    job: str, path: Path | str, request: Mapping[str, Any] | None = None, limits: Limits | None = None
) -> Iterator[Any]:
    """Everything that a job yields, one by one; the child ends with the iterator.

    Args:
        job: one of JOBS.
        path: the file or folder to open.
        request: what else the job wants to know, in plain values.
        limits: the defaults when None.

    Raises:
        LimitReached: the child crashed, or needed more memory or time than it was given.
        DataError: the job refused the file; the error has the class and message that the job gave it.
    """
    with LimitedReader(job, Path(path), request or {}, limits or Limits()) as reader:
        yield from reader


class LimitedReader:
    """One child at work. Leaving the `with` block ends it, and `peak_bytes` then says how much memory it
    took: exactly where that is clearly more than this process has, else as far as was seen when it answered."""

    def __init__(
        self, job: str, path: Path, request: Mapping[str, Any], limits: Limits, code: Sequence[Path] = ()
    ) -> None:
        """Args: job: one of JOBS, or `module:function`. code: folders of code that it needs beside this package's."""
        self.peak_bytes = self._seen_bytes = 0
        self._path, self._limits, self._remaining_s = path, limits, _START_S
        path = path.absolute()
        order = {
            "job": job if ":" in job else JOBS[job],
            "path": str(path),
            "request": request,
            "limits": asdict(limits),
            "readable": [str(path), str(film_folder(path)), *map(str, [*_code_folders(), *code])],
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", "data_tools.limited_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(data_tools.__file__).parents[1],
            env=_environment(),
        )
        # Linux lets a child's account begin with what its parent has taken by the time the child starts, which is over
        # now: another thread may have taken memory until just then. Only clearly more than that is surely its own.
        self._parent_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + _COUNTING_ERROR_BYTES
        assert self._child.stdin is not None and self._child.stdout is not None
        self._pipe = self._child.stdout.fileno()
        with self._child.stdin as pipe:
            pipe.write(json.dumps(order).encode())

    @property
    def waited_s(self) -> float:
        """How long the parent has waited for answers since the child stood ready."""
        return self._limits.time_s - self._remaining_s

    def __enter__(self) -> "LimitedReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __iter__(self) -> Iterator[Any]:
        if "ready" in self._message():
            self._remaining_s = self._limits.time_s
        while "item" in (message := self._message()):
            yield message["item"]
        if "error" in message:
            self._raise(str(message["error"]), str(message.get("text")))

    def _message(self) -> dict[str, Any]:
        try:
            message = unpacked(self._read, self._limits.answer_bytes)
        except EOFError:
            self._explain_death()
        self._seen_bytes = max(self._seen_bytes, _peak_bytes(self._child.pid))
        if not isinstance(message, dict):
            self._refuse("whose reader keeps to its form", type(message).__name__)
        return message

    def _read(self, count: int) -> bytearray:
        """Exactly `count` bytes from the child. Raises: EOFError: it ended. LimitReached: it took too long."""
        content = bytearray(count)
        rest = memoryview(content)
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while rest:
            started_s = time.monotonic()
            is_ready = poll.poll(max(0.0, 1000 * self._remaining_s))
            self._remaining_s -= time.monotonic() - started_s
            if not is_ready:
                self._refuse(f"that can be read within {self._limits.time_s:.3g} s", "that more is needed")
            received = os.readv(self._pipe, [rest])
            if not received:
                raise EOFError
            rest = rest[received:]
        return content

    def _explain_death(self) -> NoReturn:
        """Say why the child ended before its answer did."""
        code = self._end(grace_s=1.0)  # its pipe is closed: it is ending
        if code == -signal.SIGXCPU:
            self._refuse(f"that can be read within {self._limits.time_s:.3g} s", "that more is needed")
        found = f"that the reader was ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._refuse("that does not break its reader", found)

    def _raise(self, kind: str, text: str) -> NoReturn:
        if kind == "MemoryError":
            self._refuse(f"that needs at most {self._limits.memory_bytes >> 20} MB of memory", "that more is needed")
        known = getattr(errors, kind, None)
        if isinstance(known, type) and issubclass(known, DataError):
            raise known(text)
        self._refuse("that can be read", f"a fault of its reader ({kind}: {text[:200]})")

    def _refuse(self, expected: str, found: str) -> NoReturn:
        raise LimitReached(f"{self._path}: expected a file {expected}; found {found}. Next: {_NEXT}.")

    def _end(self, grace_s: float = 0.0) -> int:
        """End the child, if it does not end by itself in time; returns its exit code, negative for a signal."""
        if self._child.returncode is None:
            assert self._child.stdout is not None
            handle = os.pidfd_open(self._child.pid)
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            if not poll.poll(1000 * grace_s):
                self._child.kill()
            os.close(handle)
            _, status, usage = os.wait4(self._child.pid, 0)
            self._child.returncode = os.waitstatus_to_exitcode(status)
            self._child.stdout.close()
            taken = usage.ru_maxrss * 1024
            self.peak_bytes = taken if taken > self._parent_bytes else self._seen_bytes
        return self._child.returncode


def _peak_bytes(pid: int) -> int:
    """Most memory that a process has had so far; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0]) * 1024 if peaks else 0


_START_S = 60.0  # for starting the interpreter and importing, on a busy machine; no file has been opened by then
_COUNTING_ERROR_BYTES = 1 << 26  # Linux counts a process's pages roughly: by some hundred a core
_NEXT = "do not trust it; copy it again from where it was made, or ask its author"


def _code_folders() -> Sequence[Path]:
    """Where the interpreter and the libraries of the child lie."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    ours = Path(data_tools.__file__).parent
    system = ("/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/dev/null", "/dev/urandom", "/proc/cpuinfo")
    return [ours, *(Path(sysconfig.get_paths()[name]) for name in names), *map(Path, system)]


def _environment() -> dict[str, str]:
    """Few variables, none of them secret: one thread for each library, and HDF5 without plugins from anywhere."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "HDF5_PLUGIN_PRELOAD": "::",
    }
