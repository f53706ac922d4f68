import shutil
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from mil_core import doctor
from mil_core.commands.doctor import Doctor
from mil_core.doctor import Check
from mil_core.experiments import EXPERIMENTS, KINDS

ONE_OF_EACH_KIND = ("daml_place", "flo_arrange_predictor", "flo_push", "flo_rope", "mandril_spriteworld", "mil_reach")


@pytest.fixture
def checkpoints(tmp_path, untrained):
    for name in ONE_OF_EACH_KIND:
        shutil.copytree(untrained(name), tmp_path / "checkpoints" / name)
    return tmp_path / "checkpoints"


def test_whole_checkpoints_are_good_and_tell_their_hash(checkpoints):
    *checks, others = doctor.check_checkpoints(checkpoints)
    assert [check.name for check in checks] == [f"checkpoint {name}" for name in ONE_OF_EACH_KIND]
    assert all(check.is_good and "sha256" in check.found for check in checks)
    assert others.is_good and f"{len(EXPERIMENTS) - len(checks)} experiments have none yet" in others.found


def test_one_of_each_kind_is_looked_at():
    assert {EXPERIMENTS[name]().kind for name in ONE_OF_EACH_KIND} == set(KINDS)


@pytest.mark.parametrize("fault", ["missing", "cut", "nan", "version"])
def test_a_bad_checkpoint_is_named_with_the_command_that_mends_it(checkpoints, fault):
    model = checkpoints / "mil_reach" / "model.safetensors"
    if fault == "missing":
        model.unlink()
    elif fault == "cut":
        model.write_bytes(model.read_bytes()[:-10])
    elif fault == "nan":
        weights = load_file(model)
        save_file({name: torch.full_like(value, float("nan")) for name, value in weights.items()}, model)
    else:
        config = checkpoints / "mil_reach" / "config.json"
        config.write_text(config.read_text().replace('"format_version": 1', '"format_version": 9'))
    checks = {check.name: check for check in doctor.check_checkpoints(checkpoints)}
    bad = checks.pop("checkpoint mil_reach")
    assert all(check.is_good for check in checks.values())
    assert not bad.is_good
    assert "mil train --experiment mil_reach" in bad.mend and "found" in bad.found


def test_a_missing_package_is_found_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("a-package-that-nobody-has",))
    (check,) = doctor.check_packages()
    assert not check.is_good and check.mend == "make setup"


@pytest.mark.parametrize(("version", "is_good"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 0), False)])
def test_only_supported_pythons_are_good(monkeypatch, version, is_good):
    monkeypatch.setattr(sys, "version_info", version)
    assert doctor.check_python().is_good is is_good


@pytest.mark.parametrize(
    ("content", "is_good"), [(None, False), ("<not closed", False), ("<a><type>SHM</type></a>", True)]
)
def test_the_dds_profile_must_be_there_and_be_xml(tmp_path, content, is_good):
    (tmp_path / "launch" / "params").mkdir(parents=True)
    if content is not None:
        (tmp_path / "launch" / "params" / "fastdds.xml").write_text(content)
    check = doctor.check_dds_profile(tmp_path)
    assert check.is_good is is_good and "fastdds.xml" in check.mend


def test_a_crash_in_a_child_is_a_finding_and_no_crash_here():
    check = doctor._child_check("it", "import os; os.abort()", "mend it")
    assert check == Check("it", False, "exit code -6", "mend it")


def test_ros_that_is_not_there_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)  # an active ROS environment would be found through it
    assert [check.is_good for check in doctor.check_ros(tmp_path)] == [False, False, False]


def test_the_gl_backend_is_probed_in_a_child_and_named():
    check = doctor.check_gl()
    assert check.is_good and check.found in ("egl", "osmesa", "glfw")


@pytest.mark.parametrize(
    ("checks", "code"), [([Check("a", True, "x")], 0), ([Check("a", False, "[b]", "type [c]")], 1)]
)
def test_the_exit_code_is_one_when_something_is_broken_and_the_mending_command_is_printed(
    monkeypatch, capsys, checks, code
):
    monkeypatch.setattr("mil_core.commands.doctor.examine", lambda: checks)
    assert Doctor().run() == code
    assert checks[0].mend in capsys.readouterr().out


def test_not_to_have_trained_an_experiment_is_no_fault(tmp_path):
    (check,) = doctor.check_checkpoints(tmp_path)
    assert check.is_good and "mil train --experiment" in check.found
