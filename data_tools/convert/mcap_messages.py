"""ROS messages to arrays and back. Knows messages, not bags."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.coded_picture import decoded
from data_tools.convert.format import refuse
from data_tools.demo import Demo

PICTURES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
"""Messages that hold a picture."""
ENCODINGS = {"rgb8": slice(None), "bgr8": slice(None, None, -1)}
"""Encoding of a raw picture -> order of its colours."""
_NS = 10**9


def _twist(twist: Any) -> list[float]:
    return [*(getattr(twist.linear, axis) for axis in "xyz"), *(getattr(twist.angular, axis) for axis in "xyz")]


NUMBERS: dict[str, Callable[[Any], Any]] = {
    "sensor_msgs/msg/JointState": lambda message: message.position,
    "mil_interfaces/msg/RobotState": lambda message: message.state,
    "mil_interfaces/msg/VelocityCommand": lambda message: [*_twist(message.twist), message.gripper],
    "geometry_msgs/msg/TwistStamped": lambda message: _twist(message.twist),
    "geometry_msgs/msg/Twist": _twist,
    "std_msgs/msg/Float64MultiArray": lambda message: message.data,
    "std_msgs/msg/Float32MultiArray": lambda message: message.data,
}
"""Messages that hold a row of numbers -> how to take it."""


def numbers_of(where: object, message: Any, kind: str) -> NDArray[np.float64]:
    """The numbers of a message, shape (N,)."""
    return np.asarray(NUMBERS[kind](message), np.float64)


def picture_of(where: object, message: Any, kind: str) -> NDArray[np.uint8]:
    """The RGB picture of a message, shape (height, width, 3). Raises: ConversionError: it has another form."""
    if kind == PICTURES[1]:
        return decoded(where, bytes(message.data), None)
    order = ENCODINGS.get(message.encoding)
    if order is None:
        refuse(where, f"pictures in {', '.join(ENCODINGS)}", f"{message.encoding!r}", "record the colour picture")
    height, width, step = int(message.height), int(message.width), int(message.step)
    if step < 3 * width or len(message.data) != height * step or not len(message.data):
        refuse(where, f"{height} rows of {step} bytes", f"{len(message.data)} bytes", "record this episode again")
    rows = np.asarray(message.data, np.uint8).reshape(height, step)
    return np.ascontiguousarray(rows[:, : 3 * width].reshape(height, width, 3)[..., order])


def stamp_ns(message: Any) -> int | None:
    """The time in a message's header; None where it has no header or an empty one."""
    header = getattr(message, "header", None)
    if header is None or (header.stamp.sec == 0 and header.stamp.nanosec == 0 and not header.frame_id):
        return None
    return int(header.stamp.sec) * _NS + int(header.stamp.nanosec)


def stamped(
    demo: Demo, store: Any, compress: bool, encode: Callable[[NDArray[np.uint8]], bytes]
) -> Iterator[tuple[int, str, Callable[[], Any]]]:
    """Time, topic and a way to build each message of a demo, topic by topic. Raises: ConversionError: times collide."""
    types = store.types

    def header(time_ns: int) -> Any:
        time = types["builtin_interfaces/msg/Time"](sec=time_ns // _NS, nanosec=time_ns % _NS)
        return types["std_msgs/msg/Header"](stamp=time, frame_id="robot")

    def image(time_ns: int, frame: NDArray[np.uint8]) -> Any:
        if compress:
            data = np.frombuffer(encode(frame), np.uint8)
            return types[PICTURES[1]](header=header(time_ns), format="rgb8; png compressed", data=data)
        height, width = frame.shape[:2]
        return types[PICTURES[0]](
            header=header(time_ns), height=height, width=width, encoding="rgb8", is_bigendian=0, step=3 * width,
            data=np.ascontiguousarray(frame).reshape(-1),
        )  # fmt: skip

    def joints(time_ns: int, name: str, values: NDArray[np.float32]) -> Any:
        names = [f"{name}_{index}" for index in range(len(values))]
        none = np.zeros(0)
        return types["sensor_msgs/msg/JointState"](
            header=header(time_ns), name=names, position=values.astype(np.float64), velocity=none, effort=none
        )

    for time_ns, frame in zip(_nanoseconds(demo, demo.video.capture_time_s), demo.video.frames, strict=True):
        yield time_ns, "/camera/image", lambda time_ns=time_ns, frame=frame: image(time_ns, frame)
    for name, topic, times, rows in (
        ("state", "/robot/state", demo.state_time_s, demo.states),
        ("action", "/robot/command", demo.action_time_s, demo.actions),
    ):
        for time_ns, row in zip(_nanoseconds(demo, times), rows, strict=True):
            yield time_ns, topic, lambda time_ns=time_ns, name=name, row=row: joints(time_ns, name, row)


def _nanoseconds(demo: Demo, time_s: NDArray[np.float64]) -> list[int]:
    """Whole nanoseconds, still strictly increasing."""
    if np.abs(time_s).max() >= 2**31:
        where, found = f"Demo of {demo.task_id}", f"{time_s[-1]:g} s"
        refuse(where, "times below 2^31 s, as ROS keeps them", found, "subtract a start")
    whole = np.rint(time_s * 1e9).astype(np.int64)
    if (np.diff(whole) <= 0).any():
        refuse(f"Demo of {demo.task_id}", "a nanosecond between samples", "less", "record this demo again")
    return whole.tolist()
