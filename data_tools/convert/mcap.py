"""rosbag2 in MCAP: one bag for each episode, with the message definitions inside, true times in every header.

Pictures go to /camera/image (sensor_msgs Image, or CompressedImage as PNG), states and actions to /robot/state and
/robot/command (both sensor_msgs JointState, numbers in `position`, so that every viewer shows them), labels to
/demo/labels (JSON in a String). Bags of others are read when they hold pictures and two streams of numbers.
"""

import json
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.coded_picture import as_png
from data_tools.convert.format import (
    Format,
    Losses,
    ReadOptions,
    WriteOptions,
    chosen_camera,
    refuse,
    required,
    single_precision,
    translated,
)
from data_tools.convert.labels import build_demo, labels_of, provenance_or_none, read_json
from data_tools.convert.mcap_messages import NUMBERS, PICTURES, numbers_of, picture_of, stamp_ns, stamped
from data_tools.demo import Demo
from data_tools.provenance import Provenance
from data_tools.timeline import nearest

IMAGE, STATE, COMMAND, LABELS = "/camera/image", "/robot/state", "/robot/command", "/demo/labels"
_GAP_NS = 10**9  # between episodes in the log's own time, so that players show them one after another
_MAX_EPISODE_BYTES = 1 << 32
_MAX_YAML_BYTES = 1 << 22
_MAX_BRACKETS = 10_000  # brackets inside each other take time by the square of their depth


@dataclass
class Stream:
    """Messages of one topic of one episode."""

    time_ns: list[int] = field(default_factory=list)
    """Times of capture."""
    values: list[NDArray] = field(default_factory=list)
    """What was captured."""


def _bags(path: Path) -> list[Path]:
    """The bags that a name means: itself, or those in the folder, by name."""
    if path.suffix == ".mcap" and path.is_file() or (path / "metadata.yaml").is_file():
        return [path]
    if not path.is_dir():
        return []
    inner = [part for part in sorted(path.iterdir()) if not part.is_symlink()]
    return [part for part in inner if (part / "metadata.yaml").is_file() or part.suffix == ".mcap"]


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    required("rosbags.rosbag2")
    bags = _bags(path)
    if not bags:
        refuse(path, "a rosbag2 folder, an .mcap file, or a folder of them", "none", "name the folder of the bag")
    for bag in bags:
        _check_bag(bag)
        with _broken_bag(bag):
            demo = _read_bag(bag, options, losses)
        yield demo


def _check_bag(bag: Path) -> None:
    """Refuse what could fill the disk or lead elsewhere before rosbags opens it."""
    files = [bag] if bag.is_file() else sorted(bag.iterdir())
    if any(file.is_symlink() for file in files):
        refuse(bag, "files of the bag itself", "a link", "copy the files into the bag")
    notes = bag / "metadata.yaml"
    if bag.is_dir() and notes.stat().st_size > _MAX_YAML_BYTES:
        refuse(bag, f"metadata.yaml of at most {_MAX_YAML_BYTES} bytes", "more", "type: ros2 bag reindex")
    if bag.is_dir() and sum(map(notes.read_text(errors="replace").count, "[{")) > _MAX_BRACKETS:
        refuse(bag, f"metadata.yaml with at most {_MAX_BRACKETS} brackets", "more", "type: ros2 bag reindex")
    if bag.is_dir() and re.search(r"compression_mode:\s*['\"]?file", notes.read_text(errors="replace"), re.I):
        refuse(bag, "a bag that is not compressed as a file", "one that is", "type: ros2 bag convert")


@cache
def _definitions() -> Any:
    """The message definitions of ROS 2 Jazzy."""
    typesys = required("rosbags.typesys")
    return typesys.get_typestore(typesys.Stores.ROS2_JAZZY)


@lru_cache(maxsize=8)
def _definitions_in(texts: tuple[tuple[str, str], ...]) -> Any:
    """The message definitions that a bag brings along: pairs of type and text. Bags of one data set have the same."""
    typesys = required("rosbags.typesys")
    store, types = typesys.get_typestore(typesys.Stores.EMPTY), {}
    for kind, text in texts:
        types.update(typesys.get_types_from_msg(text, kind))
    store.register(types)
    return store


def _definitions_of(connections: Iterable[Any]) -> Any:
    """The definitions that these topics were written with; those of Jazzy where the bag does not bring all of them."""
    parts = [(part.msgtype, part.msgdef) for part in connections]
    if any(text.format.name != "MSG" for _, text in parts):
        return _definitions()
    return _definitions_in(tuple(sorted({(kind, text.data) for kind, text in parts})))


@contextmanager
def _broken_bag(bag: Path) -> Iterator[None]:
    """Turn what rosbags raises on a damaged bag into an error that says what to do."""
    errors = (required("rosbags.rosbag2").ReaderError, required("rosbags.typesys").TypesysError)
    errors += (required("rosbags.serde").SerdeError, struct.error)
    with translated(bag, "a whole bag"):
        try:
            yield
        except (*errors, AssertionError, NotImplementedError, StopIteration, RuntimeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def _read_bag(bag: Path, options: ReadOptions, losses: Losses) -> Demo:
    with required("rosbags.rosbag2").Reader(bag) as reader:
        topics = _chosen_topics(bag, {part.topic: part.msgtype for part in reader.connections}, options, losses)
        streams, labels, size = {topic: Stream() for topic in topics}, {}, 0
        wanted = [part for part in reader.connections if part.topic in (*topics, LABELS)]
        store = _definitions_of(wanted)
        for connection, log_ns, data in reader.messages(connections=wanted):
            size += len(data)
            if size > _MAX_EPISODE_BYTES:
                refuse(bag, f"an episode of at most {_MAX_EPISODE_BYTES} bytes", "more", "split the bag")
            message = store.deserialize_cdr(data, connection.msgtype)
            if connection.topic == LABELS:
                labels = read_json(str(message.data))
                continue
            stream, name = streams[connection.topic], connection.msgtype
            stream.values.append(picture_of(bag, message, name) if name in PICTURES else numbers_of(bag, message, name))
            stamp = stamp_ns(message)
            if stamp is None:
                losses.add(f"{connection.topic} has no stamps: its times are those at which the bag received it.")
            stream.time_ns.append(log_ns if stamp is None else stamp)
    return _demo_of(bag, [streams[topic] for topic in topics], labels, losses)


def _chosen_topics(bag: Path, types: dict[str, str], options: ReadOptions, losses: Losses) -> tuple[str, str, str]:
    """Topics of pictures, states and commands."""
    cameras = sorted(topic for topic, kind in types.items() if kind in PICTURES)
    numbers = sorted(topic for topic, kind in types.items() if kind in NUMBERS)
    commands = [topic for topic in numbers if re.search("command|cmd|action|target", topic)]
    states = [topic for topic in numbers if topic not in commands]
    if not (cameras and commands and states):
        found = ", ".join(f"{topic} ({kind})" for topic, kind in sorted(types.items()))[:500]
        refuse(bag, f"pictures, a state and a command (messages of {', '.join(NUMBERS)})", found or "no topics",
               "record these topics")  # fmt: skip
    wanted = options.camera if options.camera is None or options.camera in cameras else f"/{options.camera}"
    chosen = (chosen_camera(bag, cameras, wanted, losses), _first(states, STATE), _first(commands, COMMAND))
    others = sorted(set(types) - {*chosen, *cameras, LABELS})
    if others:
        losses.add(f"These topics are not carried over: {', '.join(others[:20])}.")
    return chosen


def _first(topics: list[str], ours: str) -> str:
    return ours if ours in topics else topics[0]


def _demo_of(bag: Path, streams: list[Stream], labels: dict[str, Any], losses: Losses) -> Demo:
    """A demo of three streams; where they have different rates, the slowest one gives the steps."""
    names = ("pictures", "states", "commands")
    for name, stream in zip(names, streams, strict=True):
        if not stream.values or len({value.shape for value in stream.values}) != 1:
            shapes = sorted({value.shape for value in stream.values})
            refuse(bag, f"{name} of one size", f"{shapes[:4] or 'none'}", "record this episode again")
    times = [np.array(stream.time_ns, np.int64) / 1e9 for stream in streams]
    rows = _steps(bag, times, "provenance" in labels, losses)
    parts = [np.stack([stream.values[i] for i in index]) for stream, index in zip(streams, rows, strict=True)]
    picked = (times[0][rows[0]], times[1][rows[1]], times[2][rows[2]])
    states = single_precision(f"{bag}, states", parts[1], losses)
    actions = single_precision(f"{bag}, commands", parts[2], losses)
    labels = {"task_id": bag.stem, "clock": "ros", **labels}
    return build_demo(parts[0], states, actions, picked, labels, 1.0, losses)


def _steps(bag: Path, times: list[NDArray[np.float64]], is_ours: bool, losses: Losses) -> list[NDArray[np.int64]]:
    """Which message of each stream belongs to each step. Args: is_ours: the bag was written here, step by step."""
    if any((np.diff(stream) <= 0).any() for stream in times):
        refuse(bag, "stamps that increase in each topic", "a step back or a repeated stamp", "mend the clock")
    if len({len(stream) for stream in times}) == 1 and (is_ours or _go_together(times)):
        return [np.arange(len(stream)) for stream in times]
    slowest = min(times, key=len)
    rows = [nearest(stream, slowest) for stream in times]
    taken = [0]
    for step in range(1, len(slowest)):
        if all(index[step] > index[taken[-1]] for index in rows):
            taken.append(step)
    apart_s = max(float(np.abs(stream[index] - slowest).max()) for stream, index in zip(times, rows, strict=True))
    losses.add(
        f"Topics have different rates, or do not begin together: each step takes the messages nearest to one of the "
        f"slowest topic, at most {apart_s:.3f} s away; all keep their own times."
    )
    return [index[taken] for index in rows]


def _go_together(times: list[NDArray[np.float64]]) -> bool:
    """Whether streams of one length are so near to each other, message by message, that none is nearer to another."""
    gap_s = min((float(np.median(np.diff(stream))) for stream in times if len(stream) > 1), default=np.inf)
    return all(float(np.abs(stream - times[0]).max()) < gap_s / 2 for stream in times)


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    path.mkdir()
    start_ns = 0
    for index, demo in enumerate(demos):
        start_ns = _write_bag(path / f"episode_{index:06d}", demo, provenance, options, start_ns) + _GAP_NS
    losses.add("Times are rounded to nanoseconds. The log's own times count from zero, one episode after another.")
    losses.add("Actions stand in `position` of a JointState, whatever they mean; what they mean is not in the bag.")


def _write_bag(path: Path, demo: Demo, provenance: Provenance, options: WriteOptions, start_ns: int) -> int:
    """Write one episode. Returns: log time of its last message."""
    rosbag2, store = required("rosbags.rosbag2"), _definitions()
    messages = sorted(stamped(demo, store, options.images == "lossless", as_png), key=lambda part: part[0])
    types = {IMAGE: "CompressedImage" if options.images == "lossless" else "Image", STATE: "JointState"}
    types = {topic: f"sensor_msgs/msg/{kind}" for topic, kind in {**types, COMMAND: "JointState"}.items()}
    plugin = rosbag2.StoragePlugin.MCAP
    with rosbag2.Writer(path, version=9, storage_plugin=plugin) as bag:
        links = {topic: bag.add_connection(topic, kind, typestore=store) for topic, kind in types.items()}
        labels = bag.add_connection(LABELS, "std_msgs/msg/String", typestore=store)
        text = json.dumps({**labels_of(demo), "provenance": provenance.to_json()})
        bag.write(labels, start_ns, store.serialize_cdr(store.types["std_msgs/msg/String"](data=text), labels.msgtype))
        log_ns = start_ns
        for time_ns, topic, build in messages:
            log_ns = start_ns + time_ns - messages[0][0]
            bag.write(links[topic], log_ns, store.serialize_cdr(build(), types[topic]))
    return log_ns


def _read_provenance(path: Path) -> Provenance | None:
    bags = _bags(path)
    if not bags:
        return None
    _check_bag(bags[0])
    with _broken_bag(bags[0]), required("rosbags.rosbag2").Reader(bags[0]) as reader:
        links = [part for part in reader.connections if part.topic == LABELS]
        for connection, _, data in reader.messages(connections=links) if links else ():
            message: Any = _definitions().deserialize_cdr(data, connection.msgtype)
            return provenance_or_none(read_json(str(message.data)).get("provenance"))
    return None


FORMAT = Format(
    title="rosbag2 in MCAP, a bag for each episode",
    suffix="",
    images=("plain", "lossless"),
    matches=lambda path: bool(_bags(path)),
    read=_read,
    read_provenance=_read_provenance,
    write=_write,
)
