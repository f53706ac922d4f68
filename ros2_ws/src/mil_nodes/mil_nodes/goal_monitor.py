"""Says what a demonstration makes of the scene in front of the camera: MandRIL's reward as pictures.

Topic in: camera/image. Out, latched: ~/reward (32FC1, one number a cell), ~/reward_picture (the same over the camera
picture, for people) and ~/notice when a picture cannot be used. Services: ~/set_demo, and ~/get_reward for clients that
subscribe to nothing. The ROS thread only moves messages; adapting and inference happen on a worker thread, which skips
the pictures that come while it is busy. A demonstration that cannot be used changes nothing.
"""

from collections.abc import Callable
from concurrent.futures import Future as WorkerFuture
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mil_interfaces.srv import GetReward, SetDemo
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from data_tools.errors import DataError
from data_tools.reward_overlay import overlay
from mil_core.errors import MilError
from mil_nodes import qos
from mil_nodes.conversions import image_message, picture_from, reward_message, stamp_to_ns
from mil_nodes.errors import NodeError
from mil_nodes.params import GoalMonitorParams, declare
from mil_nodes.process import serve
from mil_nodes.shown_reward import CheckpointRewards, ShownReward
from mil_nodes.worker import answering
from sim.errors import SimError

EXPECTED = (NodeError, MilError, DataError, SimError)
"""What bad demonstrations and pictures raise."""
ENLARGED = 4
"""How many times larger than the learner's the picture for people is."""


class GoalMonitor(Node):
    """A reward between a camera and whoever plans or watches."""

    def __init__(self) -> None:
        super().__init__("goal_monitor")
        self.params = declare(self, GoalMonitorParams)
        self._rewards = CheckpointRewards(Path(self.params.checkpoint))
        self._shown: ShownReward | None = None
        if self.params.demo:
            self._shown = self._rewards.of_id_or_path(self.params.library_folder, self.params.demo)
        self._newest: Image | None = None
        self._answer = GetReward.Response(message="Reward: expected a demonstration, found none; call ~/set_demo.")
        self._worker = ThreadPoolExecutor(1, "worker")
        self._pending: WorkerFuture[None] | None = None
        self._notice = ""
        self._make_interface()

    def _make_interface(self) -> None:
        self._reward_maps = self.create_publisher(Image, "~/reward", qos.LATEST)
        self._pictures = self.create_publisher(Image, "~/reward_picture", qos.LATEST)
        self._notices = self.create_publisher(String, "~/notice", qos.LATEST)
        self.create_subscription(Image, self.params.camera, self._on_image, qos.IMAGE_IN)
        self.create_service(SetDemo, "~/set_demo", self._on_set_demo)
        self.create_service(GetReward, "~/get_reward", self._on_get_reward)

    def _on_image(self, message: Image) -> None:
        self._newest = message
        if self._shown is not None and (self._pending is None or self._pending.done()):
            self._pending = self._worker.submit(self._publish, message)

    async def _on_set_demo(self, request: SetDemo.Request, response: SetDemo.Response) -> SetDemo.Response:
        try:
            shown: ShownReward = await self._in_worker(lambda: self._show(request.demo_id))
        except EXPECTED as error:
            response.success, response.message = False, f"{type(error).__name__}: {error}"
            self.get_logger().warning(response.message)
            return response
        response.success, response.seconds = True, shown.seconds
        response.loss_before, response.loss_after = shown.adapted.loss_before, shown.adapted.loss_after
        return response

    def _on_get_reward(self, _: GetReward.Request, response: GetReward.Response) -> GetReward.Response:
        del response
        return self._answer

    def _show(self, demo_id: str) -> ShownReward:
        """On the worker thread: use a demonstration's reward from now on, for the picture at hand too."""
        shown = self._shown = self._rewards.of_id(self.params.library_folder, demo_id)
        self._answer = GetReward.Response(message="Reward: expected a picture, found none yet; check the camera.")
        if self._newest is not None:
            self._publish(self._newest)
        return shown

    def _publish(self, message: Image) -> None:
        """On the worker thread: the reward of one camera picture."""
        shown = self._shown
        assert shown is not None  # nobody asks before
        try:
            picture = self._rewards.picture(picture_from(message))
            reward = shown.adapted.reward(picture)
            tell = ""
        except EXPECTED as error:
            tell = f"{type(error).__name__}: {error}"
        if tell != self._notice:  # a camera would say it at every picture
            self._notice = tell
            self._notices.publish(String(data=tell))
        if tell:
            return
        numbers = reward_message(reward, message.header)
        shaded = image_message(
            overlay(picture.repeat(ENLARGED, 0).repeat(ENLARGED, 1), reward), stamp_to_ns(message.header.stamp)
        )
        shaded.header = message.header
        self._answer = GetReward.Response(success=True, demo_id=shown.demo, reward=numbers, picture=shaded)
        self._reward_maps.publish(numbers)
        self._pictures.publish(shaded)

    async def _in_worker(self, work: Callable[[], Any]) -> Any:
        """Run `work` after what the worker does now, while the ROS thread goes on."""
        run, future = answering(self, work)
        self._worker.submit(run)
        return await future

    def destroy_node(self) -> None:
        """Stop working before the process ends."""
        self._worker.shutdown(cancel_futures=True)
        super().destroy_node()


def main() -> None:
    """Say what a demonstration makes of the scene until told to stop."""
    serve(GoalMonitor, expected=EXPECTED)
