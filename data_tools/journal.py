"""The journal of a take: a folder of segments, and one line for each whole segment.

    journal.jsonl         lines of JSON: one "begin", a "segment" for each whole segment in order, an "end" when
                          somebody ended the take; each carries a hash of itself, so that a torn line is known as one
    segment-000000.bin    samples, one after the other: a fixed head (see `SAMPLE`), then the deflated payload

A line is written when its segment is whole, then both are flushed. Whatever is cut off, wherever, the take is the part
up to the last segment whose hash is right, and of those after it, which have no line yet, the samples whose own
checksum is right: what was written before a kill is there, even where nothing had been flushed. Knows what a sample is,
and nothing of pictures, demonstrations or processes; it imports little, because the process that writes takes has to
start quickly.
"""

import hashlib
import json
import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from data_tools.errors import DataError

JOURNAL = "journal.jsonl"
VERSION = 1
SAMPLE = struct.Struct("<IIdd")
"""Index of the stream, bytes of the payload, capture time and receive time in seconds."""
_ITEM_BYTES = {"uint8": 1, "float32": 4}


class JournalError(DataError):
    """A take has no journal that tells what is in it."""


@dataclass(frozen=True)
class StreamSpec:
    """What one stream of a take carries."""

    name: str
    """Name, as in `obs/<name>`; "image" is the policy camera, "state" and "action" are numbers."""
    shape: tuple[int, ...]
    """Shape of one sample: (height, width, 3) for a picture, (D,) for numbers."""
    dtype: Literal["uint8", "float32"]
    """uint8 for pictures, float32 for numbers."""
    rate_hz: float = 0.0
    """Rate that was asked for, or 0 when nobody knows."""


@dataclass(frozen=True)
class Place:
    """Where one sample lies."""

    stream: int
    """Index of its stream."""
    capture_time_s: float
    """When it was taken, by the clock of the robot."""
    receive_time_s: float
    """When the recorder got it, by the steady clock."""
    segment: int
    """Number of the segment file."""
    offset: int
    """First byte of the deflated payload."""
    length: int
    """Bytes of the deflated payload."""


@dataclass(frozen=True)
class TakeRecord:
    """What a take holds up to its last whole sample."""

    folder: Path
    """The take."""
    info: dict[str, Any]
    """What was known when it began: task, robot, clock, device and so on."""
    streams: tuple[StreamSpec, ...]
    """What was recorded."""
    samples: tuple[Place, ...]
    """All samples in the order of their arrival."""
    end: dict[str, Any] | None
    """What was known when it ended, or None when nobody ended it."""

    def payload(self, place: Place) -> bytes:
        """The deflated payload of a sample."""
        with segment_file(self.folder, place.segment).open("rb") as file:
            return os.pread(file.fileno(), place.length, place.offset)


def segment_file(folder: Path, index: int) -> Path:
    """File of a segment."""
    return folder / f"segment-{index:06d}.bin"


def begin_line(info: dict[str, Any], streams: tuple[StreamSpec, ...]) -> bytes:
    """First line of a journal."""
    return _line({"kind": "begin", "version": VERSION, "info": info, "streams": [asdict(spec) for spec in streams]})


def segment_line(index: int, num_bytes: int, sha256: str, num_samples: int) -> bytes:
    """Line of a whole segment."""
    return _line({"kind": "segment", "index": index, "bytes": num_bytes, "sha256": sha256, "samples": num_samples})


def end_line(end: dict[str, Any]) -> bytes:
    """Last line of a take that somebody ended."""
    return _line({"kind": "end", "end": end})


def read_take(folder: Path) -> TakeRecord:
    """Read a take, finished or not, up to its last whole sample.

    Args: folder: of the take.
    Returns: its samples; the segments are read again when their payloads are asked for.
    Raises: JournalError: there is no first line, so nothing says what the samples mean.
    """
    lines = _whole_lines(folder / JOURNAL)
    begin = next(lines, None)
    if begin is None or begin.get("kind") != "begin" or begin.get("version") != VERSION:
        raise JournalError(
            f"Take {folder}: expected a journal of version {VERSION}, found none; nothing of it can be read, delete it."
        )
    streams = tuple(StreamSpec(**{**spec, "shape": tuple(spec["shape"])}) for spec in begin["streams"])
    samples: list[Place] = []
    end = None
    num_segments = 0
    for line in lines:
        if line["kind"] == "end":
            end = line["end"]
            break
        if line["index"] != num_segments or not _is_whole(segment_file(folder, num_segments), line):
            break
        samples += _places(folder, num_segments)
        num_segments += 1
    else:
        samples += _places_without_a_line(folder, num_segments, streams)
    return TakeRecord(folder, begin["info"], streams, tuple(samples), end)


def _line(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, sort_keys=True)
    return json.dumps({"line": text, "sha256": _sha256(text.encode())}).encode() + b"\n"


def _whole_lines(journal: Path) -> Iterator[dict[str, Any]]:
    """Lines up to the first one that is torn or changed."""
    if not journal.is_file():
        return
    for line in journal.read_bytes().splitlines(keepends=True):
        try:
            outer = json.loads(line)
            text = outer["line"]
            if not line.endswith(b"\n") or outer["sha256"] != _sha256(text.encode()):
                return
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        yield json.loads(text)


def _is_whole(path: Path, line: dict[str, Any]) -> bool:
    if not path.is_file() or path.stat().st_size != line["bytes"]:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == line["sha256"]


def _places(folder: Path, segment: int) -> Iterator[Place]:
    """Samples of a segment whose hash has been checked."""
    content = segment_file(folder, segment).read_bytes()
    offset = 0
    while offset < len(content):
        stream, length, capture_time_s, receive_time_s = SAMPLE.unpack_from(content, offset)
        offset += SAMPLE.size
        yield Place(stream, capture_time_s, receive_time_s, segment, offset, length)
        offset += length


def _places_without_a_line(folder: Path, segment: int, streams: tuple[StreamSpec, ...]) -> Iterator[Place]:
    """Samples of this segment and those after it, up to the first one that is torn: they waited for their flush."""
    while (path := segment_file(folder, segment)).is_file():
        content, offset = path.read_bytes(), 0
        while offset < len(content):
            begin = offset + SAMPLE.size
            if begin > len(content):
                return
            stream, length, capture_time_s, receive_time_s = SAMPLE.unpack_from(content, offset)
            if stream >= len(streams) or not _is_intact(content[begin : begin + length], streams[stream]):
                return
            yield Place(stream, capture_time_s, receive_time_s, segment, begin, length)
            offset = begin + length
        segment += 1


def _is_intact(payload: bytes, spec: StreamSpec) -> bool:
    """Whether it inflates to one sample and to nothing more; a deflate stream ends with a checksum."""
    size = math.prod(spec.shape) * _ITEM_BYTES[spec.dtype]
    inflater = zlib.decompressobj()
    try:
        return len(inflater.decompress(payload, size + 1)) == size and inflater.eof and not inflater.unused_data
    except zlib.error:
        return False


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
