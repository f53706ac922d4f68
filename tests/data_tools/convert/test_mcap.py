"""Bags that somebody else recorded: other message types, other rates, and damage."""

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from data_tools.convert.format import Losses
from data_tools.errors import ConversionError, DataError

STORE = get_typestore(Stores.ROS2_JAZZY)
COMMAND = "std_msgs/Header header\nuint64 seq\ngeometry_msgs/Twist twist\nfloat32 gripper\n"
STORE.register(get_types_from_msg(COMMAND, "mil_interfaces/msg/VelocityCommand"))
PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def message(kind, **fields):
    return STORE.types[kind](**fields)


def header(time_s, frame="cam"):
    ns = round(time_s * 1e9)
    time = message("builtin_interfaces/msg/Time", sec=ns // 10**9, nanosec=ns % 10**9)
    return message("std_msgs/msg/Header", stamp=time, frame_id=frame)


def image(time_s, picture=PICTURE, encoding="rgb8", step=18):
    data = np.ascontiguousarray(picture).reshape(-1)
    return message("sensor_msgs/msg/Image", header=header(time_s), height=4, width=6, encoding=encoding,
                   is_bigendian=0, step=step, data=data)  # fmt: skip


def joints(time_s, value):
    none = np.zeros(0)
    return message("sensor_msgs/msg/JointState", header=header(time_s), name=["a", "b"], position=np.full(2, value),
                   velocity=none, effort=none)  # fmt: skip


def command(time_s, value):
    vector = message("geometry_msgs/msg/Vector3", x=value, y=0.0, z=0.0)
    twist = message("geometry_msgs/msg/Twist", linear=vector, angular=vector)
    return message("mil_interfaces/msg/VelocityCommand", header=header(time_s), seq=1, twist=twist, gripper=1.0)


def record(path, topics):
    """Args: topics: name -> (type, messages by log time in seconds)."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        parts = []
        for topic, (kind, messages) in topics.items():
            link = bag.add_connection(topic, kind, typestore=STORE)
            parts += [(time_s, link, STORE.serialize_cdr(item, kind)) for time_s, item in messages]
        for time_s, link, data in sorted(parts, key=lambda part: part[0]):
            bag.write(link, round(time_s * 1e9), data)


def usual(count=4):
    """A camera at 10 Hz, joints at 100 Hz and commands at 20 Hz, which arrive 5 ms after their stamps."""

    def at(rate_hz, build):
        return [(k / rate_hz + 0.005, build(k / rate_hz)) for k in range(round(count * rate_hz / 10))]

    return {
        "/camera/color": ("sensor_msgs/msg/Image", at(10, image)),
        "/joint_states": ("sensor_msgs/msg/JointState", at(100, lambda time_s: joints(time_s, time_s))),
        "/arm/cmd": ("mil_interfaces/msg/VelocityCommand", at(20, lambda time_s: command(time_s, time_s))),
        "/chatter": ("std_msgs/msg/String", [(0.1, message("std_msgs/msg/String", data="hello"))]),
    }


def test_topics_of_different_rates_are_matched_by_their_stamps(tmp_path, read):
    record(tmp_path / "drive", usual())
    losses = Losses()
    (demo,) = read("mcap", tmp_path / "drive", losses)
    assert demo.task_id == "drive" and demo.actions.shape == (4, 7)
    for times in (demo.video.capture_time_s, demo.state_time_s, demo.action_time_s):
        np.testing.assert_allclose(times, np.arange(4) / 10, atol=1e-12)
    np.testing.assert_allclose(demo.states[:, 0], np.arange(4) / 10, atol=1e-7)
    np.testing.assert_allclose(demo.actions[:, 0], np.arange(4) / 10, atol=1e-7)
    said = " ".join(losses.sentences)
    assert "/chatter" in said and "different rates" in said


@pytest.mark.parametrize("late_s", [0.0, 0.04, 0.3])
def test_topics_of_one_length_are_matched_by_their_stamps_too(tmp_path, read, late_s):
    topics = {
        name: (kind, [(k / 10, build(k / 10 + shift_s)) for k in range(10)])
        for name, kind, build, shift_s in (
            ("/camera/color", "sensor_msgs/msg/Image", image, 0.0),
            ("/joint_states", "sensor_msgs/msg/JointState", lambda time_s: joints(time_s, time_s), 0.0),
            ("/arm/cmd", "mil_interfaces/msg/VelocityCommand", lambda time_s: command(time_s, time_s), late_s),
        )
    }
    record(tmp_path / "drive", topics)
    losses = Losses()
    (demo,) = read("mcap", tmp_path / "drive", losses)
    apart_s = np.abs(demo.action_time_s - demo.video.capture_time_s)
    assert (apart_s[1:] <= 0.05).all(), "the first step takes what there is"
    assert len(demo) == (10 if late_s < 0.05 else 7)
    assert ("do not begin together" in " ".join(losses.sentences)) == (late_s > 0.05)


def test_one_file_is_a_bag_too(tmp_path, read):
    record(tmp_path / "drive", usual())
    assert len(read("mcap", tmp_path / "drive" / "drive.mcap")[0]) == 4


def test_messages_without_stamps_get_the_time_of_the_bag(tmp_path, read):
    topics = usual()
    kind = "std_msgs/msg/Float64MultiArray"
    layout = message("std_msgs/msg/MultiArrayLayout", dim=[], data_offset=0)
    topics["/arm/cmd"] = (kind, [(k / 10 + 0.02, message(kind, layout=layout, data=np.ones(3))) for k in range(4)])
    record(tmp_path / "drive", topics)
    losses = Losses()
    (demo,) = read("mcap", tmp_path / "drive", losses)
    np.testing.assert_allclose(demo.action_time_s, np.arange(4) / 10 + 0.02)
    assert "/arm/cmd has no stamps" in " ".join(losses.sentences)


def test_blue_and_red_change_places_and_padding_is_left_out(tmp_path, read):
    topics = usual()
    padded = np.pad(PICTURE.reshape(4, 18), ((0, 0), (0, 2)))
    pictures = [(k / 10, image(k / 10, padded, "bgr8", 20)) for k in range(4)]
    record(tmp_path / "drive", topics | {"/camera/color": ("sensor_msgs/msg/Image", pictures)})
    (demo,) = read("mcap", tmp_path / "drive")
    np.testing.assert_array_equal(demo.video.frames[0], PICTURE[..., ::-1])


@pytest.mark.parametrize(
    ("topic", "items", "expected"),
    [
        ("/camera/color", [(k / 10, image(k / 10, encoding="16UC1")) for k in range(4)], "rgb8, bgr8; found '16UC1'"),
        ("/camera/color", [(k / 10, image(k / 10, step=12)) for k in range(4)], "rows of 12 bytes"),
        ("/camera/color", [(k / 10, image(0.5)) for k in range(4)], "stamps that increase"),
        ("/arm/cmd", [(k / 10, command(k / 10, float("nan"))) for k in range(4)], "finite numbers"),
        ("/arm/cmd", [], "found none"),
    ],
)
def test_messages_that_cannot_be_used_are_refused(tmp_path, read, topic, items, expected):
    topics = usual()
    record(tmp_path / "drive", topics | {topic: (topics[topic][0], items)})
    with pytest.raises(ConversionError, match=expected):
        read("mcap", tmp_path / "drive")


@pytest.mark.parametrize("missing", ["/camera/color", "/joint_states", "/arm/cmd"])
def test_a_bag_without_a_needed_topic_lists_what_it_has(tmp_path, read, missing):
    topics = usual()
    del topics[missing]
    record(tmp_path / "drive", topics)
    with pytest.raises(ConversionError, match="/chatter"):
        read("mcap", tmp_path / "drive")


def test_a_bag_cut_short_is_refused(tmp_path, read):
    record(tmp_path / "drive", usual())
    file = tmp_path / "drive" / "drive.mcap"
    content = file.read_bytes()
    for length in np.linspace(0, len(content) - 1, 12).astype(int):
        file.write_bytes(content[:length])
        with pytest.raises(DataError, match="expected"):
            read("mcap", tmp_path / "drive")


@pytest.mark.parametrize(
    "notes", ["", "rosbag2_bagfile_information: 3", "a: &a [*a]", "compression_mode: file", "\0", "[" * 20_000]
)
def test_a_damaged_description_is_refused(tmp_path, read, notes):
    record(tmp_path / "drive", usual())
    (tmp_path / "drive" / "metadata.yaml").write_text(notes)
    with pytest.raises(ConversionError, match="expected"):
        read("mcap", tmp_path / "drive")


def test_a_link_in_a_bag_is_not_followed(tmp_path, read):
    record(tmp_path / "drive", usual())
    file = tmp_path / "drive" / "drive.mcap"
    file.rename(tmp_path / "outside.mcap")
    file.symlink_to(tmp_path / "outside.mcap")
    with pytest.raises(ConversionError, match="a link"):
        read("mcap", tmp_path / "drive")
