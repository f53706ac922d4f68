"""Records one take: samples go through a bounded queue to a process of their own, which brings them to the disk.

`put` never waits. What ends a take is remembered as its fault and told by `fault`; whatever was recorded until then is
kept. Used by `mil record` and by the ROS node alike. Knows neither robots nor files of demonstrations; `recorder_takes`
makes those out of takes.
"""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DemoShapeMismatch
from data_tools.hdf5_checks import MAX_ARRAY_BYTES
from data_tools.journal import SAMPLE, StreamSpec
from data_tools.recorder_watch import EndReason, Fault, StreamCount, Watch, WatchLimits
from data_tools.recorder_writer import BEGIN, END

PIPE_BYTES = 1 << 20
"""Size asked for the pipe to the writer: fewer system calls for each picture."""


@dataclass(frozen=True)
class RecorderLimits:
    """What a take may use, and what ends it."""

    watch: WatchLimits = WatchLimits()
    """What is a fault of time."""
    queue_bytes: int = 256 << 20
    """Samples that may wait for the writer: 4 s of two 640x480 cameras. What finds no room is dropped and counted."""
    min_free_bytes: int = 512 << 20
    """A take ends when less space is free."""
    max_stream_bytes: int = MAX_ARRAY_BYTES
    """A take ends before one of its streams is larger than what a demo file may hold."""
    start_s: float = 10.0
    """Time that the writer has to begin; the world waits for it once for each take."""
    finish_s: float = 60.0
    """Time that the writer has to flush the rest at the end of a take."""


ORDINARY = RecorderLimits()
"""Limits for a real robot."""


class Take:
    """One take while it is being recorded.

    Args: folder: of the take, which must not exist. info: what is known about it, for the journal. streams: what will
        come. limits: see there. keep_open: descriptors that the writer shall hold open, for instance of a lock.
    Raises: OSError: the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        info: dict[str, Any],
        streams: Sequence[StreamSpec],
        limits: RecorderLimits = ORDINARY,
        keep_open: Sequence[int] = (),
    ) -> None:
        folder.mkdir(parents=True)
        self.folder, self.info, self.limits = folder, info, limits
        self._indices = {spec.name: index for index, spec in enumerate(streams)}
        self._watch = Watch(tuple(streams), limits.watch, time.monotonic())
        self._fault: Fault | None = None
        self._bytes: dict[str, int] = dict.fromkeys(self._indices, 0)
        self.bytes_free = 0
        """Free space when the last segment was flushed, or 0 before the first."""
        self.num_segments = 0
        """Segments that have been flushed."""
        self._done: dict[str, Any] | None = None
        self._queue: deque[tuple[bytes, bytes]] = deque()
        self._queued_bytes = 0
        self._is_ready = self._is_ending = False
        self._changed = threading.Condition()
        self._writer = _start_writer(folder, keep_open)
        begin = {"info": info, "streams": [asdict(spec) for spec in streams], "min_free_bytes": limits.min_free_bytes}
        self._enqueue(BEGIN, 0.0, 0.0, json.dumps(begin).encode())
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._feed, self._listen)]
        for thread in self._threads:
            thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._is_ready or self._fault is not None, limits.start_s)
        self._watch.started_s = time.monotonic()

    @property
    def writer_pid(self) -> int:
        """Process id of the writer."""
        return self._writer.pid

    @property
    def counts(self) -> dict[str, StreamCount]:
        """What happened to each stream so far."""
        return self._watch.counts

    @property
    def dropped(self) -> int:
        """Samples of all streams that found no room."""
        return sum(count.overflowed for count in self.counts.values())

    def put(self, stream: str, capture_time_s: float, value: NDArray, receive_time_s: float | None = None) -> None:
        """Record a sample; never waits. After a fault nothing more is recorded.

        Args: stream: its name. capture_time_s: by the clock of the robot. value: of the stream's shape and type; it is
            copied. receive_time_s: by the steady clock; now, when left out.
        Raises: DemoShapeMismatch: another shape or type than was announced.
        """
        spec = self.counts[stream].spec
        if value.shape != spec.shape or value.dtype != spec.dtype:
            raise DemoShapeMismatch(
                f"Stream {stream!r}: expected {spec.dtype} {spec.shape}, found {value.dtype} {value.shape}."
            )
        now_s = time.monotonic() if receive_time_s is None else receive_time_s
        verdict = self._verdict(stream, capture_time_s, now_s, value)
        if isinstance(verdict, Fault):
            self._fail(verdict)
        if verdict is True and self._fault is None:
            has_room = self._enqueue(self._indices[stream], capture_time_s, now_s, value.tobytes())
            self._watch.keep(stream, has_room=has_room)
            self._bytes[stream] += value.nbytes * has_room

    @property
    def known_fault(self) -> Fault | None:
        """What has ended the take already, without looking whether a stream is silent now."""
        return self._fault

    def fault(self, now_s: float | None = None) -> Fault | None:
        """What has ended the take, if anything did; also notices streams that fell silent."""
        if self._fault is None:
            silence = self._watch.silence(time.monotonic() if now_s is None else now_s)
            if silence is not None:
                self._fail(silence)
        return self._fault

    def wait_for_room(self) -> None:
        """Return when the queue is at most half full: for simulations, whose world can wait."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._queued_bytes <= self.limits.queue_bytes // 2 or self._fault is not None
            )

    def finish(self, end: dict[str, Any]) -> dict[str, Any]:
        """End the take and wait until the rest is on the disk.

        Args: end: what is known at the end, for the journal.
        Returns: the same with `reason`, `message` and `overflowed`, the samples of each stream that found no room; a
            fault overrules the reason that was given.
        """
        end = {**end, "overflowed": {name: count.overflowed for name, count in self.counts.items()}}
        end["repeated"] = {name: count.repeated for name, count in self.counts.items()}
        if self._fault is not None:
            end |= {"reason": self._fault.reason.value, "message": self._fault.detail}
        with self._changed:
            self._is_ending = True
            self._queue.append(_packed(END, 0.0, 0.0, json.dumps(end).encode()))
            self._changed.notify_all()
        self._stop(self.limits.finish_s)
        if self._fault is not None:
            end |= {"reason": self._fault.reason.value, "message": self._fault.detail}
        return end

    def abandon(self) -> None:
        """Stop at once; what is on the disk stays there."""
        self._stop(0.0)

    def _verdict(self, stream: str, capture_time_s: float, now_s: float, value: NDArray) -> Fault | bool:
        if self._bytes[stream] + value.nbytes > self.limits.max_stream_bytes:
            return Fault(
                EndReason.TOO_LONG, f"{stream}: expected at most {self.limits.max_stream_bytes} bytes, found more"
            )
        if value.dtype == np.float32 and not np.isfinite(value).all():
            return Fault(EndReason.BAD_VALUE, f"{stream}: expected finite numbers, found {value.tolist()}")
        return self._watch.see(stream, capture_time_s, now_s)

    def _enqueue(self, index: int, capture_time_s: float, receive_time_s: float, payload: bytes) -> bool:
        record = _packed(index, capture_time_s, receive_time_s, payload)
        with self._changed:
            if self._queued_bytes + len(payload) > self.limits.queue_bytes:
                return False
            self._queue.append(record)
            self._queued_bytes += len(payload)
            self._changed.notify_all()
        return True

    def _feed(self) -> None:
        """On a thread: move the queue into the pipe."""
        assert self._writer.stdin is not None
        pipe = self._writer.stdin.fileno()
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._queue or self._is_ending)
                    if not self._queue:
                        break
                    record = self._queue.popleft()
                _write_all(pipe, record)
                with self._changed:
                    self._queued_bytes -= len(record[1])
                    self._changed.notify_all()
        except OSError:
            pass  # the writer is gone; why, `_listen` finds out
        finally:
            self._writer.stdin.close()

    def _listen(self) -> None:
        """On a thread: hear what the writer says, and how it ends."""
        assert self._writer.stdout is not None
        for line in self._writer.stdout:
            answer = json.loads(line)
            if "done" in answer:
                self._done = answer["done"]
            elif "ready" in answer:
                with self._changed:
                    self._is_ready = True
                    self._changed.notify_all()
            else:
                self.num_segments, self.bytes_free = answer["segment"] + 1, answer["bytes_free"]
        code = self._writer.wait()
        if self._done is None:
            self._fail(Fault(EndReason.WRITER_GONE, f"expected it to live, found its end by code {code}"))
        elif self._done["error"]:
            self._fail(Fault(EndReason.DISK_FULL, self._done["error"]))

    def _fail(self, fault: Fault) -> None:
        with self._changed:
            self._fault = self._fault or fault
            self._changed.notify_all()

    def _stop(self, patience_s: float) -> None:
        feeder, listener = self._threads
        if patience_s:
            listener.join(patience_s)
        if listener.is_alive():
            if patience_s:
                self._fail(Fault(EndReason.WRITER_GONE, f"expected its end within {patience_s:g} s, found none"))
            self._writer.kill()
            listener.join()
        with self._changed:
            self._is_ending = True
            self._queue.clear()
            self._changed.notify_all()
        feeder.join()
        assert self._writer.stdout is not None
        self._writer.stdout.close()


def _start_writer(folder: Path, keep_open: Sequence[int]) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    writer = subprocess.Popen(
        [sys.executable, "-m", "data_tools.recorder_writer", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=keep_open,
        start_new_session=True,  # a Ctrl-C at the terminal is for the owner, who then ends the take
    )
    assert writer.stdin is not None
    try:
        fcntl.fcntl(writer.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        pass  # a system with smaller pipes only calls more often
    return writer


def _packed(index: int, capture_time_s: float, receive_time_s: float, payload: bytes) -> tuple[bytes, bytes]:
    return SAMPLE.pack(index, len(payload), capture_time_s, receive_time_s), payload


def _write_all(pipe: int, parts: tuple[bytes, bytes]) -> None:
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[os.write(pipe, view) :]
