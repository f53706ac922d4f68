"""Parameter files, parameter dataclasses and the gate's own limits speak of the same things."""

import math
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from mil_bringup.processes import PARAMS, params_file
from mil_nodes.errors import ParameterError
from mil_nodes.params import DemoRecorderParams, GoalMonitorParams, PolicyRunnerParams, SafetyGateParams, SimRobotParams
from mil_safety.gate import GateLimits

NODES = {
    "sim_robot": SimRobotParams,
    "safety_gate": SafetyGateParams,
    "policy_runner": PolicyRunnerParams,
    "demo_recorder": DemoRecorderParams,
    "goal_monitor": GoalMonitorParams,
}


@pytest.mark.parametrize("path", sorted(PARAMS.glob("*.yaml")), ids=lambda path: path.name)
def test_parameter_files_hold_known_parameters_that_are_accepted(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert set(content) == set(NODES)
    for node, params in NODES.items():
        given = content[node]["ros__parameters"]
        made = params(**given)
        for name, value in given.items():
            assert type(value) is type(getattr(params(), name)), f"{node}.{name}: ROS tells 1 from 1.0"
            assert getattr(made, name) == value


@pytest.mark.parametrize("mode", ["realtime", "fast"])
def test_each_mode_has_its_file(mode: str) -> None:
    content = yaml.safe_load(params_file(mode).read_text())
    assert content["sim_robot"]["ros__parameters"]["mode"] == mode


def test_the_gate_node_passes_every_limit_on() -> None:
    limits = {field.name: field.default for field in fields(GateLimits) if field.name != "source"}
    params = {field.name: field.default for field in fields(SafetyGateParams) if field.name != "rate_hz"}
    assert params == limits


@pytest.mark.parametrize(
    ("params", "bad"),
    [
        (SimRobotParams, {"mode": "slow"}),
        (SimRobotParams, {"watchdog_s": 0.0}),
        (SimRobotParams, {"repeat_s": -1.0}),
        (SimRobotParams, {"seed": -1}),
        (PolicyRunnerParams, {"max_steps": 0}),
        (PolicyRunnerParams, {"max_duration_s": math.nan}),
        (PolicyRunnerParams, {"goal_max_age_s": 0.0}),
        (PolicyRunnerParams, {"home_timeout_s": -1.0}),
        (PolicyRunnerParams, {"retry_below": 1.0}),
        (SafetyGateParams, {"rate_hz": 0.0}),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(params: type, bad: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(bad))):
        params(**bad)
