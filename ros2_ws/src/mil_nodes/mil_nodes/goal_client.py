"""What the policy runner asks of others for a watched run: which classifier judges, what it sees, and the way home."""

import threading
import time
from collections.abc import Callable
from typing import Any

from mil_interfaces.msg import GoalProbability
from mil_interfaces.srv import GoHome, UseGoal
from rclpy.client import Client
from rclpy.node import Node

from mil_core.adapted_goal import Sighting
from mil_core.retry import RetryRule
from mil_nodes import qos
from mil_nodes.conversions import stamp_to_ns
from mil_nodes.errors import MonitorMissing, NoWayHome, UnknownClassifier
from mil_nodes.goal_feed import GoalFeed
from mil_nodes.library import checked_id
from mil_nodes.params import PolicyRunnerParams

TIMES_ASKED = 2
"""How often the monitor is asked: Fast DDS drops an answer while it does not know the asker (rmw_fastrtps 842)."""
POLL_S = 0.02
"""How often a wait looks whether it should end."""


class GoalClient:
    """A subscription and two services. Its questions block: ask them on the worker thread, never on the ROS thread."""

    def __init__(self, node: Node, params: PolicyRunnerParams, stop: threading.Event | None = None) -> None:
        """Args: stop: set by whoever wants to wait no longer; then there is no answer."""
        self._params = params
        self._stop = threading.Event() if stop is None else stop
        self.feed = GoalFeed(params.goal_max_age_s)
        """What the monitor says."""
        monitor = params.goal_monitor
        node.create_subscription(GoalProbability, f"{monitor}/probability", self._on_probability, qos.STATE)
        self._use = node.create_client(UseGoal, f"{monitor}/use_goal")
        self._home = node.create_client(GoHome, params.home_service) if params.home_service else None

    def use(self, classifier_id: str) -> RetryRule | None:
        """Let a classifier judge from now on; what is to be believed of it. None for the empty id: nobody judges.

        Raises:
            BadId, UnknownClassifier: there is no such classifier.
            MonitorMissing: there is no goal monitor, or it does not answer.
            BadThreshold: limits of probabilities are none.
        """
        self.feed.begin(classifier_id)
        if not classifier_id:
            return None
        request = UseGoal.Request(classifier_id=checked_id(classifier_id))
        answer = self._ask(self._use, request, self._params.goal_timeout_s, TIMES_ASKED)
        if answer is None:
            raise MonitorMissing(
                f"Goal monitor: expected an answer of {self._use.srv_name} within {self._params.goal_timeout_s} s, "
                "found none; start one with a checkpoint of goal classifiers, or name no classifier."
            )
        if not answer.success:
            raise UnknownClassifier(answer.message)
        return RetryRule(answer.threshold, self._params.retry_below)

    def go_home(self) -> int:
        """Bring the robot home; the stamp from which on pictures show it there, ns. Raises: NoWayHome."""
        if self._home is None:
            raise NoWayHome("Home: expected a service, found none; set the parameter home_service.")
        answer = self._ask(self._home, GoHome.Request(), self._params.home_timeout_s)
        if answer is None or not answer.success:
            found = "no answer" if answer is None else answer.message
            raise NoWayHome(f"Home: expected {self._home.srv_name} to bring the robot home, found {found!r}.")
        return stamp_to_ns(answer.since)

    def _ask(self, client: Client, request: Any, timeout_s: float, times: int = 1) -> Any:
        """An answer, or None: nobody is there, he takes too long, or nobody wants to wait any longer.

        Args: timeout_s: for all `times` together.
        """
        if not self._wait(client.service_is_ready, self._params.goal_timeout_s):
            return None
        for _ in range(times):
            asked = client.call_async(request)
            if self._wait(asked.done, timeout_s / times):
                return asked.result()
            client.remove_pending_request(asked)
        return None

    def _wait(self, is_done: Callable[[], bool], timeout_s: float) -> bool:
        """Whether it was done in time; a stop ends the wait."""
        deadline_s = time.monotonic() + timeout_s
        while not is_done():
            if time.monotonic() > deadline_s or self._stop.wait(POLL_S):
                return False
        return True

    def _on_probability(self, message: GoalProbability) -> None:
        novelty = max(message.novelty, 2.0) if message.is_unfamiliar else message.novelty
        seen = Sighting(message.probability, novelty)
        self.feed.put(message.classifier_id, stamp_to_ns(message.header.stamp), seen)
