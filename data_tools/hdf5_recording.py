"""Recorded episodes in demo files: from a take to a file of one episode, from episodes to one file, and back.

What a recorded demo has beside the others stands in docs/format.md: the streams as they came with both of their
times, more cameras, and how the take ended. Pictures travel as they were deflated while recording, never twice.
"""

import dataclasses
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
from numpy.typing import NDArray

from data_tools.hdf5_checks import (
    COPY_AGAIN,
    array_of,
    attribute_or_none,
    group_of,
    length_of,
    names_of,
    opened,
    refuse,
    text_of,
)
from data_tools.hdf5_writer import DemoWriter
from data_tools.journal import Place, TakeRecord
from data_tools.provenance import Provenance
from data_tools.recorder_steps import Steps, match_steps
from data_tools.timeline import StreamStatistics, nearest, stream_statistics

POLICY_CAMERA, STATE, ACTION = "image", "state", "action"
"""Names of the three streams that every take has."""


@dataclass(frozen=True)
class Stream:
    """One stream of a recorded demo, as it came."""

    values: NDArray
    """Pictures uint8 (N, height, width, 3) or numbers float32 (N, D)."""
    capture_time_s: NDArray[np.float64]
    """When each was taken, by the clock of the demo, shape (N,)."""
    receive_time_s: NDArray[np.float64]
    """When the recorder got each, by the steady clock of that machine, shape (N,)."""


class _Column:
    """One stream of a take: its samples in order."""

    def __init__(self, take: TakeRecord, index: int) -> None:
        self.take, self.spec = take, take.streams[index]
        self.places = [place for place in take.samples if place.stream == index]
        self.capture_time_s = np.array([place.capture_time_s for place in self.places], np.float64)
        self.receive_time_s = np.array([place.receive_time_s for place in self.places], np.float64)

    @property
    def is_picture(self) -> bool:
        return self.spec.dtype == "uint8"

    def cut(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Everything from the first to the last of `index`."""
        return np.arange(index[0], index[-1] + 1)

    def write(self, group: h5py.Group, name: str, index: NDArray[np.int64]) -> None:
        """Write the samples of `index` as a dataset."""
        if not self.is_picture:
            values = [np.frombuffer(self._inflated(self.places[i]), self.spec.dtype) for i in index]
            group[name] = np.stack(values).reshape(len(index), *self.spec.shape)
            return
        shape, chunk = (len(index), *self.spec.shape), (1, *self.spec.shape)
        dataset = group.create_dataset(name, shape, np.uint8, chunks=chunk, compression="gzip", compression_opts=1)
        for row, i in enumerate(index):
            dataset.id.write_direct_chunk((row, 0, 0, 0), self.take.payload(self.places[i]))

    def statistics(self, index: NDArray[np.int64]) -> StreamStatistics:
        """Rate, gaps and repeats of the samples of `index`."""
        statistics = stream_statistics(self.capture_time_s[index])
        if not self.is_picture:
            return statistics
        before, stale = b"", 0
        for i in index:
            payload = self.take.payload(self.places[i])
            stale += _is_same_picture(payload, before)
            before = payload
        return dataclasses.replace(statistics, stale_repeats=stale)

    def _inflated(self, place: Place) -> bytes:
        return zlib.decompress(self.take.payload(place))


def _is_same_picture(first: bytes, second: bytes) -> bool:
    """Whether two deflate streams hold the same; they end in a checksum of what they hold, which tells most apart."""
    if first == second:
        return True
    return first[-4:] == second[-4:] and zlib.decompress(first) == zlib.decompress(second)


def write_episode(path: Path, take: TakeRecord, end: dict[str, Any], provenance: Provenance) -> int:
    """Make a demo file of one demo out of a take; it appears whole or not at all.

    Args:
        path: ends in .hdf5, and does not exist.
        take: with the info `task_id`, `robot`, `clock`, `device`, `recorded_at`.
        end: `outcome`, `label_by`, `reason`, `message`, `recovered`, `overflowed` and `repeated`.
        provenance: origin.

    Returns: the number of steps; 0 when the take has no whole step, and then there is no file.
    Raises: DemoFileError: the name. OSError: the disk.
    """
    columns = {spec.name: _Column(take, index) for index, spec in enumerate(take.streams)}
    steps = match_steps(*(columns[name].capture_time_s for name in (POLICY_CAMERA, STATE, ACTION)))
    if not len(steps.picture):
        return 0
    shapes = tuple(columns[name].spec.shape for name in (POLICY_CAMERA, STATE, ACTION))

    def fill(parent: h5py.Group, name: str) -> None:
        group = parent.create_group(name)
        attributes = {"num_samples": len(steps.picture), "success": end["outcome"] == "success"}
        attributes |= {"seed": provenance.seed, "split": provenance.split, "receive_clock": "steady"}
        attributes |= {name: take.info[name] for name in ("task_id", "robot", "clock", "device", "recorded_at")}
        attributes |= {name: end[name] for name in ("outcome", "label_by", "recovered")}
        group.attrs.update({**attributes, "end_reason": end["reason"], "end_message": end["message"]})
        _write_streams(group, columns, steps, end)
        is_last = np.arange(len(steps.picture)) == len(steps.picture) - 1
        group["rewards"] = (is_last & (end["outcome"] == "success")).astype(np.float32)
        group["dones"], group["states"] = is_last.astype(np.uint8), group["obs/state"]

    with DemoWriter(path, provenance) as writer:
        writer.append_filled(take.info["task_id"], shapes, len(steps.picture), fill)
    return len(steps.picture)


def _write_streams(group: h5py.Group, columns: dict[str, _Column], steps: Steps, end: dict[str, Any]) -> None:
    """Every stream as it came, from the first step to the last, and its samples of the steps in robomimic's places."""
    chosen = {POLICY_CAMERA: steps.picture, STATE: steps.state, ACTION: steps.action}
    places = {POLICY_CAMERA: ("obs/image", "obs/capture_time_s"), STATE: ("obs/state", "obs/state_time_s")}
    places |= {ACTION: ("actions", "action_time_s")}
    group.create_group("obs")
    for name, column in columns.items():
        if not len(column.places):
            continue
        step_s = columns[POLICY_CAMERA].capture_time_s[steps.picture]
        index = chosen.get(name, nearest(column.capture_time_s, step_s))
        cut = column.cut(index)
        stream = group.create_group(f"streams/{name}")
        column.write(stream, "values", cut)
        stream["capture_time_s"], stream["receive_time_s"] = column.capture_time_s[cut], column.receive_time_s[cut]
        stream.attrs.update(dataclasses.asdict(column.statistics(cut)))
        counts = {kind: end[kind].get(name, 0) for kind in ("overflowed", "repeated")}
        stream.attrs.update({**counts, "asked_rate_hz": column.spec.rate_hz})
        values, times = places.get(name, (f"obs/{name}", f"obs/{name}_time_s"))
        if np.array_equal(index, cut):  # the same object under a second name: nothing is stored twice
            group[values], group[times] = stream["values"], stream["capture_time_s"]
        else:
            column.write(group, values, index)
            group[times] = column.capture_time_s[index]


def join_episodes(path: Path, episodes: Iterable[Path], provenance: Provenance, *, overwrite: bool = False) -> int:
    """Put the demos of many files into one, in order, as they are; films are left behind.

    Args: path: ends in .hdf5. episodes: demo files whose steps have one shape. provenance: of the whole.
    Returns: the number of demos. Raises: DemoFileError: a file is damaged, or does not fit the others.
    """
    count = 0
    with DemoWriter(path, provenance, overwrite=overwrite) as writer:
        for episode in episodes:
            with opened(episode) as file:
                data = group_of(file, "data")
                for index in range(len(names_of(data))):
                    demo = group_of(data, f"demo_{index}")
                    _check_outcome(demo)
                    shapes = tuple(_step_shape(demo, name) for name in ("obs/image", "obs/state", "actions"))
                    writer.append_filled(text_of(demo, "task_id"), shapes, length_of(demo, "actions"), _copier(demo))
                    count += 1
    return count


def read_streams(path: Path | str, demo_name: str) -> dict[str, Stream]:
    """The streams of a recorded demo as they came, by name; empty for a demo that was not recorded.

    Raises: DemoFileError: as `data_tools.hdf5.read_tasks`.
    """
    with _streams_of(Path(path), demo_name) as streams:
        return {name: _stream(group) for name, group in streams.items()}


def read_stream_counts(path: Path | str, demo_name: str) -> dict[str, dict[str, float]]:
    """What was counted for each stream of a recorded demo, by name; see docs/format.md. Raises: DemoFileError."""
    with _streams_of(Path(path), demo_name) as streams:
        return {name: {key: float(value) for key, value in group.attrs.items()} for name, group in streams.items()}


def read_label_by(path: Path | str, demo_name: str) -> str:
    """Who gave a recorded demo its outcome; nothing for a demo that was not recorded. Raises: DemoFileError."""
    with opened(Path(path)) as file:
        return str(attribute_or_none(group_of(group_of(file, "data"), demo_name), "label_by") or "")


@contextmanager
def _streams_of(path: Path, demo_name: str) -> Iterator[dict[str, h5py.Group]]:
    with opened(path) as file:
        demo = group_of(group_of(file, "data"), demo_name)
        streams = group_of(demo, "streams") if "streams" in names_of(demo) else None
        yield {} if streams is None else {name: group_of(streams, name) for name in names_of(streams)}


def _stream(group: h5py.Group) -> Stream:
    length = length_of(group, "values")
    is_picture = cast(h5py.Dataset, group["values"]).ndim == 4
    dtype, shape = (np.uint8, (length, None, None, 3)) if is_picture else (np.float32, (length, None))
    times = (array_of(group, name, np.float64, (length,)) for name in ("capture_time_s", "receive_time_s"))
    return Stream(array_of(group, "values", dtype, shape), *times)


def _step_shape(demo: h5py.Group, name: str) -> tuple[int, ...]:
    length_of(*((group_of(demo, "obs"), name[4:]) if name.startswith("obs/") else (demo, name)))  # checks every link
    return cast(h5py.Dataset, demo[name]).shape[1:]


def _check_outcome(demo: h5py.Group) -> None:
    if text_of(demo, "outcome") not in ("success", "failure", "unknown"):
        refuse(f"{demo.file.filename}, {demo.name}", "an outcome", f"{demo.attrs['outcome']!r}", COPY_AGAIN)


def _copier(demo: h5py.Group) -> Any:
    def copy(parent: h5py.Group, name: str) -> None:
        demo.file.copy(demo, parent, name=name)

    return copy
