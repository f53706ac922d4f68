"""Laws of the hand: people are held out, segments keep their length, and the fingers enclose the item."""

from itertools import combinations

import mujoco
import numpy as np
import pytest

from sim.hand import ARM_LENGTH_M, add_hand, demonstrator_catalogue, pose_hand, sample_demonstrator

SPLITS = ("train", "validation", "test")
SHOULDER = np.array((0.8, 0.1, 0.3))


@pytest.mark.parametrize(("one", "other"), list(combinations(SPLITS, 2)))
def test_no_person_belongs_to_two_splits(one, other):
    for identify in (lambda person: person.demonstrator_id, lambda person: person.skin_rgb, lambda p: p.sleeve_rgb):
        here, there = ({identify(person) for person in demonstrator_catalogue(split)} for split in (one, other))
        assert here.isdisjoint(there)


@pytest.fixture(params=(0, 1, 2, 3))
def person(request):
    return sample_demonstrator(np.random.default_rng(request.param), "test")


def _posed(person, opening, grip=(0.1, -0.2, 0.12)):
    spec = mujoco.MjSpec()
    add_hand(spec, person)
    model = spec.compile()
    data = mujoco.MjData(model)
    palm = pose_hand(model, data, person, np.array(grip), SHOULDER, opening, 0.02)
    mujoco.mj_forward(model, data)
    ends = []
    for index in range(14):
        geom = data.geom(f"hand_{index}")
        along = geom.xmat.reshape(3, 3)[:, 2] * model.geom(f"hand_{index}").size[1]
        ends.append((geom.xpos - along, geom.xpos + along))
    return palm, np.array(ends)


@pytest.mark.parametrize("opening", (0.0, 0.5, 1.0))
def test_fingers_hang_together(person, opening):
    _, ends = _posed(person, opening)
    for finger in range(4):
        first, second, bone = ends[2 * finger], ends[2 * finger + 1], ends[8 + finger]
        np.testing.assert_allclose(first[1], second[0], atol=0.003)
        np.testing.assert_allclose(bone[1], first[0], atol=0.003)


def test_a_closed_hand_encloses_the_item_and_an_open_one_frees_it(person):
    grip = np.array((0.1, -0.2, 0.12))

    def nearest_tip(opening):
        _, ends = _posed(person, opening, tuple(grip))
        return np.linalg.norm(ends[1:8:2, 1] - grip, axis=1).min()

    assert nearest_tip(0.0) < 0.045 < nearest_tip(1.0)


def test_the_palm_is_above_the_item_and_towards_the_person(person):
    grip = np.array((0.1, -0.2, 0.12))
    palm, _ = _posed(person, 0.0, tuple(grip))
    assert 0.04 < palm[2] - grip[2] < 0.1
    assert (palm - grip)[:2] @ (SHOULDER - grip)[:2] > 0


def test_the_arm_points_from_the_wrist_to_the_shoulder(person):
    spec = mujoco.MjSpec()
    add_hand(spec, person)
    model = spec.compile()
    data = mujoco.MjData(model)
    pose_hand(model, data, person, np.array((0.1, -0.2, 0.12)), SHOULDER, 0.0, 0.02)
    mujoco.mj_forward(model, data)
    arm = data.body("arm")
    along = arm.xmat.reshape(3, 3)[:, 0]
    reach = np.linalg.norm(SHOULDER - arm.xpos)
    np.testing.assert_allclose(arm.xpos + reach * along, SHOULDER, atol=1e-6)
    assert ARM_LENGTH_M >= 0.5


def test_physics_does_not_feel_the_hand(person):
    spec = mujoco.MjSpec()
    add_hand(spec, person)
    model = spec.compile()
    assert not model.geom_contype.any() and not model.geom_conaffinity.any()
