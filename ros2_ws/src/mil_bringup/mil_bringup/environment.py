"""The environment in which ROS processes of this project run, computed in one place.

It stands in for sourcing setup files: `ros_environment` is for processes about to be started, `activate` for the
process that calls it. Standard library only, because the set-up script uses it before anything is installed.
It refuses to know what the processes do.
"""

import ctypes
import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
"""Root of the repository."""
VENV = ROOT / ".venv"
WORKSPACE = ROOT / "ros2_ws"
INSTALL = WORKSPACE / "install"
"""Where colcon puts the built interfaces, one merged prefix."""
SYSTEM_ROS = Path("/opt/ros/jazzy")
"""An ordinary installation of ROS 2 Jazzy."""
FLAVOUR_FILE = VENV / "ros-flavour"
"""Written by the set-up: "wheels" or the folder of the ROS 2 installation that this virtual environment uses."""
ROS_DISTRO = "jazzy"
RMW = "rmw_fastrtps_cpp"
NODE_SOURCES = tuple(WORKSPACE / "src" / name for name in ("mil_nodes", "mil_safety", "mil_bringup"))
WHEELS_READY = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""The ROS wheels restart Python once to set library folders, and skip that when this variable is set."""


def flavour() -> str:
    """ "wheels", or the folder of the ROS 2 installation in use."""
    return FLAVOUR_FILE.read_text().strip() if FLAVOUR_FILE.exists() else "wheels"


def ros_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment variables for a process that uses rclpy and this project's interfaces.

    Args: base: variables to start from; the caller's own environment if None. What it already says about the ROS
        domain, the log folder and the OpenGL backend is kept.
    """
    base = os.environ if base is None else base
    env = dict(base) if flavour() == "wheels" else {**base, **_sourced(flavour())}
    prefix = VENV if flavour() == "wheels" else Path(flavour())
    env["AMENT_PREFIX_PATH"] = _joined([INSTALL, prefix])
    env["PYTHONPATH"] = _joined([ROOT, *NODE_SOURCES, _interfaces_site(), *_other_python_paths(env)])
    env["LD_LIBRARY_PATH"] = _joined([INSTALL / "lib", *_wheel_libraries(), *_split(env.get("LD_LIBRARY_PATH", ""))])
    env["PATH"] = _joined([VENV / "bin", *_split(env.get("PATH", os.defpath))])
    env["VIRTUAL_ENV"] = str(VENV)
    env["ROS_DISTRO"] = ROS_DISTRO
    env["RMW_IMPLEMENTATION"] = RMW
    env["FASTRTPS_DEFAULT_PROFILES_FILE"] = str(ROOT / "launch" / "params" / "fastdds.xml")
    env["PYTHONUNBUFFERED"] = "1"
    env.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    # The networks are small: threads that wait for each other cost more than they bring.
    env.setdefault("OMP_NUM_THREADS", "1")
    env.setdefault("ROS_LOG_DIR", str(ROOT / "out" / "ros-log"))
    if flavour() == "wheels":
        env[WHEELS_READY] = "1"
    return env


def activate() -> None:
    """Make rclpy and the built interfaces importable in this process.

    The dynamic loader reads LD_LIBRARY_PATH only when a process starts, so the interface libraries are loaded here by
    their full paths; later requests for them by name then find them.
    """
    env = ros_environment()
    os.environ.update(env)
    entries = _split(env["PYTHONPATH"])
    sys.path[:] = [*entries, *(entry for entry in sys.path if entry not in entries)]
    _load_libraries(sorted((INSTALL / "lib").glob("libmil_interfaces*.so")))


def _load_libraries(libraries: list[Path]) -> None:
    """Load libraries that need each other: whatever fails for want of another is tried again after it."""
    while libraries:
        failed = [library for library in libraries if not _loads(library)]
        if len(failed) == len(libraries):
            ctypes.CDLL(str(failed[0]), mode=ctypes.RTLD_GLOBAL)  # Raises with the loader's own words.
        libraries = failed


def _loads(library: Path) -> bool:
    try:
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


@functools.cache
def _sourced(prefix: str) -> dict[str, str]:
    """What sourcing the setup file of an ordinary ROS installation changes."""
    command = f'source "{prefix}/setup.bash" && env -0'
    clean = {name: value for name, value in os.environ.items() if name not in ("AMENT_PREFIX_PATH", "PYTHONPATH")}
    out = subprocess.run(["bash", "-c", command], env=clean, check=True, capture_output=True).stdout.decode()
    pairs = (line.split("=", 1) for line in out.split("\0") if "=" in line)
    return {name: value for name, value in pairs if name not in ("PWD", "OLDPWD", "SHLVL", "_")}


def _wheel_libraries() -> list[Path]:
    """Library folders that come with the ROS wheels."""
    if flavour() != "wheels":
        return []
    return [VENV / "lib", *sorted(VENV.glob("lib/python3.*/site-packages/ros_*.libs"))]


def _interfaces_site() -> Path:
    """Where the Python side of the built interfaces lies."""
    found = sorted(INSTALL.glob("lib/python3.*/site-packages"))
    return found[0] if found else INSTALL / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def _other_python_paths(env: Mapping[str, str]) -> list[str]:
    """Whatever else PYTHONPATH held, without other ROS installations: two of them in one process do not mix."""
    entries = _split(env.get("PYTHONPATH", ""))
    return [entry for entry in entries if not entry.startswith("/opt/ros/") or entry.startswith(flavour() + "/")]


def _split(path_list: str) -> list[str]:
    return [entry for entry in path_list.split(os.pathsep) if entry]


def _joined(entries: list) -> str:
    """A path list without repetitions, first mention first."""
    return os.pathsep.join(dict.fromkeys(str(entry) for entry in entries))
