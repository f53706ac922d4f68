"""The model of moves: what it may change, what it copies, what its loss says, and that it learns."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.interactions import Interactions, write_interactions
from mil_core import checkpoint
from mil_core.cli import OK, main
from mil_core.commands.evaluate import Evaluate
from mil_core.commands.move_plays import move_plays
from mil_core.commands.output import BadArgument
from mil_core.commands.prediction_evaluation import Predicted, predicted
from mil_core.experiments import EXPERIMENTS, KINDS
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.learned_predictor import LearnedPredictor
from mil_core.move_predictor import MoveBatch, MovePredictor, MovePredictorConfig
from mil_core.move_sampling import MoveSampler, recoloured
from mil_core.results_text import results_text, summary_text
from mil_core.table_plane import TablePlane
from sim.arrange_play import play

SIDE = 32
CONFIG = MovePredictorConfig(SIDE, SIDE, window=16, filters=4, hidden=8, reaches=(3, 6))
PLANE = TablePlane(np.array([[0.0, 60.0, 15.5], [60.0, 0.0, -24.5], [0.0, 0.0, 1.0]]))
RADIUS = 3.2
PLACES = st.tuples(st.floats(0.5, 0.83), st.floats(-0.17, 0.17))


def model(seed: int = 0) -> MovePredictor:
    torch.manual_seed(seed)
    return MovePredictor(PLANE, CONFIG)


def toy_play(count: int, seed: int = 0) -> Interactions:
    """A round red thing on a grey table is moved."""
    rng = np.random.default_rng(seed)
    take_m, put_m = rng.uniform([0.5, -0.17], [0.83, 0.17], (2, count, 2)).astype(np.float32)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    pictures = np.full((2, count, SIDE, SIDE, 3), 120, np.uint8)
    for shown, places_m in zip(pictures, (take_m, put_m), strict=True):
        x, y = PLANE.pixels(places_m).T[:, :, None, None]
        shown[np.hypot(cols - x, rows - y) < RADIUS] = (210, 40, 40)
    return Interactions(f"toy-{seed}", *pictures, take_m, put_m)


def batch(count: int = 6) -> MoveBatch:
    return MoveSampler([toy_play(count)], count, augment=False).draw(0, np.random.default_rng(0))


def noise(count: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).random((count, 3, SIDE, SIDE)).astype(np.float32))


def places(*several: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(several, dtype=torch.float32)


@given(PLACES)
@settings(max_examples=20)
def test_a_thing_that_is_taken_and_put_back_is_where_it_was(place_m: tuple[float, float]) -> None:
    learner, picture = model(), noise(1)
    with torch.no_grad():
        learner.taking.last[-1].bias[1] = 100.0  # all that was cut out is the thing ...
        learner.hiding.last[-1].bias[:] = 100.0  # ... and nothing is in front of it
        found = learner(picture, places(place_m), places(place_m))
    torch.testing.assert_close(found, picture, atol=1e-4, rtol=0)


@given(PLACES, PLACES)
@settings(max_examples=20)
def test_where_nothing_is_taken_nothing_changes(take_m: tuple[float, float], put_m: tuple[float, float]) -> None:
    learner, picture = model(), noise(1)
    with torch.no_grad():
        learner.taking.last[-1].bias[:2] = -100.0
        found = learner(picture, places(take_m), places(put_m))
    torch.testing.assert_close(found, picture, atol=1e-5, rtol=0)


@given(PLACES, PLACES, st.integers(0, 5))
@settings(max_examples=20)
def test_pixels_are_mixed_from_those_before_and_those_far_away_stay(
    take_m: tuple[float, float], put_m: tuple[float, float], seed: int
) -> None:
    learner, picture = model(seed), 0.3 + 0.2 * noise(1)
    with torch.no_grad():
        found = learner(picture, places(take_m), places(put_m))
    low, high = picture.amin((2, 3), keepdim=True), picture.amax((2, 3), keepdim=True)
    assert ((found >= low - 1e-5) & (found <= high + 1e-5)).all()
    rows, cols = np.mgrid[:SIDE, :SIDE]
    is_far = np.ones((SIDE, SIDE), bool)
    for x, y in PLANE.pixels(np.array([take_m, put_m])):
        is_far &= np.maximum(np.abs(cols - x), np.abs(rows - y)) > CONFIG.window / 2 + 1
    assert torch.equal(found[0][:, is_far], picture[0][:, is_far])


def test_moves_are_predicted_one_at_a_time_as_together() -> None:
    learner, moves = model(), batch(4)
    with torch.no_grad():
        together = learner(moves.before, moves.take_m, moves.put_m)
        for k in range(4):
            alone = learner(*(part[k : k + 1] for part in (moves.before, moves.take_m, moves.put_m)))
            torch.testing.assert_close(alone[0], together[k], atol=1e-5, rtol=0)


def test_a_perfect_prediction_costs_nothing_and_an_unmoved_picture_one(monkeypatch: pytest.MonkeyPatch) -> None:
    learner, moves = model(), batch()
    monkeypatch.setattr(learner, "forward", lambda before, take_m, put_m: moves.after)
    assert float(learner.meta_loss(moves).total) == 0.0
    monkeypatch.setattr(learner, "forward", lambda before, take_m, put_m: before)
    found = learner.meta_loss(moves)
    assert float(found.total) == pytest.approx(1.0)
    assert found.report["error"] == pytest.approx(found.report["unmoved_error"])
    still = moves._replace(after=moves.before)
    assert float(learner.meta_loss(still).total) == 0.0  # nothing moved, nothing divided by


def test_two_moves_can_be_learned_by_heart() -> None:
    learner, moves = model(), batch(2)
    optimizer = torch.optim.Adam(learner.parameters(), 1e-2)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = learner.meta_loss(moves).total
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[0] > 0.3 and losses[-1] < 0.6 * losses[0]


def test_the_gradient_passes_finite_differences() -> None:
    learner, moves = model().double(), MoveBatch(*(part.double() for part in batch(2)))
    learner.meta_loss(moves).total.backward()
    for name in ("taking.last.1.weight", "shifting.6.bias", "hiding.fine.0.weight"):
        value = learner.get_parameter(name)
        direction, losses = torch.randn_like(value), []
        for step in (1e-6, -2e-6):
            with torch.no_grad():
                value += step * direction
            losses.append(float(learner.meta_loss(moves).total.detach()))
        numeric = (losses[0] - losses[1]) / 2e-6
        assert float((value.grad * direction).sum()) == pytest.approx(numeric, rel=1e-2, abs=1e-5), name
        with torch.no_grad():
            value += 1e-6 * direction


def test_new_colours_are_the_same_before_and_after() -> None:
    moves = batch()
    found = recoloured(moves, np.random.default_rng(0))
    unmoved = (moves.before == moves.after).all(1)
    is_same = (found.before == found.after).all(1)
    assert torch.equal(is_same, unmoved) and not torch.equal(found.before, moves.before)
    assert torch.equal(found.take_m, moves.take_m) and float(found.before.max()) <= 1


def test_a_sampler_shows_every_move_once_and_draws_the_same_again() -> None:
    groups = [toy_play(5, 0), toy_play(5, 1)]
    sampler = MoveSampler(groups, 7, augment=True)
    assert len(sampler) == 2
    np.testing.assert_array_equal(sampler.draw(1, np.random.default_rng(0)).put_m, groups[1].put_m)
    one, same = (sampler.sample(np.random.default_rng(3)) for _ in range(2))
    assert len(one.before) == 7 and all(torch.equal(a, b) for a, b in zip(one, same, strict=True))


class TwoThings:
    """A world in which nothing can be put to the left, and whose picture is the toy's."""

    corners_m = (np.zeros(2), np.ones(2))
    places_m = np.array([[0.6, 0.0, 0.7], [0.8, 0.1, 0.7]])
    picture = toy_play(1).before[0]

    def look_again(self) -> np.ndarray:
        return self.picture

    def after(self, thing: int, place_m: np.ndarray) -> np.ndarray | None:
        after_m = self.places_m.copy()
        after_m[thing, :2] = place_m
        return None if place_m[1] < -0.1 else after_m


def test_the_planner_hears_what_the_model_says_and_what_the_world_allows() -> None:
    world, learner = TwoThings(), model().eval()
    things, places_m = np.array([0, 1, 1]), np.array([[0.7, 0.1], [0.6, -0.15], [0.55, 0.0]])
    pictures, after_m = LearnedPredictor(learner, world).predict(things, places_m)
    assert pictures.dtype == np.uint8 and pictures.shape == (3, SIDE, SIDE, 3)
    assert np.isnan(after_m[1]).all() and np.isfinite(after_m[[0, 2]]).all()
    np.testing.assert_array_equal(pictures[1], world.picture)
    before = torch.from_numpy(world.picture).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        wanted = learner(before, places((0.8, 0.1)), places((0.55, 0.0)))
    assert np.abs(wanted[0].permute(1, 2, 0).numpy() * 255 - pictures[2]).max() < 0.51 + 1e-3
    nothing, nowhere_m = LearnedPredictor(learner, world).predict(things[1:2], places_m[1:2])
    assert np.isnan(nowhere_m).all() and np.array_equal(nothing[0], world.picture)


def test_the_experiment_builds_what_it_says_and_comes_back_from_its_checkpoint(untrained) -> None:
    experiment = EXPERIMENTS["flo_arrange_predictor"]()
    assert isinstance(experiment, PredictorExperiment) and KINDS["predictor"] is PredictorExperiment
    loaded = checkpoint.load(untrained("flo_arrange_predictor"), PredictorExperiment)
    assert loaded.experiment == experiment
    learner = loaded.algorithm()
    assert learner.config == experiment.network and len(learner._offsets) == 8 * len(experiment.network.reaches)
    np.testing.assert_allclose(learner.plane.numpy(), loaded.statistics.matrix, rtol=1e-6)
    assert experiment.quick().data.num_groups == 1 and experiment.quick().network == experiment.network


def test_only_planning_takes_a_predictor() -> None:
    with pytest.raises(BadArgument, match="--planning"):
        Evaluate("flo_arrange", predictor="learned").run()


def test_a_file_of_other_play_is_refused(tmp_path) -> None:
    write_interactions(tmp_path / "play.npz", [toy_play(4)])
    with pytest.raises(BadArgument, match="move the file away"):
        move_plays(tmp_path / "play.npz", "train", 1, 4, 0, 0)


def test_what_is_unexplained_is_nothing_for_the_truth_and_all_for_a_picture_in_which_nothing_moved() -> None:
    play = toy_play(6)
    seen = (play.before != play.after).any((1, 2, 3))
    assert seen.any()
    np.testing.assert_array_equal(Predicted(play, play.after).unexplained()[seen], 0.0)
    np.testing.assert_array_equal(Predicted(play, play.before).unexplained()[seen], 1.0)
    unseen = replace(play, after=play.before)
    assert np.isnan(Predicted(unseen, play.before).unexplained()).all()


def test_the_evaluation_says_what_the_model_says(in_an_empty_folder, untrained) -> None:
    words = f"evaluate --experiment flo_arrange_predictor --quick --checkpoint {untrained('flo_arrange_predictor')}"
    assert main([*words.split(), "--seed", "5", "--tasks", "1"]) == OK
    content = json.loads(Path("out/quick/flo_arrange_predictor.json").read_text())
    learned = checkpoint.load(untrained("flo_arrange_predictor"), PredictorExperiment).algorithm()
    groups = [play("test", 5, 10, index) for index in range(content["tasks"])]
    shares = [np.nanmean(predicted(learned, group).unexplained()) for group in groups]
    row = content["unexplained"]
    assert row["mean"] == pytest.approx(np.mean(shares)) and row["n"] <= 10 * content["tasks"]
    assert row["interval95"][0] <= row["mean"] <= row["interval95"][1]
    assert Path("out/quick/flo_arrange_predictor.png").stat().st_size > 10_000
    text = results_text(Path("out/quick"), Path("checkpoints"))
    assert f"err by {row['mean']:.1%} (" in text and "--trials 10`" in text
    assert "No results yet" in summary_text(Path("out/quick"))  # a model alone is no comparison of methods
