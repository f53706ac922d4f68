"""What a demonstration makes of the scene in front of the camera: MandRIL's reward as pictures.

Topics out, latched: ~/reward (32FC1, one number a cell) and ~/reward_picture (the same over the camera picture, for
people). Services: ~/set_demo, and ~/get_reward for clients that subscribe to nothing. A demonstration that cannot be
used changes nothing.
"""

from pathlib import Path

from mil_interfaces.srv import GetReward, SetDemo
from rclpy.node import Node
from sensor_msgs.msg import Image

from data_tools.reward_overlay import overlay
from mil_nodes import qos
from mil_nodes.conversions import image_message, picture_from, reward_message, stamp_to_ns
from mil_nodes.params import GoalMonitorParams
from mil_nodes.picture_worker import EXPECTED, PictureWorker
from mil_nodes.shown_reward import CheckpointRewards, ShownReward

ENLARGED = 4
"""How many times larger than the learner's the picture for people is."""


class RewardMonitor:
    """A reward between a camera and whoever plans or watches."""

    def __init__(self, node: Node, worker: PictureWorker, params: GoalMonitorParams) -> None:
        """Raises: MilError, NodeError, DataError, SimError: the checkpoint or the first demonstration is none."""
        self._node, self._pictures, self._library = node, worker, params.library_folder
        self._rewards = CheckpointRewards(Path(params.checkpoint))
        self._shown: ShownReward | None = None
        if params.demo:
            self._shown = self._rewards.of_id_or_path(self._library, params.demo)
        self._answer = GetReward.Response(message="Reward: expected a demonstration, found none; call ~/set_demo.")
        self._reward_maps = node.create_publisher(Image, "~/reward", qos.LATEST)
        self._shaded = node.create_publisher(Image, "~/reward_picture", qos.LATEST)
        node.create_service(SetDemo, "~/set_demo", self._on_set_demo)
        node.create_service(GetReward, "~/get_reward", self._on_get_reward)

    async def _on_set_demo(self, request: SetDemo.Request, response: SetDemo.Response) -> SetDemo.Response:
        try:
            shown: ShownReward = await self._pictures.do(lambda: self._show(request.demo_id))
        except EXPECTED as error:
            response.success, response.message = False, f"{type(error).__name__}: {error}"
            self._node.get_logger().warning(response.message)
            return response
        response.success, response.seconds = True, shown.seconds
        response.loss_before, response.loss_after = shown.adapted.loss_before, shown.adapted.loss_after
        return response

    def _on_get_reward(self, _: GetReward.Request, response: GetReward.Response) -> GetReward.Response:
        del response
        return self._answer

    def _show(self, demo_id: str) -> ShownReward:
        """On the worker thread: use a demonstration's reward from now on, for the picture at hand too."""
        shown = self._shown = self._rewards.of_id(self._library, demo_id)
        self._answer = GetReward.Response(message="Reward: expected a picture, found none yet; check the camera.")
        self._pictures.judge_newest()
        return shown

    def judge(self, message: Image) -> None:
        """On the worker thread: publish the reward of a picture. Raises: EXPECTED: it cannot be used."""
        shown = self._shown
        if shown is None:
            return
        picture = self._rewards.picture(picture_from(message))
        reward = shown.adapted.reward(picture)
        numbers = reward_message(reward, message.header)
        shaded = image_message(
            overlay(picture.repeat(ENLARGED, 0).repeat(ENLARGED, 1), reward), stamp_to_ns(message.header.stamp)
        )
        shaded.header = message.header
        self._answer = GetReward.Response(success=True, demo_id=shown.demo, reward=numbers, picture=shaded)
        self._reward_maps.publish(numbers)
        self._shaded.publish(shaded)
