"""Who joins the table of an experiment, and that everybody meets the same."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from mil_core import checkpoint
from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands import meta_data
from mil_core.commands.output import BadArgument
from mil_core.commands.rivals import rivals_of
from mil_core.commands.trials import TrialPlan, run_task
from mil_core.errors import CheckpointCorrupt
from mil_core.experiments import EXPERIMENTS, VARIANTS
from mil_core.experiments.imitation import ImitationExperiment


@pytest.fixture
def push(untrained, tmp_path):
    """Folder of pushing's checkpoint with the LSTM beside it, both untrained."""
    shutil.copytree(untrained("mil_push"), tmp_path / "push")
    shutil.copytree(untrained("mil_push_lstm"), tmp_path / "push_lstm")
    return tmp_path / "push"


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_variants_are_experiments_in_the_same_task_each_with_a_key_of_its_own(name):
    whole = EXPERIMENTS[name]()
    variants = {variant: EXPERIMENTS[f"{name}_{variant}"]() for variant in VARIANTS[name]}
    keys = [experiment.method for experiment in (whole, *variants.values())]
    assert len({*keys, "unadapted", "random"}) == len(keys) + 2
    for key, variant in variants.items():
        assert isinstance(whole, ImitationExperiment) and isinstance(variant, ImitationExperiment)
        assert variant.name == f"{name}_{key}" and variant.data_label == whole.data_label
        assert (variant.task, variant.robot, variant.data) == (whole.task, whole.robot, whole.data)
        budget = whole.training
        if variant.training.start_from == f"{budget.start_from}_{key}":  # from its own weights, as the whole
            assert Path(variant.training.start_from).name in EXPERIMENTS
            budget = dataclasses.replace(budget, start_from=variant.training.start_from)
        if variant.training.start_from != budget.start_from:  # what goes on from the whole one's weights says so
            assert variant.training.start_from == f"checkpoints/{name}"
            assert variant.training.iterations < budget.iterations
            own = {"iterations": variant.training.iterations, "start_from": variant.training.start_from}
            budget = dataclasses.replace(budget, **own)
        assert variant.training == budget


def changed_fields(whole, variant):
    """Fields of the experiment that the variant has otherwise, other than its names."""
    pairs = {
        field.name: (getattr(whole, field.name), getattr(variant, field.name)) for field in dataclasses.fields(whole)
    }
    return {name for name, (mine, theirs) in pairs.items() if mine != theirs} - {"name", "method", "training"}


WATCHED = {"algorithm", "learning", "policy", "support"}


@pytest.mark.parametrize("name", sorted(VARIANTS))
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ("video_state", WATCHED),
        ("video_linear", WATCHED),
        ("video_temporal", WATCHED),
        ("one_head", {"policy"}),
        ("no_bias", {"policy"}),
        ("first_order", {"learning"}),
        ("contextual", {"algorithm", "policy"}),
        ("lstm", {"algorithm", "policy"}),
        ("attention", {"algorithm", "policy"}),
        ("lstm_attention", {"algorithm", "policy"}),
    ],
)
def test_a_change_changes_nothing_else(name, change, fields):
    if change not in VARIANTS[name]:
        assert f"{name}_{change}" not in EXPERIMENTS
        return
    whole, variant = EXPERIMENTS[name](), EXPERIMENTS[f"{name}_{change}"]()
    assert changed_fields(whole, variant) == fields
    assert variant.policy.filters == whole.policy.filters and variant.policy.hidden == whole.policy.hidden


def test_the_names_of_data_files_are_those_of_old():
    labels = {name: EXPERIMENTS[name]().data_label for name in ("mil_reach", "daml_place", "mil_push")}
    assert labels == {name: name for name in labels}


@pytest.mark.parametrize("name", ["mil_push", "mil_push_lstm", "mil_push_one_head"])
def test_variants_train_on_the_files_of_the_whole(name, in_an_empty_folder, monkeypatch):
    asked = []

    def collect(order, num_tasks, path, *, workers):
        asked.append(path)
        raise BadArgument("that is all that this test wants to know")

    monkeypatch.setattr(meta_data, "collect", collect)
    assert main(["train", "--experiment", name, "--out", "run", "--quick"]) == BAD_INPUT
    assert asked == [Path("data/mil_push_quick_train.hdf5")]


def test_a_trained_variant_joins_and_a_missing_one_is_named_with_what_to_type(push, capsys):
    (rival,) = rivals_of(EXPERIMENTS["mil_push"](), push)
    assert (rival.method, rival.checkpoint) == ("lstm", push.with_name("push_lstm"))
    assert rival.sha256 == checkpoint.load(rival.checkpoint).sha256
    said = capsys.readouterr().out.replace("\n", " ")
    assert f"mil train --experiment mil_push_attention --out {push.with_name('push_attention')}" in said
    assert "without lstm" not in said
    assert rivals_of(EXPERIMENTS["daml_place"](), push) == ()


def test_a_run_that_has_saved_nothing_yet_is_missing(push):
    (push.with_name("push_lstm") / checkpoint.MODEL).unlink()
    assert rivals_of(EXPERIMENTS["mil_push"](), push) == ()


def test_a_folder_that_holds_another_experiment_is_refused(push):
    shutil.copytree(push.with_name("push_lstm"), push.with_name("push_attention"))
    with pytest.raises(BadArgument, match="expected a checkpoint of 'mil_push_attention', found one of"):
        rivals_of(EXPERIMENTS["mil_push"](), push)


def test_a_rival_that_changed_since_the_evaluation_began_is_refused(push):
    sha256, (rival,) = checkpoint.load(push).sha256, rivals_of(EXPERIMENTS["mil_push"](), push)
    changed = dataclasses.replace(rival, sha256="0" * 64)
    with pytest.raises(CheckpointCorrupt, match=r"push_lstm: expected it to stay as it was.*evaluate a copy"):
        run_task(TrialPlan(push, sha256, seed=3, trials=1, rivals=(changed,)), 0)


def test_a_rival_stands_in_the_table_and_changes_nothing_for_the_others(push, in_an_empty_folder):
    words = ("--experiment", "mil_push", "--seed", "3", "--tasks", "1", "--trials", "1", "--workers", "0")
    tables = {}
    for out in ("together.json", "alone.json"):
        assert main(["evaluate", "--checkpoint", str(push), *words, "--out", out]) == OK
        tables[out] = json.loads(Path(out).read_text())
        shutil.rmtree(push.with_name("push_lstm"), ignore_errors=True)
    together, alone = tables["together.json"], tables["alone.json"]
    assert list(together["methods"]) == ["mil_two_head", "lstm", "unadapted", "random"]
    assert together["methods"].pop("lstm")["n"] == 1 and together["methods"] == alone["methods"]
    assert set(together.pop("rivals_sha256")) == {"lstm"} and together.keys() == alone.keys()


def test_there_is_no_inner_loop_to_time(push, capsys):
    words = ("--experiment", "mil_push_lstm", "--checkpoint", f"{push}_lstm", "--quick", "--out", f"{push}.json")
    assert main(["bench", "adapt", *words]) == BAD_INPUT
    assert "expected one with an inner loop, found 'mil_push_lstm'" in capsys.readouterr().err
