"""Demonstrations in the rerun viewer: pictures, states and actions on their true times. Needs `mil[rerun]`."""

from pathlib import Path
from types import ModuleType
from typing import Any

from data_tools.demo import Demo
from data_tools.errors import DataError
from data_tools.hdf5 import read_demos

TIMELINE = "capture_time"


def write_rerun(path: Path, out: Path) -> None:
    """Write all demonstrations of a demo file as one rerun recording, which `rerun OUT` opens.

    Args: path: a demo file. out: ends in .rrd.
    Raises: DataError: rerun is not installed, or the name is wrong. DemoFileError: the file cannot be read.
    """
    if out.suffix != ".rrd":
        raise DataError(f"{out}: expected a name that ends in .rrd, found {out.suffix!r}; change the name.")
    rerun = _rerun()
    recording = rerun.RecordingStream("mil", recording_id=path.stem)
    recording.save(str(out))
    for index, demo in enumerate(read_demos(path)):
        _log(rerun, recording, f"demo_{index}", demo)
    recording.flush()


def _log(rerun: ModuleType, recording: Any, name: str, demo: Demo) -> None:
    """Put one demonstration into the recording, beginning at zero."""
    start_s = float(demo.video.capture_time_s[0])
    recording.log(name, rerun.TextDocument(f"{demo.task_id}, {demo.robot}, {demo.outcome}"), static=True)
    for frame, time_s in zip(demo.video.frames, demo.video.capture_time_s, strict=True):
        recording.set_time(TIMELINE, duration=float(time_s) - start_s)
        recording.log(f"{name}/image", rerun.Image(frame).compress())
    for stream, values, times_s in (
        ("states", demo.states, demo.state_time_s),
        ("actions", demo.actions, demo.action_time_s),
    ):
        for value, time_s in zip(values, times_s, strict=True):
            recording.set_time(TIMELINE, duration=float(time_s) - start_s)
            recording.log(f"{name}/{stream}", rerun.Scalars(value.astype(float)))


def _rerun() -> ModuleType:
    try:
        import rerun  # type: ignore[import-not-found]
    except ImportError as error:
        raise DataError("rerun: expected the package, found none; type: pip install 'mil[rerun]'") from error
    return rerun
