"""One environment for wheels and for an ordinary installation, and two ROS installations never mix."""

import os
from pathlib import Path

import pytest
from mil_bringup import environment

LISTS = ("AMENT_PREFIX_PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PATH")


@pytest.fixture
def ordinary_ros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of ROS 2 whose setup file sets what the real one sets."""
    prefix = tmp_path / "jazzy"
    prefix.mkdir()
    (prefix / "setup.bash").write_text(
        f"export AMENT_PREFIX_PATH={prefix} PYTHONPATH={prefix}/python LD_LIBRARY_PATH={prefix}/lib ROS_VERSION=2\n"
        f"export PATH={prefix}/bin:$PATH\n"
    )
    (tmp_path / "flavour").write_text(f"{prefix}\n")
    monkeypatch.setattr(environment, "FLAVOUR_FILE", tmp_path / "flavour")
    return prefix


def first_and_last(env: dict[str, str], name: str) -> tuple[list[str], str]:
    entries = env[name].split(os.pathsep)
    assert len(entries) == len(set(entries)), f"{name} repeats itself"
    return entries, entries[-1]


def test_making_it_twice_changes_nothing() -> None:
    once = environment.ros_environment({"PATH": "/usr/bin"})
    assert environment.ros_environment(once) == once


def test_what_the_caller_chose_is_kept() -> None:
    chosen = {"ROS_DOMAIN_ID": "42", "ROS_LOG_DIR": "/tmp/log", "MUJOCO_GL": "osmesa", "OMP_NUM_THREADS": "2"}
    env = environment.ros_environment({**chosen, "PYTHONPATH": "/mine", "PATH": "/usr/bin"})
    assert {name: env[name] for name in chosen} == chosen
    assert first_and_last(env, "PYTHONPATH")[1] == "/mine"
    assert first_and_last(env, "PATH")[1] == "/usr/bin"


def test_other_ros_installations_stay_outside() -> None:
    humble = "/opt/ros/humble/lib"
    env = environment.ros_environment(dict.fromkeys(LISTS, humble))
    assert all(humble not in env[name].split(os.pathsep) for name in LISTS)


def test_pictures_get_the_profile_that_carries_them() -> None:
    env = environment.ros_environment({})
    assert "<segment_size>" in Path(env["FASTRTPS_DEFAULT_PROFILES_FILE"]).read_text()
    assert (env["ROS_DISTRO"], env["RMW_IMPLEMENTATION"]) == ("jazzy", "rmw_fastrtps_cpp")


def test_an_ordinary_installation_is_sourced_behind_our_own(ordinary_ros: Path) -> None:
    env = environment.ros_environment({"PYTHONPATH": "/mine", "PATH": "/usr/bin", "HOME": "/nowhere"})
    assert env["ROS_VERSION"] == "2"
    for name, ours, theirs in (
        ("AMENT_PREFIX_PATH", environment.INSTALL, ordinary_ros),
        ("PYTHONPATH", environment.ROOT, ordinary_ros / "python"),
        ("LD_LIBRARY_PATH", environment.INSTALL / "lib", ordinary_ros / "lib"),
        ("PATH", environment.VENV / "bin", ordinary_ros / "bin"),
    ):
        entries, _ = first_and_last(env, name)
        assert entries.index(str(ours)) < entries.index(str(theirs))
    assert first_and_last(env, "PYTHONPATH")[1] == "/mine"
    assert env["HOME"] == "/nowhere"
    assert str(environment.VENV / "lib") not in env["LD_LIBRARY_PATH"].split(os.pathsep)
