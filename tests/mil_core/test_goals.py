"""Goal classifiers: what the inner loop does, what calibration promises, what is refused."""

import dataclasses

import numpy as np
import pytest
import torch

from data_tools.errors import DemoFileError, DemoShapeMismatch
from data_tools.goal_file import read_goal_groups, write_goal_groups
from data_tools.goal_pictures import GoalTask
from mil_core import checkpoint
from mil_core.algorithms.flo import Flo, FloConfig
from mil_core.baselines.autoencoder import Autoencoder, AutoencoderConfig, SpatialAutoencoder
from mil_core.errors import BadThreshold, InvalidProblem, SupportMismatch, UnusablePicture
from mil_core.evaluate_goals import evaluate_goals, held_out_tasks
from mil_core.experiments import EXPERIMENTS
from mil_core.goal_net import GoalNet
from mil_core.goal_tasks import NUM_GOALS, GoalMetaTask, GoalSampler
from mil_core.inner_loop import InnerConfig
from tests.mil_core.goal_toys import GROUP, NET, NOVELTY, flo, goals, learners, meta_task, toy_group


@pytest.mark.parametrize("learn_step_sizes", [False, True])
def test_the_meta_gradient_passes_finite_differences_through_the_inner_loop(learn_step_sizes: bool) -> None:
    learner = flo(2, learn_step_sizes).double()
    task = GoalMetaTask(*(value.double() if value.is_floating_point() else value for value in meta_task()))
    names, values = zip(*learner.named_parameters(), strict=True)
    start = [(value + 0.05 * torch.randn_like(value)).detach().requires_grad_() for value in values]

    def outer(*parameters: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            for value, new in zip(values, parameters, strict=True):
                value.copy_(new)
        return learner.meta_loss(task).total

    outer(*start).backward()
    for name, value, base in zip(names, values, start, strict=True):
        if not value.requires_grad:
            assert not learn_step_sizes and name.startswith("scales.")
            continue
        direction = torch.randn_like(value)
        moved = [[b + s * 1e-6 * direction if b is base else b for b in start] for s in (1, -1)]
        numeric = (outer(*moved[0]) - outer(*moved[1])).item() / 2e-6
        assert float((value.grad * direction).sum()) == pytest.approx(numeric, rel=2e-3, abs=1e-6), name


def test_the_inner_loop_moves_the_head_of_each_task_alone_and_makes_its_goals_likelier() -> None:
    learner, before = flo(), {name: value.clone() for name, value in flo().named_parameters()}
    seen = learner.see(meta_task().pictures[0], torch.empty(0))
    assert (learner.judge(seen[:NUM_GOALS])(seen[:NUM_GOALS]) > before["network.bias"]).all()
    for name, value in learner.named_parameters():
        assert torch.equal(value, before[name])
    together = learner.meta_loss(meta_task()).total
    alone = [
        learner.meta_loss(meta_task()._replace(**{name: getattr(meta_task(), name)[:, k : k + 1]
                                                  for name in ("support", "labels", "weight")})).total
        for k in range(2)
    ]  # fmt: skip
    torch.testing.assert_close(together, torch.stack(alone).mean())


def test_training_and_deployment_give_the_same_logits() -> None:
    learner, task = flo(), meta_task()
    trained, _ = learner._query_logits(task)
    torch.testing.assert_close(learner.task_scores(task)[0], trained.detach(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("method", ["flo", "pixel", "view", "features", "autoencoder", "spatial_autoencoder"])
def test_the_order_of_the_goals_does_not_matter(method: str) -> None:
    learner, pictures = learners()[method], goals()
    one, other = learner.adapt(pictures), learner.adapt(pictures[::-1])
    for picture in GROUP.pictures[20:30]:
        assert one.probability(picture) == pytest.approx(other.probability(picture), rel=1e-4)


def test_a_distance_is_zero_at_a_goal_and_the_oracle_ranks_without_error() -> None:
    for method in ("pixel", "view", "features", "autoencoder", "spatial_autoencoder"):
        score = learners()[method].adapt(goals())._score
        assert score(GROUP.pictures[1:2])[0] == pytest.approx(0.0, abs=1e-5)
        assert score(GROUP.pictures[20:21])[0] < -2e-5
    result = evaluate_goals({"oracle": learners()["oracle"]}, held_out_tasks([GROUP], 2, 0), 0)["oracle"]
    assert result["auroc"]["mean"] == 1.0


def test_a_few_steps_of_training_tell_left_from_above() -> None:
    learner = flo(4)
    sampler = GoalSampler([toy_group(k) for k in range(3, 6)], 2, 2, 3, augment=False)
    optimizer, rng = torch.optim.Adam(learner.parameters(), lr=1e-2), np.random.default_rng(0)
    losses = []
    for _ in range(45):
        loss = learner.meta_loss(sampler.sample(rng)).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
    learner.finish(sampler)
    tasks = held_out_tasks([GROUP], 2, 0)
    result = evaluate_goals({"flo": learner}, tasks, 0)
    assert result["flo"]["auroc"]["mean"] > 0.95
    assert 0.5 <= result["flo"]["threshold"] < 1
    again = evaluate_goals({"flo": learner}, tasks, 0)
    assert again == result


def test_a_support_picture_is_never_a_query() -> None:
    task = GoalSampler([GROUP], 1, 2, 3, augment=True).sample(np.random.default_rng(3))
    for support, labels, weight in zip(task.support[0], task.labels[0], task.weight[0], strict=True):
        assert (labels[support] == 1).all() and (weight[support] == 0).all()
        assert weight[labels == 1].sum() == pytest.approx(0.5) == weight[labels == 0].sum()
    for test in held_out_tasks([GROUP], 4, 1):
        assert not set(test.goals) & set(test.queries) and len(set(test.queries)) == len(test.queries)
        truth = GROUP.is_positive(test.task)
        assert truth[test.goals].all() and truth[test.queries].mean() >= 0.5


def test_tasks_that_hold_in_the_same_pictures_are_one() -> None:
    assert GROUP.tasks(5) == [GoalTask(0, 1, 0), GoalTask(0, 1, 1)]
    assert GROUP.has_distractor(GoalTask(0, 1, 0)).sum() == 20


def test_a_favoured_relation_is_drawn_four_times_as_often() -> None:
    sampler, rng = GoalSampler([GROUP], 1, 1, 3, favoured=(1,), augment=False), np.random.default_rng(0)
    drawn = [sampler.sample(rng) for _ in range(400)]  # relation 0 holds where the first thing is straight above
    is_favoured = [bool(task.apart_m[0, 0, task.support[0, 0, 0], 0] != 0) for task in drawn]
    assert len(GROUP.tasks(NUM_GOALS + 3)) == 2
    assert 0.74 < np.mean(is_favoured) < 0.86


def test_near_misses_show_both_things_in_no_relation_and_are_asked_about() -> None:
    relations, places_m = GROUP.relations.copy(), GROUP.places_m.copy()
    relations[:6] = -1
    places_m[2:6, 1] = np.nan
    group = dataclasses.replace(GROUP, relations=relations, places_m=places_m)
    task = GoalTask(0, 1, 0)
    assert np.flatnonzero(group.is_near_miss(task)).tolist() == [0, 1]
    drawn = GoalSampler([group], 1, 1, 3, augment=False).sample(np.random.default_rng(0))
    for picture in group.pictures[:2]:
        same = (255 * drawn.pictures[0] - torch.from_numpy(picture).permute(2, 0, 1)).abs().amax((1, 2, 3)) < 0.5
        assert (drawn.weight[0, 0][same] > 0).all() and same.any()


def test_a_checkpoint_keeps_the_calibration_and_a_foreign_threshold_is_refused(tmp_path) -> None:
    experiment = dataclasses.replace(EXPERIMENTS["flo_arrange"](), network=NET)
    learner = experiment.build(NOVELTY)
    learner.calibration_numbers.copy_(torch.tensor([0.7, 0.0, 0.83]))
    checkpoint.save(tmp_path, learner, experiment, NOVELTY, 1, "none")
    loaded = checkpoint.load(tmp_path).algorithm()
    assert loaded.calibration.threshold == pytest.approx(0.83) and loaded.calibration.slope == pytest.approx(0.7)
    assert loaded.adapt(goals()).probability(GROUP.pictures[3]) == learner.adapt(goals()).probability(GROUP.pictures[3])
    learner.calibration_numbers[2] = 1.0
    checkpoint.save(tmp_path, learner, experiment, NOVELTY, 1, "none")
    with pytest.raises(BadThreshold, match="between 0 and 1"):
        checkpoint.load(tmp_path).algorithm().adapt(goals())


@pytest.mark.parametrize(
    ("spoil", "error", "match"),
    [
        (lambda g: [], SupportMismatch, "found 0"),
        (lambda g: g[:1], SupportMismatch, "at least 2, found 1"),
        (lambda g: [*g, g[0]], SupportMismatch, "found 6"),
        (lambda g: [*g[:4], g[4][:30]], SupportMismatch, "goal picture 4: expected a uint8 picture"),
        (lambda g: [*g[:4], g[4].astype(float)], SupportMismatch, "float64"),
        (lambda g: [*g[:4], "picture"], SupportMismatch, "str"),
        (lambda g: [*g[:2], np.zeros_like(g[0]), *g[3:]], UnusablePicture, "goal picture 2.*from 0 to 0"),
        (lambda g: [np.full_like(g[0], 200), *g[1:]], UnusablePicture, "goal picture 0"),
    ],
)
def test_goals_that_cannot_be_used_are_refused(spoil, error, match: str) -> None:
    with pytest.raises(error, match=match):
        flo().adapt(spoil(goals()))


def test_a_normalisation_that_would_mix_tasks_is_refused() -> None:
    with pytest.raises(InvalidProblem, match="rms_floor"):
        Flo(GoalNet(NET), NOVELTY, FloConfig(InnerConfig(rms_floor=0.1)))


def test_groups_come_back_from_a_file_and_damage_is_told(tmp_path) -> None:
    path = tmp_path / "groups.npz"
    write_goal_groups(path, [GROUP, toy_group(1)])
    for one, other in zip(read_goal_groups(path), (GROUP, toy_group(1)), strict=True):
        assert one.group_id == other.group_id
        for name in ("pictures", "relations", "places_m"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DemoFileError, match="make the file again"):
        read_goal_groups(path)
    with pytest.raises(DemoShapeMismatch, match="relations"):
        dataclasses.replace(GROUP, relations=GROUP.relations.astype(np.int16))


@pytest.mark.parametrize("kind", [Autoencoder, SpatialAutoencoder])
def test_a_code_that_tells_nothing_explains_nothing_and_little_contrast_is_no_hindrance_to_learn(kind) -> None:
    torch.manual_seed(0)
    learner, rng = kind(NOVELTY, 32, 32, AutoencoderConfig((8, 8, 8), (32, 16, 8))), np.random.default_rng(0)
    pictures = torch.full((1, 60, 3, 32, 32), 0.6)
    for number, place in enumerate(rng.integers(0, 28, 60)):
        pictures[0, number, :, 12:16, place : place + 4] += 0.05  # a faint dot that lies somewhere on a line
    task = meta_task()._replace(pictures=pictures)
    last = learner.decoder[-1]
    kept = last.weight.detach().clone()
    with torch.no_grad():
        last.weight.zero_(), last.bias.zero_()
    assert learner.meta_loss(task).total.item() == pytest.approx(1.0, abs=0.01)
    with torch.no_grad():
        last.weight.copy_(kept)
    optimizer = torch.optim.Adam(learner.parameters(), 3e-3)
    for _ in range(300):
        loss = learner.meta_loss(task).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.8
    assert learner.see(pictures[0], torch.empty(0)).std(0).max() > 0.1
