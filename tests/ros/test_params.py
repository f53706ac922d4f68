"""Parameter files, parameter dataclasses and the gate's own limits speak of the same things."""

import math
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import rclpy
import yaml
from mil_bringup.processes import PARAMS, params_file
from mil_nodes.errors import ParameterError
from mil_nodes.params import DemoRecorderParams, GoalMonitorParams, PolicyRunnerParams, SafetyGateParams, SimRobotParams
from mil_safety.gate import GateLimits
from mil_safety.gate_node import SafetyGateNode
from rclpy.signals import SignalHandlerOptions

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


@pytest.mark.ros
def test_every_limit_that_is_a_parameter_reaches_the_gate() -> None:
    names = {field.name for field in fields(GateLimits)} - {"source"}
    assert names == {field.name for field in fields(SafetyGateParams)} - {"rate_hz"}
    # All different, and none a default: a limit that takes another's place would show.
    wanted = {name: 0.011 * number for number, name in enumerate(sorted(names), start=1)}
    arguments = [argument for name, value in wanted.items() for argument in ("-p", f"{name}:={value}")]
    rclpy.init(args=["--ros-args", *arguments], signal_handler_options=SignalHandlerOptions.NO)
    node = SafetyGateNode()
    try:
        found = node._gate.limits
    finally:
        node.destroy_node()
        rclpy.shutdown()
    assert found == GateLimits(**wanted)


def test_the_gate_and_its_parameters_have_the_same_defaults() -> None:
    limits, params = GateLimits(), SafetyGateParams()
    for name in {field.name for field in fields(GateLimits)} - {"source"}:
        assert getattr(params, name) == getattr(limits, name), name


@pytest.mark.parametrize(
    ("params", "bad"),
    [
        (SimRobotParams, {"mode": "slow"}),
        (SimRobotParams, {"watchdog_s": 0.0}),
        (SimRobotParams, {"repeat_s": -1.0}),
        (SimRobotParams, {"seed": -1}),
        (SimRobotParams, {"index": -1}),
        (SimRobotParams, {"layout": -1}),
        (PolicyRunnerParams, {"max_steps": 0}),
        (PolicyRunnerParams, {"max_duration_s": math.nan}),
        (PolicyRunnerParams, {"goal_max_age_s": 0.0}),
        (PolicyRunnerParams, {"home_timeout_s": -1.0}),
        (PolicyRunnerParams, {"retry_below": 1.0}),
        (SafetyGateParams, {"rate_hz": 0.0}),
        (DemoRecorderParams, {"source": "dreams"}),
        (DemoRecorderParams, {"silence_s": math.nan}),
        (DemoRecorderParams, {"camera": ""}),
        (DemoRecorderParams, {"extra_cameras": "wrist"}),
        (DemoRecorderParams, {"extra_cameras": "wrist="}),
        (DemoRecorderParams, {"extra_cameras": "wrist=no topic"}),
        (DemoRecorderParams, {"extra_cameras": "wrist=a,wrist=b"}),
        (DemoRecorderParams, {"extra_cameras": "image=x"}),
        (DemoRecorderParams, {"extra_cameras": "state=x"}),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(params: type, bad: dict[str, object]) -> None:
    ((name, value),) = bad.items()
    with pytest.raises(
        ParameterError, match=rf"{name}: expected .*, found .*{re.escape(str(value).partition('=')[0])}"
    ):
        params(**bad)


def test_cameras_are_named_beside_the_policys_own() -> None:
    made = DemoRecorderParams(camera="a/b", extra_cameras="wrist=/wrist/image, side=side/image")
    assert made.cameras == {"image": "a/b", "wrist": "/wrist/image", "side": "side/image"}


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("silence_s:=50", "silence_s: expected a number with a point"),
        ("library:=123", "library: expected text"),
        ("reliable_cameras:=1", "reliable_cameras: expected true or false"),
        ("extra_cameras:=wrist", "extra_cameras: expected name=topic"),
    ],
)
def test_a_parameter_that_cannot_be_used_ends_a_node_with_short_words(
    tmp_path: Path, parameter: str, words: str
) -> None:
    call = "from mil_nodes.demo_recorder import main; main()"
    command = [sys.executable, "-c", call, "--ros-args", "-p", f"library:={tmp_path}", "-p", parameter]
    ended = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.startswith("ParameterError: Parameter ") and words in ended.stderr
    assert "Traceback" not in ended.stderr
