"""What scripts and the policy runner do about answers that do not come."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import rclpy
from mil_bringup.bringup import BringupError
from mil_bringup.client import Client
from mil_interfaces.srv import UseGoal
from mil_nodes.errors import MonitorMissing
from mil_nodes.goal_client import TIMES_ASKED, GoalClient
from mil_nodes.params import PolicyRunnerParams
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from std_srvs.srv import Trigger

pytestmark = pytest.mark.ros
AGAIN_S = 0.3


class Forgetful:
    """A service that keeps its first answers to itself; use it in a `with` block."""

    def __init__(self, forgets: int, name: str = "forgetful/ask", kind: Any = Trigger) -> None:
        self.asked, self._forgets, self._is_over = 0, forgets, False
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("forgetful", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        group = ReentrantCallbackGroup()
        self._node.create_service(kind, name, self._on_ask, callback_group=group)
        self._thread = threading.Thread(target=self._spin)

    def __enter__(self) -> "Forgetful":
        self._thread.start()
        return self

    async def _on_ask(self, _: Any, response: Any) -> Any:
        self.asked += 1
        response.success, response.message = True, f"answer {self.asked}"
        if hasattr(response, "threshold"):
            response.threshold = 0.5
        if self.asked <= self._forgets:
            await Future()
        return response

    def _spin(self) -> None:
        while not self._is_over:
            self._executor.spin_once(0.05)

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(lambda: None) as ready:
        yield ready


@pytest.mark.parametrize("forgets", [0, 2])
def test_a_question_whose_answer_is_lost_is_asked_again(client: Client, forgets: int) -> None:
    with Forgetful(forgets) as forgetful:
        service = client.node.create_client(Trigger, "forgetful/ask")
        client.wait(service.service_is_ready, "the service")
        answer = client.ask(service, Trigger.Request(), "an answer", AGAIN_S)
    assert answer.success and answer.message == f"answer {forgets + 1}"
    assert forgetful.asked == forgets + 1


def test_nobody_there_is_told_in_time(client: Client) -> None:
    service = client.node.create_client(Trigger, "nobody/ask")
    with pytest.raises(BringupError, match=r"expected an answer within 0\.5 s, found none"):
        client.ask(service, Trigger.Request(), "an answer", AGAIN_S, timeout_s=0.5)


@pytest.mark.parametrize("forgets", [0, 1])
def test_the_policy_runner_asks_for_a_classifier_again(client: Client, forgets: int) -> None:
    goals = GoalClient(client.node, PolicyRunnerParams(goal_timeout_s=4.0))
    with Forgetful(forgets, "goal_monitor/use_goal", UseGoal) as monitor, ThreadPoolExecutor(1) as worker:
        asked = worker.submit(goals.use, "goal-000000000000")
        client.wait(asked.done, "a rule")
    rule = asked.result()
    assert rule is not None and rule.threshold == 0.5 and monitor.asked == forgets + 1


def test_a_monitor_that_never_answers_is_told_as_missing(client: Client) -> None:
    goals = GoalClient(client.node, PolicyRunnerParams(goal_timeout_s=0.4))
    with Forgetful(9, "goal_monitor/use_goal", UseGoal) as monitor, ThreadPoolExecutor(1) as worker:
        asked = worker.submit(goals.use, "goal-000000000000")
        client.wait(asked.done, "an error")
    assert isinstance(asked.exception(), MonitorMissing) and monitor.asked <= TIMES_ASKED
