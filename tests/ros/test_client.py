"""The client of the graph: what it does about answers that do not come."""

import threading
from collections.abc import Iterator

import pytest
import rclpy
from mil_bringup.bringup import BringupError
from mil_bringup.client import Client
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from std_srvs.srv import Trigger

pytestmark = pytest.mark.ros
AGAIN_S = 0.3


class Forgetful:
    """A service that keeps its first answers to itself."""

    def __init__(self, forgets: int) -> None:
        self.asked, self._forgets, self._is_over = 0, forgets, False
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("forgetful", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        group = ReentrantCallbackGroup()
        self._node.create_service(Trigger, "forgetful/ask", self._on_ask, callback_group=group)
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    async def _on_ask(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.asked += 1
        response.success, response.message = True, f"answer {self.asked}"
        if self.asked <= self._forgets:
            await Future()
        return response

    def _spin(self) -> None:
        while not self._is_over:
            self._executor.spin_once(0.05)

    def close(self) -> None:
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
    forgetful = Forgetful(forgets)
    try:
        service = client.node.create_client(Trigger, "forgetful/ask")
        client.wait(service.service_is_ready, "the service")
        answer = client.ask(service, Trigger.Request(), "an answer", AGAIN_S)
    finally:
        forgetful.close()
    assert answer.success and answer.message == f"answer {forgets + 1}"
    assert forgetful.asked == forgets + 1


def test_nobody_there_is_told_in_time(client: Client) -> None:
    service = client.node.create_client(Trigger, "nobody/ask")
    with pytest.raises(BringupError, match=r"expected an answer within 0\.5 s, found none"):
        client.ask(service, Trigger.Request(), "an answer", AGAIN_S, timeout_s=0.5)
