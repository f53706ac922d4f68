"""How likely a goal is reached in front of the camera: FLO's classifiers.

Topic out: ~/probability, for each picture. Services: ~/set_goal makes a classifier from goal pictures, ~/use_goal takes
one that was made before. A request that cannot be met changes nothing. A picture that shows nothing or seems to come
from another camera is told as such, and never counts as reached.
"""

import math
from pathlib import Path
from typing import Any

from mil_interfaces.msg import GoalProbability
from mil_interfaces.srv import SetGoal, UseGoal
from rclpy.node import Node
from sensor_msgs.msg import Image

from mil_core.adapted_goal import GoalReward, Sighting
from mil_nodes import qos
from mil_nodes.conversions import picture_from
from mil_nodes.errors import GoalError
from mil_nodes.params import GoalMonitorParams
from mil_nodes.picture_worker import EXPECTED, PictureWorker
from mil_nodes.shown_goal import CheckpointGoals, Frame, ShownGoal, recorded_pictures

NOTHING = Sighting(math.nan, math.inf)
"""What is said of a picture that cannot be judged."""


class ClassifierMonitor:
    """Classifiers between a camera and whoever waits for a goal."""

    def __init__(self, node: Node, worker: PictureWorker, params: GoalMonitorParams) -> None:
        """Raises: MilError: the checkpoint is none."""
        self._node, self._pictures, self._library = node, worker, params.library_folder
        self._goals = CheckpointGoals(Path(params.checkpoint))
        self._current: tuple[ShownGoal, GoalReward] | None = None
        self._judged: Image | None = None
        self._probabilities = node.create_publisher(GoalProbability, "~/probability", qos.STATE)
        node.create_service(SetGoal, "~/set_goal", self._on_set_goal)
        node.create_service(UseGoal, "~/use_goal", self._on_use_goal)

    async def _on_set_goal(self, request: SetGoal.Request, response: SetGoal.Response) -> SetGoal.Response:
        try:
            shown: ShownGoal = await self._pictures.do(lambda: self._use(self._made(request)))
        except EXPECTED as error:
            return self._refused(response, error)
        calibration = shown.adapted.calibration
        response.success, response.message, response.classifier_id = True, shown.doubt, shown.classifier_id
        response.temperature, response.threshold = 1 / calibration.slope, calibration.threshold
        response.calibration_error, response.seconds = self._goals.calibration_error, shown.seconds
        response.unfamiliar = shown.adapted.novel_goals
        return response

    async def _on_use_goal(self, request: UseGoal.Request, response: UseGoal.Response) -> UseGoal.Response:
        try:
            shown: ShownGoal = await self._pictures.do(lambda: self._use(self._goals.of_id(request.classifier_id)))
        except EXPECTED as error:
            return self._refused(response, error)
        response.success, response.message = True, shown.doubt
        response.threshold = shown.adapted.calibration.threshold
        return response

    def _refused(self, response: Any, error: Exception) -> Any:
        response.success, response.message = False, f"{type(error).__name__}: {error}"
        self._node.get_logger().warning(response.message)
        return response

    def _made(self, request: SetGoal.Request) -> ShownGoal:
        """On the worker thread: the classifier of a request."""
        if request.pictures and request.frames:
            raise GoalError("Goal pictures: expected pictures or frames of recordings, found both; leave one out.")
        frames = [Frame(frame.demo_id, frame.take, frame.number) for frame in request.frames]
        pictures = [picture_from(message) for message in request.pictures]
        threshold = request.threshold[0] if len(request.threshold) else None
        return self._goals.show(pictures or recorded_pictures(self._library, frames), threshold)

    def _use(self, shown: ShownGoal) -> ShownGoal:
        """On the worker thread: judge by this classifier from now on, the picture at hand too."""
        self._current, self._judged = (shown, GoalReward(shown.adapted)), None
        self._pictures.judge_newest()
        return shown

    def judge(self, message: Image) -> None:
        """On the worker thread: publish how likely the goal is reached. Raises: EXPECTED: the picture shows nothing."""
        if self._current is None or message is self._judged:
            return  # one picture never counts twice
        self._judged = message
        shown, reward = self._current
        seen = NOTHING
        try:
            seen = reward.look(self._goals.picture(picture_from(message)))
        except EXPECTED:
            reward.reset()
            raise
        finally:
            is_unfamiliar = seen.is_novel or bool(shown.doubt)
            self._probabilities.publish(
                GoalProbability(
                    header=message.header,
                    classifier_id=shown.classifier_id,
                    probability=seen.probability,
                    novelty=seen.novelty,
                    is_unfamiliar=is_unfamiliar,
                    is_reached=reward.is_reached and not is_unfamiliar,
                )
            )
