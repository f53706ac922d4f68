import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.demo import Observation
from mil_core.bench.adapt import bench_adapt
from mil_core.bench.comparison import Agreement, Comparison, Timing, seconds_of
from mil_core.bench.control import bench_control
from mil_core.bench.re_adapting import ReAdaptingPolicy, largest_difference
from mil_core.bench.render import bench_render

positive = st.floats(1e-6, 1e3)


def comparison(ours, peer, difference=0.0):
    agreement = Agreement("difference", difference, 1e-3)
    return Comparison("x", Timing.of("ours", ours), Timing.of("peer", peer), agreement, 1.0, "max_s")


@given(st.lists(positive, min_size=1, max_size=50))
def test_a_timing_is_ordered_and_lies_within_its_measurements(seconds):
    timing = Timing.of("it", seconds)
    assert min(seconds) <= timing.p50_s <= timing.p99_s <= timing.max_s == max(seconds)
    assert timing.count == len(seconds)


@given(positive, positive)
def test_the_ratio_is_above_one_exactly_when_we_are_faster(ours, peer):
    assert (comparison([ours], [peer]).ratio > 1) == (peer > ours)


@pytest.mark.parametrize(("difference", "is_close"), [(0.0, True), (1e-3, True), (2e-3, False), (float("nan"), False)])
def test_results_agree_within_the_tolerance_only(difference, is_close):
    assert comparison([1.0], [1.0], difference).agreement.is_close is is_close


def test_the_budget_is_kept_or_not_by_the_field_that_it_is_for():
    assert comparison([0.1, 0.9], [1.0]).to_dict()["budget"] == {"max_s": 1.0, "is_kept": True}
    assert comparison([0.1, 1.1], [1.0]).to_dict()["budget"]["is_kept"] is False


def test_a_results_file_holds_what_is_needed_to_judge_it():
    content = comparison([1.0], [2.0]).to_dict()
    assert content["ratio"] == 2.0 and content["cores"] >= 1
    assert {"torch", "mujoco", "numpy"} <= content["versions"].keys()


def test_an_action_is_run_once_when_timed():
    runs = []
    assert seconds_of(lambda: runs.append(1)) >= 0
    assert runs == [1]


@pytest.fixture(params=["mil", "daml"])
def algorithm_and_support(request, experiments, tasks, scaling):
    algorithm = experiments[request.param].build(scaling).eval()
    return algorithm, tasks[0].demos[0] if request.param == "mil" else tasks[0].films[0].video


def test_adapting_anew_gives_the_parameters_of_adapting_once(algorithm_and_support):
    algorithm, support = algorithm_and_support
    once, anew = algorithm.adapt(support).parameters, ReAdaptingPolicy(algorithm, support).adapted().parameters
    assert largest_difference(once, anew) == 0.0
    unadapted = dict(algorithm.policy.named_parameters())
    assert largest_difference(once, {name: value.detach() for name, value in unadapted.items()}) > 0.0


def test_adapting_anew_gives_the_actions_of_adapting_once_through_an_episode(algorithm_and_support, tasks):
    algorithm, support = algorithm_and_support
    demo = tasks[1].demos[0]
    episode = [demo.observation(step) for step in range(len(demo))]
    result = bench_control(algorithm, support, episode, 1, 1)
    assert result.agreement.difference == 0.0
    assert result.ours.count == result.peer.count == len(demo)


def test_adaptation_is_timed_from_the_file_and_agrees(algorithm_and_support):
    algorithm, support = algorithm_and_support
    loads = []

    def load():
        loads.append(1)
        return support

    result = bench_adapt(algorithm, load, num_steps=2, repeats=3, peer_repeats=2)
    assert result.agreement.is_close and result.ours.count == 3 and result.peer.count == 2
    assert len(loads) == 1 + 3 + 2 + 1, "warming up, ours, the peer, and the check each read the file"


def test_pictures_that_differ_do_not_agree(rng):
    picture = rng.integers(0, 256, (6, 8, 3)).astype(np.uint8)
    assert bench_render(([1.0], picture), ([1.0], picture)).agreement.is_close
    assert not bench_render(([1.0], picture), ([1.0], 255 - picture)).agreement.is_close


def test_the_two_ways_part_when_the_peer_forgets_its_support(algorithm_and_support, tasks):
    """The agreement can fail: another support gives other actions."""
    algorithm, support = algorithm_and_support
    other = tasks[5].demos[0] if support is tasks[0].demos[0] else tasks[5].films[0].video
    demo = tasks[1].demos[0]
    seen = Observation(demo.video.frames[0], demo.states[0], 0.0)
    ours, peer = algorithm.adapt(support), ReAdaptingPolicy(algorithm, other)
    ours.reset(), peer.reset()
    assert not np.array_equal(ours.act(seen), peer.act(seen))
