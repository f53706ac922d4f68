"""The environment in which ROS processes of this project run, computed in one place.

It stands in for sourcing setup files: `ros_environment` is for processes about to be started, `activate` for the
process that calls it, and this file as a script for any command:

    .venv/bin/python ros2_ws/src/mil_bringup/mil_bringup/environment.py COMMAND ...

Standard library only, because the set-up script uses it before anything is installed. It refuses to know what the
processes do.
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
SHELL_VARIABLES = ("PWD", "OLDPWD", "SHLVL", "_")
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
    sourced = {} if flavour() == "wheels" else _sourced(flavour())
    env = {**base, **sourced}
    env["AMENT_PREFIX_PATH"] = _joined([INSTALL, *ros_prefixes()])
    env["PYTHONPATH"] = _joined([ROOT, *NODE_SOURCES, _interfaces_site(), *_both("PYTHONPATH", sourced, base)])
    libraries = _both("LD_LIBRARY_PATH", sourced, base)
    env["LD_LIBRARY_PATH"] = _joined([INSTALL / "lib", *_wheel_libraries(), *libraries])
    env["PATH"] = _joined([VENV / "bin", *_both("PATH", sourced, base)])
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


def ros_prefixes() -> list[str]:
    """Installation folders of ROS 2 itself; the wheels make the virtual environment one."""
    return [str(VENV)] if flavour() == "wheels" else _split(_sourced(flavour())["AMENT_PREFIX_PATH"])


def activate() -> None:
    """Make rclpy and the built interfaces importable in this process.

    The dynamic loader reads LD_LIBRARY_PATH only when a process starts, so the interface libraries are loaded here by
    their full paths; later requests for them by name then find them. (The wheels have seen to ROS's own libraries.)

    Raises: OSError: an ordinary ROS 2 installation is in use and this process was not started in its environment.
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
            raise OSError(
                f"{failed[0]}: expected the libraries of ROS 2 on LD_LIBRARY_PATH, found some missing; "
                f"start through {Path(__file__).relative_to(ROOT)}, as the Makefile does."
            )
        libraries = failed


def _loads(library: Path) -> bool:
    try:
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


@functools.cache
def _sourced(prefix: str) -> dict[str, str]:
    """The variables that sourcing the setup file of an ordinary ROS installation sets."""
    plain = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")}
    command = f'source "{prefix}/setup.bash" && env -0'
    out = subprocess.run(["bash", "-c", command], env=plain, check=True, capture_output=True).stdout.decode()
    pairs = (line.split("=", 1) for line in out.split("\0") if "=" in line)
    return {name: value for name, value in pairs if plain.get(name) != value and name not in SHELL_VARIABLES}


def _both(name: str, sourced: Mapping[str, str], base: Mapping[str, str]) -> list[str]:
    """A path list of ROS and of the caller, without other ROS installations: two of them in one process do not mix."""
    entries = _split(base.get(name, ""))
    foreign = [entry for entry in entries if entry.startswith("/opt/ros/") and not entry.startswith(flavour() + "/")]
    return [*_split(sourced.get(name, "")), *(entry for entry in entries if entry not in foreign)]


def _wheel_libraries() -> list[Path]:
    """Library folders that come with the ROS wheels."""
    if flavour() != "wheels":
        return []
    return [VENV / "lib", *sorted(VENV.glob("lib/python3.*/site-packages/ros_*.libs"))]


def _interfaces_site() -> Path:
    """Where the Python side of the built interfaces lies."""
    found = sorted(INSTALL.glob("lib/python3.*/site-packages"))
    return found[0] if found else INSTALL / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def _split(path_list: str) -> list[str]:
    return [entry for entry in path_list.split(os.pathsep) if entry]


def _joined(entries: list) -> str:
    """A path list without repetitions, first mention first."""
    return os.pathsep.join(dict.fromkeys(str(entry) for entry in entries))


if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], ros_environment())
