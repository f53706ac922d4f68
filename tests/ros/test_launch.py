"""The launch files start what the bring-up starts. A recorder stands in for `launch`, which no wheel brings."""

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from mil_bringup.environment import ROOT
from mil_bringup.processes import (
    ADAPT_AND_RUN,
    GOAL_MONITOR,
    MONITOR,
    RECORD,
    ROUND_THE_GLASSES,
    SIM_ROBOT,
    SIMULATE,
    NodeProcess,
)

LAUNCH = ROOT / "launch"


class Call:
    """Remembers how it was made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


def recorder(name: str) -> type[Call]:
    return type(name, (Call,), {})


@pytest.fixture
def fake_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules with the names that the launch files import from the real ones."""
    names = {
        "launch": ["LaunchDescription"],
        "launch.actions": ["DeclareLaunchArgument", "IncludeLaunchDescription", "SetEnvironmentVariable"],
        "launch.conditions": ["IfCondition"],
        "launch.launch_description_sources": ["PythonLaunchDescriptionSource"],
        "launch.substitutions": ["LaunchConfiguration"],
        "launch_ros": [],
        "launch_ros.actions": ["Node"],
        "launch_ros.parameter_descriptions": ["ParameterFile", "ParameterValue"],
    }
    for module, members in names.items():
        fake = types.ModuleType(module)
        for member in members:
            setattr(fake, member, recorder(member))
        monkeypatch.setitem(sys.modules, module, fake)


def entities(path: Path) -> list[Call]:
    """Everything that a launch file describes, included files too."""
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = []
    for entity in module.generate_launch_description().args[0]:
        found.append(entity)
        if type(entity).__name__ == "IncludeLaunchDescription":
            found += entities(Path(entity.args[0].args[0]))
    return found


def named(found: list[Call], kind: str) -> list[Call]:
    return [entity for entity in found if type(entity).__name__ == kind]


def asked_by(node: Call) -> str | None:
    """The launch argument that decides whether a node is started."""
    return node.kwargs["condition"].args[0].args[0] if "condition" in node.kwargs else None


FILES = ["simulate.launch.py", "adapt_and_run.launch.py", "record.launch.py", "tabletop.launch.py"]


@pytest.mark.parametrize(
    ("file", "processes"),
    [
        ("simulate.launch.py", SIMULATE),
        ("adapt_and_run.launch.py", ADAPT_AND_RUN),
        ("record.launch.py", RECORD),
        ("tabletop.launch.py", ADAPT_AND_RUN),
    ],
)
@pytest.mark.usefixtures("fake_launch")
def test_launch_files_start_the_same_processes(file: str, processes: tuple[NodeProcess, ...]) -> None:
    nodes = [node for node in named(entities(LAUNCH / file), "Node") if asked_by(node) != "goal_monitor"]
    started = {(node.kwargs["package"], node.kwargs["executable"]) for node in nodes}
    assert started == {(process.package, process.executable) for process in processes}
    assert len(nodes) == len(processes)


@pytest.mark.usefixtures("fake_launch")
def test_the_goal_monitor_is_started_when_asked_for() -> None:
    found = entities(LAUNCH / "simulate.launch.py")
    (asked,) = (argument for argument in named(found, "DeclareLaunchArgument") if argument.args[0] == "goal_monitor")
    assert asked.kwargs["default_value"] == "false"
    (node,) = (node for node in named(found, "Node") if asked_by(node) == "goal_monitor")
    assert (node.kwargs["package"], node.kwargs["executable"]) == (GOAL_MONITOR.package, GOAL_MONITOR.executable)
    assert set(MONITOR) == {*SIMULATE, GOAL_MONITOR}


@pytest.mark.usefixtures("fake_launch")
def test_the_table_is_set_and_the_goal_monitor_asked_for() -> None:
    outer, *_ = named(entities(LAUNCH / "tabletop.launch.py"), "IncludeLaunchDescription")
    handed_on = dict(outer.kwargs["launch_arguments"])
    assert (handed_on["task"], handed_on["goal_monitor"]) == ("tabletop", "true")
    assert set(ROUND_THE_GLASSES) == {*ADAPT_AND_RUN, GOAL_MONITOR}
    declared = {
        argument.args[0] for argument in named(entities(LAUNCH / "adapt_and_run.launch.py"), "DeclareLaunchArgument")
    }
    assert set(handed_on) <= declared


@pytest.mark.parametrize("file", FILES)
@pytest.mark.usefixtures("fake_launch")
def test_the_simulated_robot_is_started_unless_there_is_a_real_one(file: str) -> None:
    found = entities(LAUNCH / file)
    includes = named(found, "IncludeLaunchDescription")
    declared = [argument for argument in named(found, "DeclareLaunchArgument") if argument.args[0] == "sim"]
    assert [argument.kwargs["default_value"] for argument in declared] == ["true"] * (1 + len(includes))
    assert all(dict(include.kwargs["launch_arguments"])["sim"].args == ("sim",) for include in includes)
    simulated = {node.kwargs["executable"] for node in named(found, "Node") if asked_by(node) == "sim"}
    assert simulated == {SIM_ROBOT.executable}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.usefixtures("fake_launch")
def test_launch_files_take_the_same_parameter_files(file: str) -> None:
    found = entities(LAUNCH / file)
    modes = next(argument for argument in named(found, "DeclareLaunchArgument") if argument.args[0] == "mode")
    for node in named(found, "Node"):
        folder, mode, ending = node.kwargs["parameters"][0].args[0]
        assert (type(mode).__name__, mode.args) == ("LaunchConfiguration", ("mode",))
        found_files = {str(path) for path in (LAUNCH / "params").glob("*.yaml")}
        assert {f"{folder}{choice}{ending}" for choice in modes.kwargs["choices"]} == found_files
    profiles = [entity.args[1] for entity in named(found, "SetEnvironmentVariable") if "PROFILES" in entity.args[0]]
    assert [Path(profile).is_file() for profile in profiles] == [True]


def test_executables_exist_under_the_names_that_launch_files_use() -> None:
    for process in {*ADAPT_AND_RUN, *RECORD, *MONITOR}:
        setup = (ROOT / "ros2_ws" / "src" / process.package / "setup.py").read_text()
        assert f"{process.executable} = {process.module}:main" in setup
