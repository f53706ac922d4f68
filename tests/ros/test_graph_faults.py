"""A process is killed in motion: the robot stops, somebody says why, and the graph can go on afterwards."""

from pathlib import Path

import numpy as np
import pytest
from mil_bringup.bringup import BringupError
from mil_interfaces.action import RunPolicy
from mil_interfaces.msg import SafetyState
from rig import MANY_STEPS, RUNNER, rig

pytestmark = pytest.mark.ros


def test_a_killed_policy_stops_the_robot_and_a_new_one_may_go_on(tmp_path: Path) -> None:
    with rig(tmp_path, "realtime") as running:
        running.begin()
        with pytest.raises(BringupError, match=r"policy_runner.*SIGKILL"):
            running.client.run_policy("unadapted", MANY_STEPS, running.kill_at(5, "policy_runner"))
        running.wait_for_reason(SafetyState.STALE_COMMAND)
        assert running.safety.state == SafetyState.HOLDING
        assert "no fresh command from the policy" in running.safety.detail

        running.graph.start(RUNNER)
        running.is_death_expected = False
        running.client.wait_ready()
        running.begin()
        ended = running.client.run_policy("unadapted", 5)
        assert (ended.termination_reason, ended.steps) == (RunPolicy.Result.COMPLETED, 5)


def test_a_killed_simulator_stops_the_commands(tmp_path: Path) -> None:
    with rig(tmp_path, "realtime") as running:
        running.begin()
        with pytest.raises(BringupError, match=r"sim_robot.*SIGKILL"):
            running.client.run_policy("unadapted", MANY_STEPS, running.kill_at(5, "sim_robot"))
        running.wait_for_reason(SafetyState.STALE_CAMERA)
        running.client.wait(lambda: running.safety.state == SafetyState.FAULT, "a fault that stays")
        assert "no fresh picture from the camera" in running.safety.detail


def test_a_killed_gate_stops_the_robot_itself(tmp_path: Path) -> None:
    with rig(tmp_path, "realtime") as running:
        running.begin()
        with pytest.raises(BringupError, match=r"safety_gate.*SIGKILL"):
            running.client.run_policy("unadapted", MANY_STEPS, running.kill_at(5, "safety_gate"))
        running.is_death_expected = True

        def stands_still() -> bool:
            recent = np.array(running.states[-4:])
            return float(np.ptp(recent, axis=0).max()) < 1e-4

        seen = len(running.states)
        running.client.wait(lambda: len(running.states) > seen + 4 and stands_still(), "the gripper to stand still")
