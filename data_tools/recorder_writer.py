"""The process that writes a take: samples come through its standard input, whole segments go to the disk.

    python -m data_tools.recorder_writer FOLDER

A process of its own, so that neither compression nor a slow disk nor the death of the recorder's owner costs more than
what it has not read yet; a thread does nothing but read, because a busy disk makes even writing to memory wait. It
answers on its standard output, one line of JSON when it is ready, for each flushed segment, and at the end. When the
input ends without a word, the owner has died: what came so far is flushed, without an end.
"""

import errno
import hashlib
import json
import os
import queue
import shutil
import sys
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from io import FileIO
from pathlib import Path
from typing import Any

from isal import isal_zlib

from data_tools.atomic import flush_to_disk
from data_tools.journal import JOURNAL, SAMPLE, StreamSpec, begin_line, end_line, segment_file, segment_line

SEGMENT_S = 0.3
"""Age of its first sample at which a segment is flushed: a power cut costs at most so much and what the disk takes."""
BEGIN, END = 0xFFFFFFFE, 0xFFFFFFFF
"""Indices of the two records that are no samples; their payload is JSON."""
DEFLATE_LEVEL = 1
LAG_S = 0.2
"""A sample that has waited this long is stored as it is, within a deflate stream all the same: half the work, so that a
busy machine costs room on the disk before it costs samples."""
MAX_UNWRITTEN = 256
"""Records that may have been read and not written yet: about two seconds of two cameras, one state and one action."""
MAX_UNFLUSHED = 32
"""Segments that may wait for the disk, out of reach of a kill already; after that the input waits, and the owner
drops and counts."""
_Record = tuple[tuple[int, float, float], bytearray]
"""Stream, capture time and receive time; payload."""
DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(OSError):
    """Too little space is left to go on."""


class SegmentWriter:
    """Writes the segments of one take and the line of each, and flushes both.

    Args: folder: of the take; it exists. info, streams: what the journal begins with. min_free_bytes: below this much
        free space a new segment is refused. tell: is told of each flushed segment.
    Raises: OSError: the disk.
    """

    def __init__(
        self,
        folder: Path,
        info: dict[str, Any],
        streams: tuple[StreamSpec, ...],
        min_free_bytes: int = 0,
        tell: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self._folder, self._min_free_bytes, self._tell = folder, min_free_bytes, tell
        self._index = self._num_samples = self._num_bytes = 0
        self._segment: FileIO | None = None
        self._opened_s = 0.0
        self._hash = hashlib.sha256()
        self._flusher = ThreadPoolExecutor(1)
        self._unflushed: deque[Future[None]] = deque()
        self._journal = FileIO(folder / JOURNAL, "xb")
        self._write_line(begin_line(info, streams))
        flush_to_disk(folder)

    def append(self, stream: int, capture_time_s: float, receive_time_s: float, payload: bytes | bytearray) -> None:
        """Add a sample to the segment at hand, or to a new one. Raises: OSError: the disk, also of earlier segments."""
        segment = self._segment or self._open_segment(receive_time_s)
        is_late = time.monotonic() - receive_time_s > LAG_S
        deflated = zlib.compress(payload, 0) if is_late else isal_zlib.compress(payload, DEFLATE_LEVEL)
        for part in (SAMPLE.pack(stream, len(deflated), capture_time_s, receive_time_s), deflated):
            _write(segment, part)
            self._hash.update(part)
            self._num_bytes += len(part)
        self._num_samples += 1

    def seconds_left(self) -> float | None:
        """Time until the segment at hand is due, or None when there is none."""
        return None if self._segment is None else max(0.0, self._opened_s + SEGMENT_S - time.monotonic())

    def close_segment(self) -> None:
        """Send the segment at hand to the disk, without waiting for it unless the disk is far behind."""
        if self._segment is None:
            return
        line = segment_line(self._index, self._num_bytes, self._hash.hexdigest(), self._num_samples)
        self._unflushed.append(self._flusher.submit(self._flush, self._segment, self._index, line))
        self._segment = None
        self._index += 1
        while self._unflushed and (self._unflushed[0].done() or len(self._unflushed) > MAX_UNFLUSHED):
            self._unflushed.popleft().result()

    def finish(self, end: dict[str, Any] | None) -> None:
        """Wait for the disk; write the last line unless `end` is None."""
        self.close_segment()
        while self._unflushed:
            self._unflushed.popleft().result()
        if end is not None:
            self._write_line(end_line(end))

    def close(self) -> None:
        """Let go of the files; what was not flushed is not part of the take."""
        self._flusher.shutdown()
        for file in (self._journal, self._segment):
            if file is not None:
                file.close()

    def _open_segment(self, first_s: float) -> FileIO:
        free = shutil.disk_usage(self._folder).free
        if free < self._min_free_bytes:
            raise DiskFull(errno.ENOSPC, f"expected {self._min_free_bytes} free bytes, found {free}")
        self._segment = FileIO(segment_file(self._folder, self._index), "xb")
        # The steady clock is the same in both processes: time that the sample waited in the queue counts, but a writer
        # that lags behind must not fall further behind by flushing each sample alone.
        now_s = time.monotonic()
        self._opened_s, self._hash = min(now_s, max(first_s, now_s - SEGMENT_S / 2)), hashlib.sha256()
        self._num_samples = self._num_bytes = 0
        return self._segment

    def _flush(self, segment: FileIO, index: int, line: bytes) -> None:
        """On the thread that waits for the disk, as even writing to a file that is being flushed does."""
        with segment:
            _write(self._journal, line)  # before the flush: after a power cut the hash tells
            os.fsync(segment.fileno())
            # A long recording must not push all else out of memory, and memory that is free is quick to write to.
            os.posix_fadvise(segment.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        os.fsync(self._journal.fileno())
        flush_to_disk(self._folder)
        self._tell({"segment": index, "bytes_free": shutil.disk_usage(self._folder).free})

    def _write_line(self, line: bytes) -> None:
        _write(self._journal, line)
        os.fsync(self._journal.fileno())


def serve(source: FileIO, folder: Path) -> dict[str, Any]:
    """Write one take from a stream of records.

    Args: source: begins with a BEGIN record. folder: of the take.
    Returns: how it ended: `end` as the owner sent it, or None, and `error`, empty unless the disk failed.
    """
    _, begin = _record(source) or (None, b"null")
    head = json.loads(begin)
    if head is None:
        return {"end": None, "error": ""}
    streams = tuple(StreamSpec(**{**spec, "shape": tuple(spec["shape"])}) for spec in head["streams"])
    end = None
    try:
        with closing(SegmentWriter(folder, head["info"], streams, head["min_free_bytes"], _answer)) as writer:
            _answer({"ready": True})
            end = _copy(source, writer)
            writer.finish(end)
    except OSError as error:
        if error.errno not in DISK_FULL_ERRORS:
            raise
        return {"end": end, "error": f"the disk is full: {error.strerror}"}
    return {"end": end, "error": ""}


def _copy(source: FileIO, writer: SegmentWriter) -> dict[str, Any] | None:
    """Move samples until the owner ends the take, or dies; what the owner says at the end."""
    records: queue.Queue[_Record | None] = queue.Queue(MAX_UNWRITTEN)
    threading.Thread(target=_read, args=(source, records), daemon=True).start()
    while True:
        left_s = writer.seconds_left()
        try:
            record = records.get(timeout=left_s)
        except queue.Empty:
            writer.close_segment()
            continue
        if record is None:
            return None
        (stream, capture_time_s, receive_time_s), payload = record
        if stream == END:
            return json.loads(payload)
        writer.append(stream, capture_time_s, receive_time_s, payload)
        if writer.seconds_left() == 0.0:
            writer.close_segment()


def _read(source: FileIO, records: queue.Queue[_Record | None]) -> None:
    """On a thread: take over what the owner sends, so that its death costs none of it."""
    try:
        while record := _record(source):
            records.put(record)
            if record[0][0] == END:
                return
        records.put(None)
    except (OSError, ValueError):
        pass  # the input was closed, because the disk has failed and nobody waits for more


def _record(source: FileIO) -> _Record | None:
    """The next record, or None when the input ends, even in the middle of one."""
    head = _exactly(source, SAMPLE.size)
    if head is None:
        return None
    stream, length, capture_time_s, receive_time_s = SAMPLE.unpack(head)
    payload = _exactly(source, length)
    return None if payload is None else ((stream, capture_time_s, receive_time_s), payload)


def _exactly(source: FileIO, length: int) -> bytearray | None:
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        count = source.readinto(view)
        if not count:
            return None
        view = view[count:]
    return buffer


def _write(file: FileIO, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[file.write(view) or 0 :]


def _answer(content: dict[str, Any]) -> None:
    try:
        os.write(sys.stdout.fileno(), json.dumps(content).encode() + b"\n")
    except OSError:
        pass  # nobody listens any more; the journal is what counts


def main() -> int:
    """Write the take whose folder is the one argument."""
    with FileIO(sys.stdin.fileno(), "rb", closefd=False) as source:
        _answer({"done": serve(source, Path(sys.argv[1]))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
