"""Sets up everything that `make demo` and `make test` need: `.venv`, the pinned packages, ROS 2 and the interfaces.

Every step leaves a stamp with a hash of its inputs after it has succeeded, so a second run does nothing, and a run
after a broken download goes on where it stopped. Standard library only. Variables: PIP_ARGS, more arguments for pip,
for instance another package index.
"""

import ctypes
import fcntl
import glob
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src" / "mil_bringup"))
from mil_bringup import environment as ros  # noqa: E402

CONSTRAINTS = ros.ROOT / "constraints.txt"
WHEELS = ros.WORKSPACE / "jazzy-wheels.txt"
VENV_PYTHON = ros.VENV / "bin" / "python"
PIP_ATTEMPTS = 3
WHEEL_BUILDER = "/opt/python/cp3{minor}-cp3{minor}"
"""The ROS wheels' CMake files name include folders under this one, of the machine that built them."""
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""Shared libraries for rendering and pictures, and the Debian packages that hold them."""
DRIVERS = ("/usr/lib/*/dri/*swrast*.so", "/usr/lib/*/libgallium*.so", "/usr/lib64/dri/*swrast*.so")


class SetupError(Exception):
    """The environment cannot be completed; the message says what to type."""


def main() -> int:
    """Run all steps; 0 when everything stands."""
    try:
        with Path(__file__).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Two set-ups at once would undo each other.
            set_up()
    except (SetupError, subprocess.CalledProcessError) as error:
        print(f"\nset-up: {error}", file=sys.stderr)
        return 1
    return 0


def set_up() -> None:
    """Complete the environment, doing only what is not done yet."""
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        found = sys.version.split()[0]
        raise SetupError(f"expected Python 3.11 or 3.12, found {found}; type: make setup PYTHON=python3.11")
    install_system_packages(missing_system_packages())
    if not venv_is_usable():
        make_venv()
    packages = digest([CONSTRAINTS, WHEELS], ros.flavour(), project_table())
    step("packages", ros.VENV / "stamp-packages", packages, install_packages)
    step("include paths of the ROS wheels", ros.VENV / "stamp-include-paths", packages, patch_include_paths)
    linked = sorted(str(path.relative_to(ros.ROOT)) for path in (ros.ROOT / "launch").rglob("*.*"))
    workspace = digest([WHEELS, *workspace_files()], ros.flavour(), *linked)
    step("ROS packages", ros.INSTALL / "stamp-workspace", workspace, build_workspace)


def step(name: str, stamp: Path, inputs: str, action: Callable[[], None]) -> None:
    """Run `action` unless `stamp` says that it has succeeded with the same inputs."""
    if stamp.exists() and stamp.read_text() == inputs:
        return
    print(f"set-up: {name}", flush=True)
    stamp.unlink(missing_ok=True)
    action()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(inputs)


def digest(files: Iterable[Path], *words: str) -> str:
    """Hash of the names and contents of files, and of words."""
    state = hashlib.sha256(json.dumps([str(ros.ROOT), *words]).encode())
    for path in sorted(files):
        state.update(f"\n{path.relative_to(ros.ROOT)}\n".encode() + path.read_bytes())
    return state.hexdigest()


def project_table() -> str:
    """What pyproject.toml says about installing; settings of tools do not matter here."""
    import tomllib  # From Python 3.11 on; the check of the version has to speak first.

    content = tomllib.loads((ros.ROOT / "pyproject.toml").read_text())
    return json.dumps([content["build-system"], content["project"]], sort_keys=True)


def workspace_files() -> list[Path]:
    """The files whose change asks for another build; Python modules and launch files are linked, not copied."""
    patterns = ("*/package.xml", "*/CMakeLists.txt", "*/setup.*", "*/msg/*", "*/srv/*", "*/action/*")
    return [path for pattern in patterns for path in (ros.WORKSPACE / "src").glob(pattern)]


def missing_system_packages() -> list[str]:
    """Debian packages that are needed and not there."""
    python = f"python3.{sys.version_info.minor}"
    missing = [package for library, package in LIBRARIES.items() if not has_library(library)]
    if not any(glob.glob(pattern) for pattern in DRIVERS):
        missing.append("libgl1-mesa-dri")
    tools = {"cmake": "cmake", "make": "make", "g++": "g++"}
    missing += [package for tool, package in tools.items() if not shutil.which(tool)]
    if not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        missing.append(f"{python}-dev")
    if not importlib.util.find_spec("ensurepip") and not VENV_PYTHON.exists():
        missing.append(f"{python}-venv")
    return missing


def has_library(name: str) -> bool:
    """Whether the dynamic loader finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def install_system_packages(packages: list[str]) -> None:
    """Install Debian packages where that is allowed, else say what to type."""
    if not packages:
        return
    words = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    advice = f"these system packages are missing; type: sudo {' '.join(words)}"
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    allowed = shutil.which("apt-get") and (not sudo or may_use_sudo())
    if not allowed:
        raise SetupError(advice)
    print(f"set-up: system packages {' '.join(packages)}", flush=True)
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    subprocess.run([*sudo, *quiet, "apt-get", "update", "-qq"], check=False)
    if subprocess.run([*sudo, *quiet, *words, "-qq"], check=False).returncode:
        raise SetupError(advice)


def may_use_sudo() -> bool:
    """Whether sudo works without asking for a password."""
    return bool(shutil.which("sudo")) and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0


def venv_is_usable() -> bool:
    """Whether `.venv` stands at this place; a moved or half-made one does not work."""
    pip = ros.VENV / "bin" / "pip"
    if not (VENV_PYTHON.exists() and pip.exists()):
        return False
    return str(ros.VENV) in pip.read_text().splitlines()[0]


def make_venv() -> None:
    """Create `.venv`, on top of an ordinary ROS 2 installation where one works with this interpreter."""
    flavour = str(ros.SYSTEM_ROS) if system_ros_works() else "wheels"
    print(f"set-up: virtual environment, Python {sys.version.split()[0]}, ROS 2 from {flavour}", flush=True)
    options = ["--clear"] if flavour == "wheels" else ["--clear", "--system-site-packages"]
    shutil.rmtree(ros.INSTALL, ignore_errors=True)  # Built for the environment that is made anew.
    subprocess.run([sys.executable, "-m", "venv", *options, str(ros.VENV)], check=True, env=clean_environment())
    ros.FLAVOUR_FILE.write_text(flavour)


def system_ros_works() -> bool:
    """Whether an ordinary ROS 2 Jazzy is installed whose Python packages this interpreter can import."""
    if not (ros.SYSTEM_ROS / "setup.bash").exists():
        return False
    check = (
        f'source {ros.SYSTEM_ROS}/setup.bash && "{sys.executable}" -c "import rclpy, rosidl_adapter, sensor_msgs.msg"'
    )
    return subprocess.run(["bash", "-c", check], capture_output=True, env=clean_environment()).returncode == 0


def clean_environment() -> dict[str, str]:
    """This process's environment without what another virtual environment or ROS set in it."""
    foreign = (ros.WHEELS_READY, "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH")
    return {name: value for name, value in os.environ.items() if name not in foreign}


def install_packages() -> None:
    """Install the pinned packages; pip keeps what it downloaded, so another attempt goes on from there."""
    # setuptools comes first: without build isolation it builds this project, at its pinned version.
    pip_install("setuptools")
    pip_install("--no-build-isolation", "-e", f"{ros.ROOT}[dev]", *ros_requirements())


def ros_requirements() -> list[str]:
    """Arguments for pip that bring ROS 2, or only its build tool where ROS 2 is installed already."""
    if ros.flavour() == "wheels":
        return ["-r", str(WHEELS)]
    tools = ("colcon-", "catkin-pkg", "lark", "empy")
    return [line for line in WHEELS.read_text().split() if line.startswith(tools)]


def pip_install(*arguments: str) -> None:
    """`pip install` under the pins, with a few attempts."""
    command = [VENV_PYTHON, "-m", "pip", "install", "-q", "--retries", "10", "-c", CONSTRAINTS, *arguments]
    command += shlex.split(os.environ.get("PIP_ARGS", ""))
    for attempt in range(1, PIP_ATTEMPTS + 1):
        if subprocess.run([str(word) for word in command], env=clean_environment(), cwd=ros.ROOT).returncode == 0:
            return
        print(f"set-up: pip failed, attempt {attempt} of {PIP_ATTEMPTS}", file=sys.stderr, flush=True)
    raise SetupError("pip could not install the packages above; check the network and type the same command again")


def patch_include_paths() -> None:
    """Put this machine's include folders into the CMake files of the ROS wheels."""
    if ros.flavour() != "wheels":
        return
    # Asked of the virtual environment, which may have been made with another Python than the one that runs this.
    words = "sysconfig.get_paths()['include'], numpy.get_include(), sys.version_info.minor"
    code = f"import json, numpy, sys, sysconfig; print(json.dumps([{words}]))"
    out = subprocess.run([str(VENV_PYTHON), "-c", code], check=True, capture_output=True, env=clean_environment())
    replace_include_paths(ros.VENV / "share", *json.loads(out.stdout))


def replace_include_paths(folder: Path, python_include: str, numpy_include: str, minor: int) -> int:
    """Replace the wheel builder's two include folders in every CMake file under `folder`; how many files changed."""
    builder = WHEEL_BUILDER.format(minor=minor)
    replacements = {
        f"{builder}/include/python3.{minor}": python_include,
        f"{builder}/lib/python3.{minor}/site-packages/numpy/_core/include": numpy_include,
    }
    changed = 0
    for path in folder.rglob("*.cmake"):
        before = path.read_text()
        after = before
        for old, new in replacements.items():
            after = after.replace(old, new)
        if after != before:
            path.write_text(after)
            changed += 1
    return changed


def build_workspace() -> None:
    """`colcon build` of all ROS packages into one prefix."""
    env = ros.ros_environment(clean_environment())
    # The built prefix itself must not be on the paths while it is being built.
    env["AMENT_PREFIX_PATH"] = env["CMAKE_PREFIX_PATH"] = os.pathsep.join(ros.ros_prefixes())
    env["PYTHONWARNINGS"] = "ignore"
    log = ros.WORKSPACE / "log" / "build.log"
    log.parent.mkdir(exist_ok=True)
    command = [VENV_PYTHON, "-m", "colcon", "build", "--merge-install", "--symlink-install"]
    command += ["--cmake-args", "-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={VENV_PYTHON}"]
    with log.open("w") as out:
        done = subprocess.run([str(word) for word in command], env=env, cwd=ros.WORKSPACE, stdout=out, stderr=out)
    if done.returncode:
        tail = "\n".join(log.read_text().splitlines()[-30:])
        raise SetupError(f"colcon build failed; the whole log is {log}; its end:\n{tail}")


if __name__ == "__main__":
    sys.exit(main())
