"""The public ways into the readers, each reading everything, as a limited child runs them; and many files in one child.

Starting a child takes longer than reading a small file, so a batch of files shares one. What ends a batch (a crash, a
limit) is found by reading its files again, each in a child of its own.
"""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data_tools.convert.limited import read_demos, read_survey
from data_tools.film_jobs import film, part, survey
from data_tools.hdf5 import read_tasks
from data_tools.hdf5_survey import survey as survey_demos

_DECODE_S = 8.0
_ON_PURPOSE = ("DataError", "MilError")


def batch(read: Callable[[Path], None], path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read files one after the other.

    Args: path: their folder. request: `names`, inside that folder; `stuck_s`: a file that takes so much of the
        processor's time, or thrice that by the clock, ends the whole process.
    """
    stuck_s = request.get("stuck_s", 0.0)
    for name in request["names"]:
        started_s = time.monotonic()
        _end_after(stuck_s)
        verdict, text = _verdict(read, path / name)
        _end_after(0.0)
        yield {"name": name, "verdict": verdict, "text": text, "seconds": time.monotonic() - started_s}


def _end_after(stuck_s: float) -> None:
    """Set two timers, or stop them; nobody handles their signals, so each of them kills."""
    signal.setitimer(signal.ITIMER_PROF, stuck_s)
    signal.setitimer(signal.ITIMER_REAL, 3 * stuck_s)


def demos(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Job: demo files."""
    return batch(_read_demos, path, request)


def films(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Job: films."""
    return batch(_read_film, path, request)


def data_sets(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Job: data sets of any format."""
    return batch(_read_data_set, path, request)


def _read_demos(path: Path) -> None:
    """A demo file with its films, as `mil adapt`, `mil train` and `mil validate` read it."""
    _exhaust(survey_demos(path, {}))
    _exhaust(read_tasks(path))


def _read_film(path: Path) -> None:
    """A film, as `mil ingest` and `mil adapt` read it."""
    request = {"crop": None, "max_decode_s": _DECODE_S}
    (found,) = survey(path, request)
    last_s = float(found["time_s"][-1])
    _exhaust(part(path, request | {"crop": [0, 0, 1, 1], "start_s": 0.0, "end_s": last_s, "max_side": 640}))
    _exhaust(film(path, {}))


def _read_data_set(path: Path) -> None:
    """A data set, as `mil convert` reads it."""
    (formats,) = read_survey(path, {"format": None})
    for name in formats:
        _exhaust(read_demos(path, {"format": name, "camera": None, "rate_hz": 10.0}))


def _exhaust(values: Iterator[Any]) -> None:
    for _ in values:
        pass


def _verdict(read: Callable[[Path], None], path: Path) -> tuple[str, str]:
    """read, refused, contained by the limit of memory, or fault: an error that was not meant, or no clear line."""
    try:
        read(path)
    except MemoryError as error:  # any other limited child ends here and says so
        return "contained", f"MemoryError: {error}"
    except Exception as error:
        text = str(error)
        is_meant = any(kind.__name__ in _ON_PURPOSE for kind in type(error).__mro__)
        is_clear = "expected" in text and "found" in text and "\n" not in text
        return ("refused" if is_meant and is_clear else "fault"), f"{type(error).__name__}: {text}"[:500]
    return "read", ""
