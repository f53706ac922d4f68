"""Whoever wants to wait no longer is heard while the policy runner waits for others."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from mil_bringup.client import Client
from mil_interfaces.srv import GoHome, UseGoal
from mil_nodes.errors import MonitorMissing, NoWayHome
from mil_nodes.goal_client import GoalClient
from mil_nodes.params import PolicyRunnerParams
from rclpy.task import Future

pytestmark = pytest.mark.ros
SOON_S = 5.0
"""Far below the patience of 60 s that the parameters give, and room for a busy machine."""
PARAMS = PolicyRunnerParams(goal_timeout_s=60.0, home_timeout_s=60.0)


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(lambda: None) as ready:
        yield ready


async def never(request: object, response: object) -> object:
    await Future()
    return response


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize(
    ("service", "kind", "error"),
    [("sim_robot/go_home", GoHome, NoWayHome), ("goal_monitor/use_goal", UseGoal, MonitorMissing)],
)
def test_a_stop_ends_the_wait_for_a_service_that_never_answers(
    client: Client, service: str, kind: type, error: type[Exception], is_there: bool
) -> None:
    stop = threading.Event()
    goals = GoalClient(client.node, PARAMS, stop)
    question = goals.go_home if kind is GoHome else lambda: goals.use("goal-000000000000")
    if is_there:
        client.node.create_service(kind, service, never)
    with ThreadPoolExecutor(1) as worker:
        asked = worker.submit(question)
        until_s = time.monotonic() + 0.5
        client.wait(lambda: time.monotonic() > until_s, "half a second to pass")
        assert not asked.done()
        stopped_s = time.monotonic()
        stop.set()
        client.wait(asked.done, "an end of the wait", SOON_S)
    assert isinstance(asked.exception(), error) and time.monotonic() - stopped_s < SOON_S
