"""The set-up does each step once, again when its inputs change, and again when it failed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from mil_bringup.environment import ROOT


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_environment", ROOT / "ros2_ws" / "setup_environment.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_step_runs_once_for_the_same_inputs(setup: ModuleType, tmp_path: Path) -> None:
    runs = []
    for inputs in ("a", "a", "b", "b", "a"):
        setup.step("step", tmp_path / "stamp", inputs, lambda inputs=inputs: runs.append(inputs))
    assert runs == ["a", "b", "a"]


def test_a_step_that_failed_runs_again(setup: ModuleType, tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("broken download")

    runs = []
    setup.step("step", tmp_path / "stamp", "a", lambda: runs.append(1))
    with pytest.raises(RuntimeError):
        setup.step("step", tmp_path / "stamp", "b", fail)
    setup.step("step", tmp_path / "stamp", "a", lambda: runs.append(2))
    assert runs == [1, 2]


def test_the_digest_depends_on_names_contents_and_words(setup: ModuleType) -> None:
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    assert setup.digest(files) == setup.digest(reversed(files))
    digests = [setup.digest(files), setup.digest(files[:1]), setup.digest(files[1:]), setup.digest(files, "wheels")]
    assert len(set(digests)) == len(digests)


def test_the_wheel_builders_folders_are_replaced_in_cmake_files_alone(setup: ModuleType, tmp_path: Path) -> None:
    builder = "/opt/python/cp311-cp311"
    before = f"A;{builder}/include/python3.11;{builder}/lib/python3.11/site-packages/numpy/_core/include;/usr/include"
    nested = tmp_path / "share" / "std_msgs" / "cmake"
    nested.mkdir(parents=True)
    (nested / "export.cmake").write_text(before)
    (nested / "plain.cmake").write_text("nothing to do")
    (nested / "notes.txt").write_text(before)
    assert setup.replace_include_paths(tmp_path, "/here/include", "/here/numpy", 11) == 1
    assert (nested / "export.cmake").read_text() == "A;/here/include;/here/numpy;/usr/include"
    assert (nested / "notes.txt").read_text() == before
    assert setup.replace_include_paths(tmp_path, "/here/include", "/here/numpy", 11) == 0


def test_missing_system_packages_end_in_a_line_to_type(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.shutil, "which", lambda tool: None)
    with pytest.raises(setup.SetupError, match="sudo apt-get install -y --no-install-recommends cmake libegl1"):
        setup.install_system_packages(["cmake", "libegl1"])


def test_nothing_missing_asks_for_nothing(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.shutil, "which", lambda tool: pytest.fail("looked for apt-get"))
    setup.install_system_packages([])


def test_a_library_that_nobody_has_is_missing(setup: ModuleType) -> None:
    assert not setup.has_library("libno-such-library.so.1")
    assert setup.has_library("libc.so.6")


def test_every_pin_is_exact_and_names_no_index() -> None:
    for path in (ROOT / "constraints.txt", ROOT / "ros2_ws" / "jazzy-wheels.txt"):
        lines = [line for line in path.read_text().splitlines() if line and not line.startswith(("#", "-c "))]
        assert lines
        assert all(line.count("==") == 1 and "://" not in line for line in lines)


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    names = {requirement.split(">")[0].split("=")[0].split("[")[0].strip().lower() for requirement in wanted}
    assert names - {project["name"]} <= pinned  # the project names its own extras
