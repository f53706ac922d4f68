"""Judges the newest picture of a camera on a thread of its own, and skips those that come while it is busy.

The ROS thread only moves messages. What judging means, others say.
"""

from collections.abc import Callable
from concurrent.futures import Future as WorkerFuture
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from data_tools.errors import DataError
from mil_core.errors import MilError
from mil_nodes import qos
from mil_nodes.errors import NodeError
from mil_nodes.worker import answering
from sim.errors import SimError

EXPECTED = (NodeError, MilError, DataError, SimError)
"""What bad demonstrations and pictures raise."""


class PictureWorker:
    """A subscription, a thread, and the topic ~/notice for pictures that cannot be used."""

    def __init__(self, node: Node, camera: str) -> None:
        """Args: node: whose topics these are. camera: topic of the pictures."""
        self._node = node
        self._judge: Callable[[Image], None] = lambda _: None
        self._newest: Image | None = None
        self._worker = ThreadPoolExecutor(1, "worker")
        self._pending: WorkerFuture[None] | None = None
        self._notice = ""
        self._notices = node.create_publisher(String, "~/notice", qos.LATEST)
        node.create_subscription(Image, camera, self._on_image, qos.IMAGE_IN)

    def begin(self, judge: Callable[[Image], None]) -> None:
        """Let `judge` see pictures from now on, on the worker thread; what it raises of EXPECTED becomes a notice."""
        self._judge = judge

    def judge_newest(self) -> None:
        """On the worker thread: judge the picture at hand, if there is one."""
        if self._newest is not None:
            self._judge_or_tell(self._newest)

    async def do(self, work: Callable[[], Any]) -> Any:
        """Run `work` after what the worker does now, while the ROS thread goes on."""
        run, future = answering(self._node, work)
        self._worker.submit(run)
        return await future

    def close(self) -> None:
        """Stop working."""
        self._worker.shutdown(cancel_futures=True)

    def _on_image(self, message: Image) -> None:
        self._newest = message
        if self._pending is None or self._pending.done():
            self._pending = self._worker.submit(self._judge_or_tell, message)

    def _judge_or_tell(self, message: Image) -> None:
        tell = ""
        try:
            self._judge(message)
        except EXPECTED as error:
            tell = f"{type(error).__name__}: {error}"
        if tell != self._notice:  # a camera would say it at every picture
            self._notice = tell
            self._notices.publish(String(data=tell))
