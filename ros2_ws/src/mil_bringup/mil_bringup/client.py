"""Talks to the graph from a script: waits until it is ready, adapts, runs, resets, asks for the outcome.

Each call blocks, watches that the processes live meanwhile, and gives up after its time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import rclpy
from mil_interfaces.action import Adapt, RunPolicy
from mil_interfaces.msg import SafetyState
from mil_interfaces.srv import GetOutcome, ResetScene
from mil_nodes import qos
from mil_nodes.conversions import picture_from, stamp_to_ns
from numpy.typing import NDArray
from rclpy.action.client import ActionClient, ClientGoalHandle
from rclpy.client import Client as ServiceClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from mil_bringup.bringup import BringupError

READY_S = 60.0
CALL_S = 60.0
ARM_S = 2.0
"""How long the gate is asked to be armed: it refuses half a second from the last command of a run that has ended."""
POLL_S = 0.1
PING_S = 0.5
"""How often whoever may not be there yet is asked again."""
ASK_AGAIN_S = 15.0
"""When a question without an answer is asked again: Fast DDS drops an answer if the asker's end of the service is still
unknown where it is given (ros2/rmw_fastrtps issue 842). Longer than any answer takes, as the first may still come."""


class Client:
    """One node that calls the others; use it in a `with` block.

    Args: check: raises when the graph is broken, called again and again during every wait.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = rclpy.create_node("mil_client", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.safety: SafetyState | None = None
        self.node.create_subscription(SafetyState, "safety/state", self._on_safety, qos.LATEST)
        self._arm = self.node.create_client(Trigger, "safety_gate/arm")
        self._reset = self.node.create_client(ResetScene, "sim_robot/reset_scene")
        self._outcome = self.node.create_client(GetOutcome, "sim_robot/get_outcome")
        self._adapt = ActionClient(self.node, Adapt, "policy_runner/adapt")
        self._running: ClientGoalHandle | None = None
        self._run = ActionClient(self.node, RunPolicy, "policy_runner/run_policy")
        # Last: who answers this has discovered the actions too, which cannot be asked twice.
        self._cancel = self.node.create_client(Trigger, "policy_runner/cancel")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._adapt.destroy()
        self._run.destroy()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def wait_ready(self, timeout_s: float = READY_S) -> None:
        """Return when every service and action answers and the gate has seen a picture. Raises: BringupError."""

        def is_ready() -> bool:
            services = (self._arm, self._reset, self._outcome, self._cancel)
            actions = (self._adapt, self._run)
            return (
                all(service.service_is_ready() for service in services)
                and all(action.server_is_ready() for action in actions)
                and self.safety is not None
                and self.safety.camera_age_ms >= 0
            )

        self.wait(is_ready, "every service and action", timeout_s)
        # For some time discovery also knows a policy runner that has died.
        self.ask(self._cancel, Trigger.Request(), "an answer of the policy runner", PING_S, timeout_s)

    def ask(
        self, service: ServiceClient, request: Any, what: str, again_s: float = ASK_AGAIN_S, timeout_s: float = CALL_S
    ) -> Any:
        """The answer of a service, asked again every `again_s`: the request must be one that may come twice.

        Args: what: is expected, for the error.
        Raises: BringupError: a process died, or nobody answered.
        """
        asked: dict[Future, float] = {}

        def is_answered() -> bool:
            if not asked or time.monotonic() - max(asked.values()) > again_s:
                asked[service.call_async(request)] = time.monotonic()
            return any(call.done() for call in asked)

        self.wait(is_answered, what, timeout_s)
        return next(call.result() for call in asked if call.done())

    def wait(self, is_done: Callable[[], bool], what: str, timeout_s: float = CALL_S) -> None:
        """Serve callbacks until `is_done`. Raises: BringupError: a process died, or it took too long."""
        deadline_s = time.monotonic() + timeout_s
        while not is_done():
            self._check()
            if time.monotonic() > deadline_s:
                raise BringupError(f"Graph: expected {what} within {timeout_s:g} s, found none; see the nodes' logs.")
            self._executor.spin_once(POLL_S)

    def arm(self) -> None:
        """Let the gate pass commands. Raises: BringupError: it goes on refusing, as while somebody commands motion."""
        until_s = time.monotonic() + ARM_S
        while not (response := self.ask(self._arm, Trigger.Request(), "the gate's answer")).success:
            if time.monotonic() > until_s:
                raise BringupError(response.message)
            self._executor.spin_once(POLL_S)

    def reset_scene(self, task: str, split: str, seed: int, index: int, layout: int) -> ResetScene.Response:
        """Build a scene. Raises: BringupError: the simulator refused."""
        request = ResetScene.Request(task=task, split=split, seed=seed, index=index, layout=layout)
        response = self.ask(self._reset, request, "a scene")
        if not response.success:
            raise BringupError(response.message)
        return response

    def outcome(self) -> GetOutcome.Response:
        """How the episode stands."""
        return self.ask(self._outcome, GetOutcome.Request(), "the outcome")

    def adapt(self, demo_id: str) -> Adapt.Result:
        """Adapt to a film of the library; the result says how it ended."""
        return self._goal(self._adapt, Adapt.Goal(demo_id=demo_id), None)

    def run_policy(
        self,
        adapted_id: str,
        max_steps: int = 0,
        on_step: Callable[[RunPolicy.Feedback], None] | None = None,
        classifier_id: str = "",
    ) -> RunPolicy.Result:
        """Let a policy act for an episode, watched by a classifier if one is named; the result says how it went."""
        goal = RunPolicy.Goal(adapted_id=adapted_id, max_steps=max_steps, classifier_id=classifier_id)
        return self._goal(self._run, goal, on_step)

    def run_later(self, adapted_id: str, max_steps: int) -> None:
        """Begin an episode without waiting for its end."""
        self._running = self._accepted(self._run, RunPolicy.Goal(adapted_id=adapted_id, max_steps=max_steps), None)

    def cancel(self) -> RunPolicy.Result:
        """End the episode that `run_later` began, and return how it ended."""
        if self._running is None:
            raise BringupError("Cancel: expected an episode that run_later began, found none.")
        self._result(self._running.cancel_goal_async(), "an answer to the cancel")
        return self._result(self._running.get_result_async(), "the result of the goal").result

    @contextmanager
    def watching(self) -> Iterator[dict[int, NDArray[np.uint8]]]:
        """Collect the pictures for people, by stamp in ns; the simulator draws them only while somebody watches."""
        pictures: dict[int, NDArray[np.uint8]] = {}

        def keep(message: Image) -> None:
            pictures[stamp_to_ns(message.header.stamp)] = picture_from(message)

        subscription = self.node.create_subscription(Image, "spectator/image", keep, qos.IMAGE_OUT)
        try:
            self.wait(lambda: bool(pictures), "a picture for people")
            yield pictures
        finally:
            self.node.destroy_subscription(subscription)

    def _on_safety(self, message: SafetyState) -> None:
        self.safety = message

    def _goal(self, action: ActionClient, goal: Any, on_feedback: Callable[[Any], None] | None) -> Any:
        handle = self._accepted(action, goal, on_feedback)
        return self._result(handle.get_result_async(), "the result of the goal").result

    def _accepted(self, action: ActionClient, goal: Any, on_feedback: Callable[[Any], None] | None) -> ClientGoalHandle:
        def tell(message: Any) -> None:
            if on_feedback is not None:
                on_feedback(message.feedback)

        handle = self._result(action.send_goal_async(goal, tell), "an answer to the goal")
        if not handle.accepted:
            raise BringupError("Goal: expected it to be accepted, found it rejected; another goal is running.")
        return handle

    def _result(self, future: Future, what: str) -> Any:
        self.wait(future.done, what)
        return future.result()
