"""A policy that is faster than the gate allows: its motion is scaled down, and the gate says so."""

import math
from pathlib import Path

import pytest
from mil_interfaces.action import RunPolicy
from mil_interfaces.msg import SafetyState
from rig import MANY_STEPS, rig
from simple_runner import SPEED_M_S

pytestmark = pytest.mark.ros
LIMIT_M_S = 0.4 * SPEED_M_S


def test_what_leaves_the_gate_is_within_its_limits_and_limiting_is_told(tmp_path: Path) -> None:
    with rig(tmp_path, "fast", params={"safety_gate": {"linear_m_s": LIMIT_M_S}}) as running:
        running.begin()
        running.commands.clear()
        running.client.run_later("unadapted", MANY_STEPS)
        running.client.wait(lambda: running.safety.state == SafetyState.LIMITING, "the gate to say that it limits")
        told = running.safety
        assert told.reasons & SafetyState.LIMIT and "speed limit" in told.detail
        assert 0 < told.clamped == told.accepted
        assert running.client.cancel().termination_reason == RunPolicy.Result.CANCELED
        moving = [command.linear_m_s for command in running.commands if any(command.linear_m_s)]
        assert moving
        for linear_m_s in moving:
            assert math.hypot(*linear_m_s) == pytest.approx(LIMIT_M_S, rel=1e-6)
            assert linear_m_s[2] < 0 == linear_m_s[0] == linear_m_s[1]
