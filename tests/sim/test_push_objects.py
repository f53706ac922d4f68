"""Laws of things to push: held-out identities, motion by its closed form, and contacts that hold."""

from itertools import combinations

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.object_colours import colour_distance
from sim.push_objects import (
    COLLISION_HEIGHT_M,
    MASS_KG,
    MIN_COLOUR_DISTANCE,
    RADIUS_M,
    SLOWING_PER_S,
    TEXTURE_COUNT,
    PushObject,
    add_push_object,
    sample_pair,
    shapes,
    texture,
)
from sim.push_shapes import FAMILIES
from sim.robots.pr2_torque_arm import FORK_HALF_WIDTH_M, FORK_RADIUS_M, JOINTS, Pr2TorqueArm

SPLITS = ("train", "validation", "test")
AXES = ("x", "y", "yaw")


def thing(family: str = "star", variant: int = 0, mass_kg: float = 0.3, damping_ns_m: float = 1.5) -> PushObject:
    return PushObject(family, variant, texture("train", 0), 0.045, mass_kg, damping_ns_m)


def pose(data: mujoco.MjData, name: str = "thing") -> np.ndarray:
    return np.array([data.joint(f"{name}_{axis}").qpos[0] for axis in AXES])


def place(data: mujoco.MjData, values: tuple[float, float, float], name: str = "thing") -> None:
    for axis, value in zip(AXES, values, strict=True):
        data.joint(f"{name}_{axis}").qpos[0] = value


def test_at_least_as_many_shapes_as_in_the_thesis_and_none_in_two_splits():
    assert [len(shapes(split)) for split in SPLITS] == [120, 12, 12]
    for one, other in combinations(SPLITS, 2):
        assert set(shapes(one)).isdisjoint(shapes(other))
    assert {family for family, _ in shapes("test")} == set(FAMILIES)


def test_textures_of_different_splits_share_nothing():
    looks = {split: [texture(split, number) for number in range(0, TEXTURE_COUNT[split], 20)] for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        for identify in (lambda t: {t.texture_id}, lambda t: {t.seed}, lambda t: {t.rgb, t.second_rgb}):
            here, there = (set.union(*map(identify, looks[split])) for split in (one, other))
            assert here.isdisjoint(there)
    assert texture("test", 3) == texture("test", 3) != texture("test", 4)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.sampled_from(SPLITS))
def test_pairs_are_of_the_split_within_bounds_and_clearly_different(seed, split):
    pair = sample_pair(np.random.default_rng(seed), split)
    assert pair == sample_pair(np.random.default_rng(seed), split)
    assert len({(one.family, one.variant) for one in pair}) == 2
    assert colour_distance(pair[0].texture.rgb, pair[1].texture.rgb) >= MIN_COLOUR_DISTANCE
    for one in pair:
        assert (one.family, one.variant) in shapes(split) and one.texture.texture_id.startswith(split)
        assert RADIUS_M[0] <= one.radius_m <= RADIUS_M[1] < FORK_HALF_WIDTH_M - FORK_RADIUS_M
        assert MASS_KG[0] * 0.999 <= one.mass_kg <= MASS_KG[1] * 1.001
        assert SLOWING_PER_S[0] * 0.999 <= one.damping_ns_m / one.mass_kg <= SLOWING_PER_S[1] * 1.001


@settings(deadline=None, max_examples=10)
@given(st.floats(*MASS_KG), st.floats(*SLOWING_PER_S), st.floats(-0.5, 0.5))
def test_a_thing_let_go_slides_as_far_as_mass_and_friction_say(mass_kg, slowing_per_s, speed_m_s):
    spec = mujoco.MjSpec()
    spec.option.gravity, spec.option.timestep = [0, 0, 0], 0.001
    add_push_object(spec, "thing", thing(mass_kg=mass_kg, damping_ns_m=mass_kg * slowing_per_s))
    model = spec.compile()
    assert model.body("thing").mass[0] == pytest.approx(mass_kg)
    data = mujoco.MjData(model)
    data.joint("thing_x").qvel[0] = speed_m_s
    mujoco.mj_step(model, data, 500)
    slid_m = speed_m_s / slowing_per_s * (1 - np.exp(-slowing_per_s * 0.5))
    np.testing.assert_allclose(pose(data), [slid_m, 0.0, 0.0], atol=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_walls_stand_upright_around_all_that_is_seen(family):
    spec = mujoco.MjSpec()
    add_push_object(spec, "thing", thing(family, 1))
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)

    def corners(geom: int) -> np.ndarray:
        mesh = model.geom_dataid[geom]
        start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        return data.geom_xpos[geom] + model.mesh_vert[start : start + count] @ data.geom_xmat[geom].reshape(3, 3).T

    seen, walls = corners(0), corners(1)
    assert sorted(set(np.round(walls[:, 2], 6))) == [0.0, COLLISION_HEIGHT_M]
    for direction in np.linspace(0, 2 * np.pi, 16):
        along = np.array([np.cos(direction), np.sin(direction)])
        assert (walls[:, :2] @ along).max() == pytest.approx((seen[:, :2] @ along).max(), abs=1e-5)


BLOWS = (((0.12, 0.0), (-2.0, 0.0)), ((0.02, 0.2), (0.0, -2.0)), ((0.01, 0.0), (0.0, 2.0)), ((-0.2, 0.01), (2.0, 0.0)))
"""Place relative to the fork's middle (m) and velocity (m/s): into the fork, on its side, from inside, on its back."""


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_goes_through_the_fork_even_at_six_times_the_experts_speed(family):
    spec = Pr2TorqueArm().spec()
    add_push_object(spec, "thing", thing(family, 0, mass_kg=MASS_KG[1], damping_ns_m=1.0))
    model = spec.compile()
    model.dof_damping[: len(JOINTS)] = 1e4  # the arm stands as if it were bolted
    for (x_m, y_m), velocity_m_s in BLOWS:
        data = mujoco.MjData(model)
        Pr2TorqueArm().reset(model, data, np.random.default_rng(0))
        mujoco.mj_forward(model, data)
        fork_m = data.site("tool").xpos[:2].copy()
        place(data, (fork_m[0] + x_m, fork_m[1] + y_m, 0.4))
        data.joint("thing_x").qvel[0], data.joint("thing_y").qvel[0] = velocity_m_s
        deepest_m, has_met = 0.0, False
        for _ in range(100):
            mujoco.mj_step(model, data)
            depths_m = data.contact.dist
            has_met |= len(depths_m) > 0
            deepest_m = min([deepest_m, *depths_m])
        left_m = (pose(data)[:2] - fork_m - (x_m, y_m)) @ velocity_m_s / 2.0
        assert has_met and left_m < 0.2, "it would have gone 0.43 m"
        assert deepest_m > -FORK_RADIUS_M, "less than to the middle of a prong"


def test_things_do_not_meet_one_another():
    spec = mujoco.MjSpec()
    spec.option.gravity = [0, 0, 0]
    for name in ("one", "other"):
        add_push_object(spec, name, thing())
    model = spec.compile()
    data = mujoco.MjData(model)
    place(data, (0.03, 0.0, 0.0), "one")
    mujoco.mj_step(model, data, 100)
    assert data.ncon == 0
    np.testing.assert_array_equal(pose(data, "one"), [0.03, 0.0, 0.0])
    np.testing.assert_array_equal(pose(data, "other"), np.zeros(3))
