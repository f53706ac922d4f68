import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from data_tools.atomic import file_sha256
from mil_core import adapted_files, checkpoint
from mil_core.errors import CheckpointCorrupt, CheckpointMissing, CheckpointVersion, MilError, NonFiniteParameters
from mil_core.experiments import EXPERIMENTS
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.structure import from_plain


@pytest.fixture
def folder(experiments, scaling, tmp_path):
    experiment = experiments["daml"]
    checkpoint.save(
        tmp_path / "c", experiment.build(scaling), experiment, scaling, 7, "mil train --experiment daml_place"
    )
    return tmp_path / "c"


def test_a_checkpoint_comes_back_with_experiment_weights_and_statistics(folder, experiments, scaling):
    loaded = checkpoint.load(folder)
    assert loaded.experiment == experiments["daml"] and loaded.iteration == 7
    assert loaded.statistics.to_dict() == scaling.to_dict()
    assert loaded.sha256 == file_sha256(folder / "model.safetensors")


def test_the_card_tells_the_command_and_the_step(folder):
    card = (folder / "card.md").read_text()
    assert "mil train --experiment daml_place" in card and "outer step 7" in card


@pytest.mark.parametrize("name", ["config.json", "stats.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointMissing, match=name):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["config.json", "stats.json", "model.safetensors"])
def test_a_file_cut_short_is_corrupt(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointCorrupt, match=name):
        checkpoint.load(folder)


def test_another_version_says_both_versions(folder):
    config = json.loads((folder / "config.json").read_text()) | {"format_version": 99}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointVersion, match="expected format_version 1, found 99"):
        checkpoint.load(folder)


def test_nan_weights_are_refused_by_name(folder):
    weights = load_file(folder / "model.safetensors")
    weights["policy.head.bias"][0] = float("nan")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(NonFiniteParameters, match="policy.head.bias"):
        checkpoint.load(folder)


def test_weights_of_another_network_are_refused_with_both_shapes(folder):
    weights = load_file(folder / "model.safetensors")
    weights["policy.head.bias"] = torch.zeros(5)
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(CheckpointCorrupt, match=r"policy.head.bias of shape \(2,\), found \(5,\)"):
        checkpoint.load(folder)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_damage_gives_a_clear_error_or_a_finite_model(folder, data):
    name = data.draw(st.sampled_from(["config.json", "stats.json", "model.safetensors"]))
    whole = (folder / name).read_bytes()
    damaged = bytearray(whole)
    position = data.draw(st.integers(0, len(whole) - 1))
    damaged[position] = data.draw(st.integers(0, 255))
    (folder / name).write_bytes(damaged)
    try:
        loaded = checkpoint.load(folder)
        assert all(torch.isfinite(value).all() for value in loaded.weights.values())
    except MilError as error:
        assert "expected" in str(error)
    finally:
        (folder / name).write_bytes(whole)


def test_an_adapted_policy_comes_back_and_acts_the_same(folder, tasks, tmp_path):
    base = checkpoint.load(folder)
    adapted = base.algorithm().adapt(tasks[0].films[0].video)
    adapted_files.save_adapted(tmp_path / "a", adapted, base.sha256, "f" * 64)
    again = adapted_files.load_adapted(tmp_path / "a", base)
    observation = tasks[0].demos[0].observation(0)
    np.testing.assert_allclose(
        again.act(observation), adapted.act(observation), rtol=1e-5
    )  # tensors lie elsewhere in memory
    assert again.loss_before == adapted.loss_before
    assert adapted_files.adapted_origin(tmp_path / "a")["base_sha256"] == base.sha256


def test_an_adapted_policy_of_another_checkpoint_is_refused(folder, tasks, tmp_path):
    base = checkpoint.load(folder)
    adapted_files.save_adapted(tmp_path / "a", base.algorithm().adapt(tasks[0].films[0].video), "0" * 64, "f" * 64)
    with pytest.raises(CheckpointCorrupt, match="found one from 000000000000; adapt again"):
        adapted_files.load_adapted(tmp_path / "a", base)


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_every_experiment_survives_json(name):
    experiment = EXPERIMENTS[name]()
    assert experiment.name == name
    assert from_plain(type(experiment), json.loads(json.dumps(dataclasses.asdict(experiment)))) == experiment


def test_an_unknown_or_mistyped_field_is_refused(experiments):
    plain = dataclasses.asdict(experiments["mil"])
    with pytest.raises(TypeError):
        from_plain(ImitationExperiment, plain | {"surprise": 1})
    with pytest.raises(TypeError, match="expected str, found 3"):
        from_plain(ImitationExperiment, plain | {"task": 3})
