"""Who may import whom. Imports go one way, siblings do not know each other, and every file is listed in its folder."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROS = ROOT / "ros2_ws" / "src"
OURS = {"data_tools", "sim", "mil_core", "mil_nodes", "mil_safety", "mil_bringup"}

ALLOWED = {
    "data_tools": set(),
    "sim": {"data_tools"},
    "mil_core": {"data_tools"},
    "mil_nodes": {"data_tools", "mil_core", "sim"},
    "mil_safety": {"mil_nodes"},
    "mil_bringup": {"data_tools", "mil_core", "sim", "mil_nodes"},
}
"""Package -> what of ours it may import beside itself."""

COMMAND_LINE = ("mil_core/cli.py", "mil_core/commands/")
"""The command line brings the simulator and the learning core together."""

OWNERS = {
    "mujoco": ("sim/",),
    "torch": ("mil_core/",),
    "metaworld": ("sim/metaworld_suite",),
    "rclpy": ("ros2_ws/",),
    "h5py": ("data_tools/hdf5",),
    "av": ("data_tools/video",),
    "rerun": ("data_tools/inspect_rerun",),
    "stable_baselines3": ("mil_core/ppo",),
    "launch": ("launch/",),
    "launch_ros": ("launch/",),
}
"""Dependency -> beginnings of the paths that may import it."""

FOLDERS_OF_SIBLINGS = (
    "sim/tasks",
    "sim/robots",
    "sim/experts",
    "sim/teleop",
    "mil_core/algorithms",
    "mil_core/baselines",
)


def sources() -> list[Path]:
    folders = [ROOT / name for name in ("data_tools", "sim", "mil_core", "launch")] + [ROS]
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "build" not in path.parts)


def imports_of(path: Path) -> Iterator[str]:
    """Full names of everything a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def package_of(path: Path) -> str:
    parts = path.relative_to(ROS).parts if path.is_relative_to(ROS) else path.relative_to(ROOT).parts
    return parts[0]


def is_command_line(path: Path) -> bool:
    return relative(path).startswith(COMMAND_LINE)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_imports_go_one_way(package: str) -> None:
    paths = [path for path in sources() if package_of(path) == package]
    assert paths
    for path in paths:
        allowed = ALLOWED[package] | {package} | ({"sim"} if is_command_line(path) else set())
        found = {name.split(".")[0] for name in imports_of(path)} & OURS
        assert found <= allowed, f"{relative(path)} imports {sorted(found - allowed)}"


@pytest.mark.parametrize("dependency", sorted(OWNERS))
def test_only_the_owner_imports_a_dependency(dependency: str) -> None:
    users = [path for path in sources() if dependency in {name.split(".")[0] for name in imports_of(path)}]
    assert users, f"nobody imports {dependency}; take it off the list"
    strangers = [relative(path) for path in users if not relative(path).startswith(OWNERS[dependency])]
    assert strangers == []


@pytest.mark.parametrize("folder", FOLDERS_OF_SIBLINGS)
def test_siblings_do_not_import_each_other(folder: str) -> None:
    """The contract of a folder is the file in the singular, or named by its abstract class; it imports no sibling."""
    package = folder.replace("/", ".")
    paths = [path for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py"]
    concrete = {path.stem for path in paths} - contracts(folder)
    for path in paths:
        found = {name.split(".")[2] for name in imports_of(path) if name.startswith(f"{package}.")}
        assert found & (concrete - {path.stem}) == set(), f"{relative(path)} imports its siblings {sorted(found)}"


def contracts(folder: str) -> set[str]:
    """Files of a folder that others share: the abstract class, and whatever defines no member of the folder's dict."""
    shared = {
        "sim/tasks": {"task", "metaworld_task"},
        "sim/robots": {"robot", "urdf", "pr2_model"},
        "sim/experts": {"expert"},
        "sim/teleop": {"teleop", "steering"},
    }
    shared["mil_core/baselines"] = {"conditioned", "shown_policy", "goal_distances"}
    return shared.get(folder, {"algorithm", "reward_learner", "goal_learner"})


def listed_modules(folder: str, tables: str) -> set[str]:
    """Modules of the values of a folder's dict, or dicts."""
    package = importlib.import_module(folder.replace("/", "."))
    values = [value for table in tables.split() for value in getattr(package, table).values()]
    return {value.__module__.rsplit(".", 1)[1] for value in values}


@pytest.mark.parametrize(
    ("folder", "table"),
    [
        ("sim/tasks", "TASKS"),
        ("sim/robots", "ROBOTS"),
        ("sim/experts", "EXPERTS"),
        ("sim/teleop", "TELEOPS"),
        ("mil_core/algorithms", "ALGORITHMS REWARD_ALGORITHMS GOAL_ALGORITHMS"),
        ("mil_core/experiments", "EXPERIMENTS"),
    ],
)
def test_every_file_is_listed(folder: str, table: str) -> None:
    files = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    kinds = {"experiment", "imitation", "reward", "goal", "classifier", "rope", "predictor"}
    changes = {"watching"}  # which `variants` makes experiments of
    shared = kinds | changes if table == "EXPERIMENTS" else contracts(folder)
    assert files - shared == listed_modules(folder, table)


def test_the_gate_knows_commands_and_nothing_else_of_ours() -> None:
    gate = ROS / "mil_safety" / "mil_safety" / "gate.py"
    assert {name for name in imports_of(gate) if name.split(".")[0] in OURS | {"rclpy"}} == {
        "mil_nodes.command",
        *(f"mil_nodes.command.{name}" for name in ("BASE_FRAME", "Command", "Vector", "hold")),
    }


def test_the_folder_launch_never_hides_the_package_launch() -> None:
    assert not (ROOT / "launch" / "__init__.py").exists()


def test_no_file_is_unpickled() -> None:
    for path in sources():
        assert not {"pickle", "dill", "joblib"} & {name.split(".")[0] for name in imports_of(path)}, relative(path)
