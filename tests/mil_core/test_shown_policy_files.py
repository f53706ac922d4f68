"""Files of baselines that are shown the demonstration, and supports that they refuse."""

import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from data_tools.demo import Demo
from mil_core import adapted_files, checkpoint
from mil_core.baselines.attention import MEMORY
from mil_core.baselines.shown_policy import ShownConfig
from mil_core.episodes import without_actions
from mil_core.errors import CheckpointCorrupt, NonFiniteParameters, SupportMismatch

EVERY = ("contextual", "lstm", "lstm_attention", "attention")
EVERYTHING, WITHOUT_ACTIONS, VIDEO = ShownConfig(), ShownConfig(sees_actions=False), ShownConfig(False, False)


@pytest.fixture
def saved(build_shown, shown_experiment, scaling, tmp_path):
    def saved(name, shown=EVERYTHING):
        checkpoint.save(
            tmp_path / name, build_shown(name, shown), shown_experiment(name, shown), scaling, 1, "mil train"
        )
        return checkpoint.load(tmp_path / name)

    return saved


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("shown", [EVERYTHING, VIDEO])
def test_checkpoint_and_adapted_policy_come_back_and_act_the_same(name, shown, saved, build_shown, tasks, tmp_path):
    demos, observation = tasks[0].demos, tasks[1].demos[0].observation(3)
    base, adapted = saved(name, shown), build_shown(name, shown).adapt(*demos)
    np.testing.assert_allclose(base.algorithm().adapt(*demos).act(observation), adapted.act(observation), rtol=1e-5)
    adapted_files.save_adapted(tmp_path / "a", adapted, base.sha256, "f" * 64)
    again = adapted_files.load_adapted(tmp_path / "a", base)
    np.testing.assert_allclose(again.act(observation), adapted.act(observation), rtol=1e-5)


@pytest.mark.parametrize("shape", [(), (4,), (5, 4), (0, 5, 4), (1, 5, 3), (1, 6, 4), (1, 5, 4, 1)])
def test_a_memory_of_another_shape_is_refused(shape, saved, tasks, tmp_path):
    base = saved("attention")
    adapted_files.save_adapted(tmp_path, base.algorithm().adapt(tasks[0].demos[0]), base.sha256, "f" * 64)
    path = tmp_path / adapted_files.ADAPTED
    weights = load_file(path) | {MEMORY: torch.zeros(shape)}
    save_file(weights, path, metadata={**adapted_files.adapted_origin(tmp_path)})
    with pytest.raises(CheckpointCorrupt, match=f"expected {MEMORY} of shape"):
        adapted_files.load_adapted(tmp_path, base)


def without_first_column(demo, part):
    return dataclasses.replace(demo, **{part: getattr(demo, part)[:, 1:]})


@pytest.mark.parametrize("name", EVERY)
def test_supports_that_do_not_fit_are_refused(name, build_shown, tasks):
    learner, demo, film = build_shown(name), tasks[0].demos[0], tasks[0].films[0].video
    with pytest.raises(SupportMismatch, match="at least one film or demonstration"):
        learner.adapt()
    for shown in (EVERYTHING, WITHOUT_ACTIONS):
        with pytest.raises(SupportMismatch, match="found a film; pass --demo"):
            build_shown(name, shown).adapt(demo, film)
    for part in ("states", "actions"):
        with pytest.raises(SupportMismatch, match=rf"expected {part} of shape \(2,\), found \(1,\)"):
            learner.adapt(without_first_column(demo, part))
    larger = dataclasses.replace(film, frames=np.repeat(film.frames, 2, axis=1))
    with pytest.raises(SupportMismatch, match="expected a film of 12x10, found 12x20"):
        build_shown(name, VIDEO).adapt(larger)
    with pytest.raises(SupportMismatch, match="expected pictures of shape"):
        learner.adapt(dataclasses.replace(demo, video=larger))


@pytest.mark.parametrize("name", EVERY)
def test_a_policy_that_watches_is_not_shown_what_films_lack(name, build_shown, shown_sample):
    task = shown_sample()
    for shown, sees_states, lacking in ((EVERYTHING, True, "actions"), (WITHOUT_ACTIONS, False, "states")):
        watched = task._replace(support=without_actions(task.support, sees_states=sees_states))
        with pytest.raises(SupportMismatch, match=f"is shown {lacking}, found a film without"):
            build_shown(name, shown).meta_loss(watched)


@pytest.mark.parametrize("name", EVERY)
def test_a_network_that_went_astray_is_refused(name, build_shown, tasks):
    learner = build_shown(name)
    with torch.no_grad():
        learner.policy.encoder.convolutions[0].weight.fill_(float("nan"))
    with pytest.raises(NonFiniteParameters, match="expected finite numbers"):
        learner.adapt(tasks[0].demos[0])


@pytest.mark.parametrize("size", [0, 6])
def test_what_attention_cannot_divide_among_its_heads_is_refused(size, shown_experiment, scaling):
    experiment = shown_experiment("attention")
    odd = dataclasses.replace(experiment, policy=dataclasses.replace(experiment.policy, context_size=size))
    with pytest.raises(ValueError, match=f"expected a multiple of 4, found {size}"):
        odd.build(scaling)


def test_a_demonstration_shorter_than_what_is_looked_at_will_do(build_shown, tasks):
    demo = tasks[0].demos[0]
    short = Demo(
        dataclasses.replace(demo.video, frames=demo.video.frames[:2], capture_time_s=demo.video.capture_time_s[:2]),
        demo.states[:2], demo.actions[:2], demo.state_time_s[:2], demo.action_time_s[:2], demo.task_id, demo.robot,
    )  # fmt: skip
    for name in EVERY:
        assert np.isfinite(build_shown(name).adapt(short).act(demo.observation(0))).all()
