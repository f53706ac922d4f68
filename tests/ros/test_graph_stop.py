"""Somebody stops the robot in motion: it stands still, the run is over, and arming brings nothing of it back."""

import time
from collections.abc import Iterator

import pytest
from mil_bringup.bringup import BringupError
from mil_interfaces.action import RunPolicy
from mil_interfaces.msg import SafetyState, VelocityCommand
from mil_nodes import qos
from mil_nodes.command import ZERO, Command
from mil_nodes.conversions import command_message
from rig import MANY_STEPS, Rig, rig
from std_srvs.srv import Trigger

pytestmark = pytest.mark.ros
STREAM_S = 0.02
WATCHED_S = 1.0
"""How long the robot is watched for standing still."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("stop"), "realtime") as ready:
        yield ready


def ask(running: Rig, name: str) -> Trigger.Response:
    service = running.client.node.create_client(Trigger, f"safety_gate/{name}")
    running.client.wait(service.service_is_ready, f"the service {name}")
    return running.client.ask(service, Trigger.Request(), f"an answer of {name}")


def assert_stays_still(running: Rig) -> None:
    seen, until_s = len(running.commands), time.monotonic() + WATCHED_S
    running.client.wait(lambda: time.monotonic() > until_s, "time to pass")
    assert len(running.commands) > seen
    assert not any(any((*one.linear_m_s, *one.angular_rad_s)) for one in running.commands[seen:])


def test_a_stop_in_motion_ends_the_run_and_arming_does_not_resume_it(running: Rig) -> None:
    running.begin()
    stop = running.client.node.create_client(Trigger, "safety_gate/stop")
    running.client.wait(stop.service_is_ready, "the service stop")
    running.commands.clear()

    def stop_in_motion(_: RunPolicy.Feedback) -> None:
        if running.commands and not running.is_still():
            stop.call_async(Trigger.Request())

    ended = running.client.run_policy("unadapted", MANY_STEPS, stop_in_motion)
    running.client.wait(lambda: running.safety.state == SafetyState.ESTOP and running.is_still(), "the gate to stop")
    assert running.safety.reasons & SafetyState.OPERATOR
    assert any(any(command.linear_m_s) for command in running.commands), "it moved before"
    assert (ended.termination_reason, ended.ended_by) == (RunPolicy.Result.DISARMED, "safety_gate")
    assert 0 < ended.steps < MANY_STEPS
    assert all(word in ended.message for word in ("found ESTOP", "stopped by the operator", "arm the gate"))
    assert_stays_still(running)
    running.client.wait(lambda: ask(running, "arm").success, "the gate to be armed")
    running.client.wait(lambda: running.safety.state == SafetyState.HOLDING, "the gate to wait for commands")
    assert_stays_still(running)


def test_after_a_stop_the_next_run_goes_as_any_other(running: Rig) -> None:
    running.begin()
    ended = running.client.run_policy("unadapted", 5)
    assert (ended.termination_reason, ended.ended_by, ended.steps) == (RunPolicy.Result.COMPLETED, "steps", 5)


def test_the_gate_is_not_armed_while_a_program_goes_on_commanding(running: Rig) -> None:
    node = running.client.node
    publisher = node.create_publisher(VelocityCommand, "policy/command", qos.COMMAND)

    def stream() -> None:
        ahead = Command(time.monotonic_ns(), "policy_runner", (0.0, 0.0, -0.05), ZERO, 1.0, running.stamps_ns[-1])
        publisher.publish(command_message(ahead))

    running.begin()
    assert ask(running, "stop").success
    before = running.safety.rejected
    timer = node.create_timer(STREAM_S, stream)
    running.client.wait(lambda: running.safety.rejected > before, "commands to come")
    refused = ask(running, "arm")
    assert not refused.success
    with pytest.raises(BringupError, match="expected no motion command"):
        running.client.arm()
    assert all(word in refused.message for word in ("expected no motion command", "policy_runner/cancel", "arm again"))
    assert_stays_still(running)
    assert running.safety.state == SafetyState.ESTOP
    node.destroy_timer(timer)
    running.client.wait(lambda: ask(running, "arm").success, "the gate to be armed after silence")
