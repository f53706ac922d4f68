"""What a client of the action run_policy hears while it waits."""

import math

from mil_interfaces.action import RunPolicy
from rclpy.action.server import ServerGoalHandle

from mil_nodes.goal_feed import GoalFeed


class RunFeedback:
    """Feedback of one goal: every step, and every change of stage."""

    def __init__(self, goal: ServerGoalHandle, feed: GoalFeed) -> None:
        """Args: feed: with the newest probability."""
        self._goal, self._feed = goal, feed
        self._message = RunPolicy.Feedback(attempt=1, stage="acting", probability=math.nan)

    def on_step(self, step: int, latency_ms: float) -> None:
        """A step of this attempt has been taken."""
        self._message.step, self._message.latency_ms = step, latency_ms
        self._publish()

    def on_stage(self, stage: str, attempt: int) -> None:
        """Something else happens from now on."""
        self._message.stage, self._message.attempt = stage, attempt
        self._publish()

    def _publish(self) -> None:
        self._message.probability = self._feed.newest(0)
        self._goal.publish_feedback(self._message)
