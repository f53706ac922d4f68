from itertools import combinations

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.collect import task_at
from sim.disc_colours import colour, colour_distance, colour_ids
from sim.env import Environment
from sim.errors import ActionError
from sim.experts.reach import ReachExpert, joint_angles
from sim.robots.planar_arm import ARMATURE_KG_M2, GEAR_NM, HOME_RAD, JOINTS, LINK_M, START_JITTER_RAD, PlanarArm
from sim.tasks.reach import APART_M, DIFFERENT_LAB, FARTHEST_M, LAST_STEPS, NEAREST_M, SUCCESS_M, ReachTask

seeds = st.integers(0, 2**32 - 1)
splits = st.sampled_from(["train", "validation", "test"])


@pytest.fixture
def env():
    with Environment(ReachTask.sample(np.random.default_rng(0), "test"), PlanarArm()) as environment:
        yield environment


def discs(env):
    return np.array([env.data.body(f"disc{index}").xpos[:2] for index in range(3)])


def run(env, rng, act):
    """Success after each of the 50 steps; `act` gets the environment."""
    env.reset(rng)
    successes = []
    for _ in range(env.task.horizon_steps):
        env.advance(act(env))
        successes.append(env.success())
    return successes


@settings(deadline=None)
@given(seeds, splits)
def test_colours_belong_to_the_split_and_differ_clearly(seed, split):
    task = ReachTask.sample(np.random.default_rng(seed), split)
    assert set(task.colours) <= set(colour_ids(split).tolist())
    assert min(colour_distance(*pair) for pair in combinations(task.colours, 2)) >= DIFFERENT_LAB


@settings(deadline=None)
@given(seeds, splits)
def test_sampling_repeats_with_its_seed(seed, split):
    first, second = (ReachTask.sample(np.random.default_rng(seed), split) for _ in range(2))
    assert first.task_id == second.task_id and first.colours == second.colours


def test_task_ids_name_target_and_split():
    assert ReachTask("test", (9, 19, 29)).task_id == "reach-test-009-019-029"
    assert ReachTask("test", (9, 19, 29)).task_id != ReachTask("test", (19, 9, 29)).task_id


@pytest.mark.parametrize("seed", range(30))
def test_layouts_are_reachable_apart_and_random(env, seed):
    env.task.reset(env.model, env.data, np.random.default_rng(seed))
    mujoco.mj_forward(env.model, env.data)
    places = discs(env)
    radius = np.linalg.norm(places, axis=1)
    assert (radius >= NEAREST_M - 1e-9).all() and (radius <= FARTHEST_M + 1e-9).all()
    assert min(np.linalg.norm(a - b) for a, b in combinations(places, 2)) >= APART_M > 2 * SUCCESS_M
    env.task.reset(env.model, env.data, np.random.default_rng(seed + 1000))
    mujoco.mj_forward(env.model, env.data)
    assert not np.allclose(discs(env), places)


def test_same_seed_and_actions_give_the_same_trajectory(env):
    def trajectory():
        rng = np.random.default_rng(3)
        observations = [env.reset(rng)] + [env.step(rng.uniform(-1, 1, 2)) for _ in range(5)]
        return np.array([o.state for o in observations]), np.array([o.image for o in observations])

    (states, images), (states_again, images_again) = trajectory(), trajectory()
    np.testing.assert_array_equal(states, states_again)
    np.testing.assert_array_equal(images, images_again)
    assert len(np.unique(states[:, 0])) == len(states)


def test_expert_succeeds_on_random_scenes_with_actions_in_range():
    outcomes, largest = [], 0.0
    expert = ReachExpert()
    for seed in range(25):
        rng = np.random.default_rng([11, seed])
        with Environment(ReachTask.sample(rng, "test"), PlanarArm()) as env:
            actions = []

            def act(env, actions=actions):
                actions.append(expert.act(env))
                return actions[-1]

            for _ in range(4):
                outcomes.append(any(run(env, rng, act)) and env.chosen() == 0 and env.success())
        largest = max(largest, np.abs(actions).max())
    assert np.mean(outcomes) >= 0.99
    assert largest <= 1.0


def test_an_idle_arm_never_succeeds(env):
    assert not any(any(run(env, np.random.default_rng(seed), lambda env: np.zeros(2))) for seed in range(20))


def test_success_counts_in_the_last_steps_only(env):
    expert = ReachExpert()
    successes = run(env, np.random.default_rng(0), expert.act)
    assert not any(successes[:-LAST_STEPS])  # it has arrived long before, yet that does not count
    assert successes[-LAST_STEPS:] == [True] * LAST_STEPS


@pytest.mark.parametrize("offset_m, is_success", [(0.0, True), (0.049, True), (0.051, False)])
def test_success_is_the_distance_in_the_plane(env, offset_m, is_success):
    env.reset(np.random.default_rng(0))
    env.data.time = env.task.horizon_steps / env.task.control_rate_hz
    env.data.mocap_pos[0, :2] = env.data.site("tool").xpos[:2] + [offset_m, 0.0]
    mujoco.mj_forward(env.model, env.data)
    assert env.success() is is_success


@pytest.mark.parametrize("index", range(3))
def test_chosen_is_the_disc_under_the_tool(env, index):
    env.reset(np.random.default_rng(1))
    env.data.mocap_pos[index, :2] = env.data.site("tool").xpos[:2]
    mujoco.mj_forward(env.model, env.data)
    assert env.chosen() == index


@settings(deadline=None)
@given(st.floats(0.02, 2 * LINK_M - 1e-3), st.floats(-2.0, 2.0))
def test_joint_angles_bring_the_tool_where_asked(radius_m, angle_rad):
    place = radius_m * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    shoulder, elbow = joint_angles(place)
    assert 0.0 <= elbow <= np.pi
    tool = LINK_M * np.array([np.cos(shoulder) + np.cos(shoulder + elbow), np.sin(shoulder) + np.sin(shoulder + elbow)])
    np.testing.assert_allclose(tool, place, atol=1e-9)


def test_state_holds_joints_tool_and_the_tool_velocity_of_finite_differences(env):
    rng = np.random.default_rng(2)
    env.reset(rng)
    for _ in range(5):
        env.advance(rng.uniform(-1, 1, 2))
    state = env.robot.state(env.model, env.data).astype(np.float64)
    np.testing.assert_allclose(state[:2], [env.data.joint(name).qpos[0] for name in JOINTS], rtol=1e-6)
    step_s = 1e-6
    ends = []
    for sign in (-1, 1):
        moved = mujoco.MjData(env.model)
        moved.qpos[:] = env.data.qpos + sign * step_s * env.data.qvel
        mujoco.mj_forward(env.model, moved)
        ends.append(moved.site("tool").xpos.copy())
    np.testing.assert_allclose(state[4:7], (ends[0] + ends[1]) / 2, atol=1e-6)
    np.testing.assert_allclose(state[7:10], (ends[1] - ends[0]) / (2 * step_s), atol=1e-5)


def test_what_is_told_of_the_discs_keeps_the_targets_number_and_nothing_else():
    """Thesis B.2.1: the number of the target stays the same within a task, and must be found out."""
    numbers = set()
    for index in range(8):
        task = task_at("reach_states", "test", 3, index)
        with Environment(task, PlanarArm()) as env:
            for layout in range(3):
                seen = env.reset(np.random.default_rng(layout))
                assert seen.image.shape == (32, 40, 3) and seen.state.shape == (env.robot.state_size + 6,)
                told = seen.state[env.robot.state_size :].reshape(3, 2)
                np.testing.assert_allclose(told[task.target_number], discs(env)[0], atol=1e-6)
                assert {tuple(place) for place in told} == {tuple(place) for place in discs(env).astype(np.float32)}
        numbers.add(task.target_number)
        assert f"reach_states-{task.target_number}-" in task.task_id
    assert numbers == {0, 1, 2}
    assert len({task_at("reach_states", split, 0, 0).task_id for split in ("train", "validation", "test")}) == 3


def test_arm_starts_near_home_and_at_rest(env):
    starts = np.array([env.reset(np.random.default_rng(seed)).state for seed in range(20)])
    assert (np.abs(starts[:, :2] - HOME_RAD) <= START_JITTER_RAD + 1e-6).all()
    assert starts[:, :2].std(axis=0).min() > 0.02
    assert not starts[:, 2:4].any()


def test_torques_beyond_one_are_clipped(env):
    ends = []
    for torque in (1.0, 50.0):
        env.reset(np.random.default_rng(0))
        env.advance(np.full(2, torque))
        ends.append(env.data.qpos.copy())
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("action", [np.zeros(3), np.array([np.nan, 0.0])])
def test_bad_actions_are_refused(env, action):
    env.reset(np.random.default_rng(0))
    with pytest.raises(ActionError):
        env.step(action)


def test_picture_shows_each_disc_in_its_colour_where_it_lies(env):
    # With the arm folded away, the pixel at a disc's centre is exactly the disc's colour.
    env.reset(np.random.default_rng(0))
    env.data.qpos[:] = [np.pi, 0.0]
    mujoco.mj_forward(env.model, env.data)
    picture = env.render()
    assert picture.shape == (64, 80, 3)
    metres_per_pixel = env.model.camera("policy").fovy[0] / 64
    centre = env.data.camera("policy").xpos[:2]
    for place, colour_id in zip(discs(env), env.task.colours, strict=True):
        row = int(32 - (place[0] - centre[0]) / metres_per_pixel)
        column = int(40 - (place[1] - centre[1]) / metres_per_pixel)
        np.testing.assert_allclose(picture[row, column], 255 * colour(colour_id), atol=2)


def test_a_disturbance_is_centred_changes_the_tools_speed_by_what_was_asked_and_keeps_torques_legal():
    rng, action = np.random.default_rng(0), np.array([0.2, -0.1])
    np.testing.assert_array_equal(ReachExpert().disturbed(action, rng, 0.0), action)
    pulses_nm = (np.stack([ReachExpert().disturbed(action, rng, 0.02) for _ in range(2000)]) - action) * GEAR_NM
    tool_m_s = pulses_nm / ARMATURE_KG_M2 / ReachTask.control_rate_hz * 2 * LINK_M
    assert tool_m_s.std() == pytest.approx(0.02, rel=0.05) and abs(tool_m_s.mean()) < 0.002
    assert np.abs(ReachExpert().disturbed(np.array([1.0, -1.0]), rng, 1.0)).max() <= 1.0
