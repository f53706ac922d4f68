"""What works on this machine and what does not, each fault with the command that mends it.

Everything that could crash is tried in a child process. Looks at the other layers from outside and imports none.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
"""The folder with README.md, checkpoints/ and ros2_ws/."""
PACKAGES = ("torch", "numpy", "mujoco", "h5py", "av", "opencv-python", "safetensors")
CHILD_TIMEOUT_S = 120.0
SET_UP = "make setup"
GL_HELP = "sudo apt-get install -y libegl1 libgl1-mesa-dri libgles2, and unset MUJOCO_GL"


@dataclass(frozen=True)
class Check:
    """One line of the doctor's screen."""

    name: str
    """What was looked at."""
    is_good: bool
    """Whether it works."""
    found: str
    """What was found."""
    mend: str = ""
    """What to type when it does not work."""


def examine(root: Path = ROOT) -> list[Check]:
    """All checks, in the order in which one fault causes the next."""
    checks = [check_python(), *check_packages(), check_gl(), *check_ros(root), check_dds_profile(root)]
    return [*checks, *check_checkpoints(root / "checkpoints")]


def check_python() -> Check:
    """Whether this Python is one that is supported."""
    version = ".".join(map(str, sys.version_info[:3]))
    is_good = sys.version_info[:2] in ((3, 11), (3, 12))
    return Check("Python", is_good, f"{version} at {sys.executable}", "make setup PYTHON=python3.11")


def check_packages() -> list[Check]:
    """Whether the heavy packages import, and which versions they have."""
    return [_package(name) for name in PACKAGES]


def check_gl() -> Check:
    """Which OpenGL backend draws a picture in a child process."""
    code = (
        "import sim, os, mujoco; from sim.render import Renderer; model = mujoco.MjModel.from_xml_string("
        "'<mujoco><worldbody><camera name=\"c\"/></worldbody></mujoco>'); data = mujoco.MjData(model); "
        "mujoco.mj_forward(model, data); Renderer(model).render(data, 'c', 8, 8); print(os.environ['MUJOCO_GL'])"
    )
    return _child_check("OpenGL", code, GL_HELP)


def check_ros(root: Path) -> list[Check]:
    """Which ROS 2 is used, which middleware it speaks, and whether the interfaces are built."""
    bringup = root / "ros2_ws" / "src" / "mil_bringup"
    ros = "import rclpy; from rclpy.utilities import get_rmw_implementation_identifier as rmw; print(rmw())"
    interfaces = (
        "import mil_interfaces.action as a, mil_interfaces.msg as m, mil_interfaces.srv as s; "
        "print(*sorted(n for p in (a, m, s) for n in dir(p) if n[0].isupper() and '_' not in n), sep=', ')"
    )
    flavour = _child_check("ROS 2", "from mil_bringup.environment import flavour; print(flavour())", SET_UP, bringup)
    return [
        Check(flavour.name, flavour.is_good, f"Jazzy from {flavour.found}", flavour.mend),
        _child_check("RMW", _in_ros_environment(ros), SET_UP, bringup),
        _child_check("interfaces", _in_ros_environment(interfaces), SET_UP, bringup),
    ]


def check_dds_profile(root: Path) -> Check:
    """Whether the Fast DDS profile for pictures through shared memory is there and is XML."""
    path = root / "launch" / "params" / "fastdds.xml"
    mend = f"git checkout -- {path.relative_to(root)}"
    try:
        transports = [element.text for element in ElementTree.parse(path).iter() if element.tag.endswith("type")]
    except (OSError, ElementTree.ParseError) as error:
        return Check("Fast DDS profile", False, str(error), mend)
    return Check("Fast DDS profile", True, f"{path.relative_to(root)}: {', '.join(filter(None, transports))}", mend)


def check_checkpoints(folder: Path) -> list[Check]:
    """Whether every checkpoint that is there is whole and finite; its hash. Not to have trained yet is no fault."""
    try:
        from mil_core.checkpoint import load
        from mil_core.errors import MilError
        from mil_core.experiments import EXPERIMENTS
    except ImportError as error:
        return [Check("checkpoints", False, f"not looked at: {error}", SET_UP)]
    present = [name for name in sorted(EXPERIMENTS) if (folder / name).exists()]
    checks = []
    for name in present:
        again = f"mil train --experiment {name} --out checkpoints/{name} --overwrite"
        mend = f"git checkout -- checkpoints/{name}, or: {again}"
        try:
            checkpoint = load(folder / name)
            found = f"sha256 {checkpoint.sha256[:16]}, {checkpoint.iteration} outer steps, all weights finite"
            checks.append(Check(f"checkpoint {name}", True, found, mend))
        except MilError as error:
            checks.append(Check(f"checkpoint {name}", False, str(error), mend))
    if missing := len(EXPERIMENTS) - len(present):
        again = "mil train --experiment NAME --out checkpoints/NAME"
        checks.append(Check("other checkpoints", True, f"{missing} experiments have none yet; for one: {again}", again))
    return checks


def _package(name: str) -> Check:
    module = {"opencv-python": "cv2"}.get(name, name)
    try:
        version = metadata.version(name)
        import_module(module)
    except (metadata.PackageNotFoundError, ImportError, OSError) as error:  # OSError: a shared library is missing
        return Check(name, False, f"{type(error).__name__}: {error}", SET_UP)
    return Check(name, True, version)


def _child_check(name: str, code: str, mend: str, *python_path: Path) -> Check:
    """Run a line of Python in a child; it is good when it ends well, and says what it found on its last line."""
    paths = os.pathsep.join([str(ROOT), *map(str, python_path), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths}
    try:
        child = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=CHILD_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return Check(name, False, f"no answer in {CHILD_TIMEOUT_S:.0f} s", mend)
    lines = (child.stdout if child.returncode == 0 else child.stderr).strip().splitlines()
    return Check(name, child.returncode == 0, lines[-1] if lines else f"exit code {child.returncode}", mend)


def _in_ros_environment(code: str) -> str:
    return (
        "import subprocess, sys; from mil_bringup.environment import ros_environment; "
        f"sys.exit(subprocess.run([sys.executable, '-c', {code!r}], env=ros_environment()).returncode)"
    )
