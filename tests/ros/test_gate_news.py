"""What the safety gate counts as fresh: news by its stamp, and commands from when they came."""

import pytest
from gate_making import LIMITS, MS, command, is_still, ready_gate, see_joints
from mil_safety.gate import Reason, State


def test_a_picture_with_a_frozen_stamp_is_no_news() -> None:
    gate = ready_gate()
    for step in range(1, 40):
        gate.see_camera(100 * MS, 0.01 * step)
        see_joints(gate, 0.01 * step)
        gate.take(command(step), 0.01 * step)
    assert Reason.STALE_CAMERA in gate.status(0.39).reasons


@pytest.mark.parametrize("stamps_ms", [(0,), (0, -3), (-500, 0)])
def test_joints_with_frozen_stamps_are_no_news(stamps_ms: tuple[int, ...]) -> None:
    gate = ready_gate()
    moved_at_s = []
    for step in range(1, 2000):
        now_s = 0.01 * step
        gate.see_camera((100 + 10 * step) * MS, now_s)
        for stamp_ms in stamps_ms:
            gate.see_joints([0.0], stamp_ms * MS, now_s)
        sent = gate.take(command(step, (100 + 10 * step) * MS), now_s)
        if sent is not None and not is_still(sent):
            moved_at_s.append(now_s)
    assert 0 < max(moved_at_s) <= LIMITS.joint_timeout_s
    status = gate.status(19.99)
    assert (status.state, Reason.STALE_JOINTS in status.reasons) == (State.HOLDING, True)


def test_two_drivers_may_mix_their_stamps_of_the_joints() -> None:
    gate = ready_gate()
    for step in range(1, 100):
        now_s = 0.01 * step
        gate.see_camera((100 + 10 * step) * MS, now_s)
        for late_ms in (0, 5):
            gate.see_joints([0.0], (10 * step - late_ms) * MS, now_s)
        sent = gate.take(command(step, (100 + 10 * step) * MS), now_s)
        assert sent is not None and not is_still(sent)


def test_joints_of_another_clock_disarm_and_count_from_then_on() -> None:
    gate = ready_gate()
    gate.see_joints([0.0], 5_000 * MS, 0.0)
    gate.see_joints([0.0], 100 * MS, 0.01)
    status = gate.status(0.01)
    assert (status.state, status.reasons & Reason.CLOCK_JUMP) == (State.UNARMED, Reason.CLOCK_JUMP)
    assert gate.arm(0.01) == ""
    gate.see_joints([0.0], 110 * MS, 0.02)
    assert gate.take(command(1), 0.02) is not None
    assert gate.status(0.02).state is State.ACTIVE


def test_a_command_may_overtake_the_news_of_its_picture() -> None:
    gate = ready_gate()
    assert gate.take(command(1, 200 * MS), 0.01) is None
    assert is_still(gate.tick(0.01))
    sent = gate.see_camera(200 * MS, 0.02)
    assert sent is not None
    assert sent.observation_ns == 200 * MS
    assert gate.status(0.02).rejected == 0


def test_a_command_that_came_too_long_before_its_picture_moves_nothing() -> None:
    gate = ready_gate()
    assert gate.take(command(1, 200 * MS), 0.01) is None
    see_joints(gate, 0.9)
    assert gate.see_camera(200 * MS, 0.9) is None
    assert is_still(gate.tick(0.9))
    status = gate.status(0.9)
    assert (status.accepted, status.rejected) == (0, 1)
    assert Reason.STALE_COMMAND in status.reasons


def test_a_command_that_came_before_its_picture_ages_from_when_it_came() -> None:
    gate = ready_gate()
    gate.take(command(1, 200 * MS), 0.01)
    picture_s = 0.01 + LIMITS.command_timeout_s - 0.05
    assert gate.see_camera(200 * MS, picture_s) is not None
    assert not is_still(gate.tick(picture_s + 0.04))
    assert is_still(gate.tick(picture_s + 0.06))
