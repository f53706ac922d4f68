"""A recording that cannot begin yet is ended when somebody says so, and tells what it waits for or what is wrong."""

from collections.abc import Iterator

import pytest
from mil_nodes import qos
from recorder_client import RECORDER, RESULT, Recorder
from rig import rig
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros
END_BEFORE = {"stop": "NO_STREAM", "cancel": "NO_STREAM", "discard": "DISCARDED"}
"""How a recording ends that somebody ends before its take began."""


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """A recorder that waits for more than there is: a camera of grey pictures, and a joint of another name."""
    folder = tmp_path_factory.mktemp("waiting")
    params = {"extra_cameras": "grey=grey/image", "start_timeout_s": 1000.0}
    params |= {"source": "kinesthetic", "gripper_joint": "no_such_joint"}
    with rig(folder, "fast", (RECORDER,), {"demo_recorder": params}) as running:
        ready = Recorder(running, folder / "demos")
        yield ready
        ready.action.destroy()


@pytest.mark.parametrize("how", ["stop", "discard", "cancel"])
def test_who_waits_for_a_stream_can_end_it(waiting: Recorder, how: str) -> None:
    handle = waiting.begin("never-begins")
    if how != "cancel":
        assert waiting.services.call(how).success
    result = waiting.end(handle, cancel=how == "cancel")
    assert (result.termination_reason, result.demo_id) == (getattr(RESULT, END_BEFORE[how]), "")
    if how != "discard":
        assert "grey" in result.message and "joint no_such_joint" in result.message


def test_a_picture_that_cannot_be_recorded_is_told_instead_of_a_camera_that_is_not_there(waiting: Recorder) -> None:
    mouth = waiting.client.node.create_publisher(Image, "grey/image", qos.RECORD)
    ended = waiting.begin("never-begins").get_result_async()
    picture = Image(height=2, width=3, step=3, encoding="mono8", data=bytes(6))

    def is_over() -> bool:
        mouth.publish(picture)
        return ended.done()

    waiting.client.wait(is_over, "the end")
    waiting.client.node.destroy_publisher(mouth)
    result = ended.result().result
    assert result.termination_reason == RESULT.FAILED and "'mono8'" in result.message
