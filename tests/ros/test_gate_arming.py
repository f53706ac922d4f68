"""Arming the safety gate is a beginning: no run goes on by it, and nothing from before counts."""

import pytest
from gate_making import LIMITS, MS, command, hold, is_still, ready_gate, see_joints
from mil_safety.gate import Gate, State

LAST_SEQ = 2**64 - 1
QUIET_S = LIMITS.command_timeout_s


def test_a_stopped_gate_is_not_armed_while_a_run_goes_on() -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    gate.stop()
    for step in range(1, 50):
        now_s = 0.01 * step
        gate.see_camera((100 + 10 * step) * MS, now_s)
        see_joints(gate, now_s)
        assert gate.take(command(1 + step, (100 + 10 * step) * MS), now_s) is None
        refusal = gate.arm(now_s)
        assert all(word in refusal for word in ("expected no motion command", "policy_runner", "cancel", "arm again"))
        assert gate.status(now_s).state is State.ESTOP
        assert is_still(gate.tick(now_s))


@pytest.mark.parametrize("age_s", [0.0, QUIET_S - 0.01, QUIET_S + 0.01])
def test_the_gate_is_armed_once_motion_commands_have_been_silent_for_their_timeout(age_s: float) -> None:
    gate = ready_gate()
    gate.stop()
    gate.take(command(1), 0.0)
    assert (gate.arm(age_s) == "") == (age_s > QUIET_S)


def test_a_run_that_ended_with_a_hold_is_no_obstacle() -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    gate.stop()
    gate.take(hold(2), 0.01)
    assert gate.arm(0.01) == ""


def test_somebody_else_can_neither_prevent_arming_nor_move() -> None:
    gate = Gate(LIMITS)
    gate.take(command(1, source="somebody"), 0.0)
    assert gate.arm(0.0) == ""
    assert gate.take(command(2, source="somebody"), 0.0) is None


def test_a_refused_arming_does_not_disturb_a_run() -> None:
    gate = ready_gate()
    gate.take(command(5), 0.0)
    assert gate.arm(0.01) != ""
    assert not is_still(gate.tick(0.01))
    assert gate.take(command(5), 0.01) is None
    assert gate.take(command(6), 0.01) is not None


def test_what_was_sent_before_arming_is_forgotten() -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    gate.take(hold(2), 0.0)
    gate.take(command(3, 200 * MS), 0.01)
    assert gate.arm(0.01 + 2 * QUIET_S) == ""
    see_joints(gate, 0.32)
    assert gate.see_camera(200 * MS, 0.32) is None
    assert is_still(gate.tick(0.32))


def test_arming_begins_the_numbers_anew() -> None:
    gate = ready_gate()
    assert gate.take(command(LAST_SEQ), 0.0) is not None
    assert gate.take(command(1), 0.01) is None
    gate.see_camera(300 * MS, 0.2)
    see_joints(gate, 0.2)
    assert gate.arm(0.2) == ""
    assert gate.take(command(1, 300 * MS), 0.2) is not None


def test_what_the_gate_sends_is_numbered_from_where_it_was_told_to() -> None:
    gate = Gate(LIMITS, first_seq=1_000)
    seqs = [gate.tick(0.02 * step).seq for step in range(5)]
    gate.arm(0.1)
    seqs.append(gate.tick(0.1).seq)
    assert seqs[0] > 1_000 and seqs == sorted(set(seqs))
