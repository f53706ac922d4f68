"""Laws of the safety gate: nothing leaves that is not finite, within the limits and backed by fresh news."""

import math

import pytest
from gate_making import LIMITS, MS, command, hold, is_still, ready_gate, see_joints
from hypothesis import given
from hypothesis import strategies as st
from mil_interfaces.msg import SafetyState
from mil_safety.gate import Gate, GateLimits, Reason, State
from mil_safety.words import WORDS, in_words


def test_states_and_reasons_are_those_of_the_message() -> None:
    assert {state.name: state.value for state in State} == {
        name: getattr(SafetyState, name) for name in ("UNARMED", "ACTIVE", "LIMITING", "HOLDING", "FAULT", "ESTOP")
    }
    for reason in Reason:
        assert getattr(SafetyState, str(reason.name)) == reason.value
    assert set(WORDS) == set(Reason)


def test_nothing_moves_before_the_gate_is_armed() -> None:
    gate = Gate(LIMITS)
    gate.see_camera(100 * MS, 0.0)
    see_joints(gate, 0.0)
    assert gate.take(command(1), 0.0) is None
    assert is_still(gate.tick(0.0))
    assert gate.status(0.0).state is State.UNARMED


def test_a_good_command_passes_at_once_and_keeps_its_stamp() -> None:
    gate = ready_gate()
    sent = gate.take(command(1), 0.0)
    assert sent is not None
    assert sent.linear_m_s == (0.1, 0.0, -0.1)
    assert (sent.observation_ns, sent.gripper) == (100 * MS, 1.0)
    assert gate.status(0.0).state is State.ACTIVE


@pytest.mark.parametrize(
    ("silent", "reason"),
    [("camera", Reason.STALE_CAMERA), ("joints", Reason.STALE_JOINTS), ("command", Reason.STALE_COMMAND)],
)
def test_each_silence_stops_the_robot_and_is_named(silent: str, reason: Reason) -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    now_s, seq, stamp_ns = 0.0, 1, 100 * MS
    moving = 0
    while not is_still(gate.tick(now_s)):
        moving += 1
        now_s += 0.02
        seq, stamp_ns = seq + 1, stamp_ns + 20 * MS
        if silent != "camera":
            gate.see_camera(stamp_ns, now_s)
        if silent != "joints":
            see_joints(gate, now_s)
        if silent != "command":
            gate.take(command(seq, observation_ns=100 * MS if silent == "camera" else stamp_ns), now_s)
        assert moving < 100
    timeouts = {
        "camera": LIMITS.camera_timeout_s,
        "joints": LIMITS.joint_timeout_s,
        "command": LIMITS.command_timeout_s,
    }
    assert timeouts[silent] < now_s <= timeouts[silent] + 0.021
    status = gate.status(now_s)
    assert status.state is State.HOLDING
    assert reason in status.reasons
    assert in_words(status.reasons)


def test_the_robot_goes_on_when_the_command_is_fresh_again() -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    assert is_still(gate.tick(0.2))
    assert gate.take(command(2), 0.2) is not None
    assert not is_still(gate.tick(0.2))


def test_a_long_silence_of_the_camera_needs_somebody_to_arm_again() -> None:
    gate = ready_gate()
    gate.tick(LIMITS.camera_fault_s + 0.01)
    gate.see_camera(101 * MS, 2.0)
    see_joints(gate, 2.0)
    assert gate.take(command(1, 101 * MS), 2.0) is None
    assert gate.status(2.0).state is State.FAULT
    gate.take(hold(2), 2.0)
    assert gate.arm(2.0) == ""
    assert gate.take(command(3, 101 * MS), 2.0) is not None


@pytest.mark.parametrize(
    "bad",
    [
        {"linear_m_s": (math.nan, 0.0, 0.0)},
        {"angular_rad_s": (0.0, math.inf, 0.0)},
        {"gripper": -math.inf},
        {"frame_id": "camera"},
        {"source": "somebody"},
        {"seq": 1},
        {"seq": 0},
        {"observation_ns": 1_200 * MS},
        {"observation_ns": -300 * MS},
    ],
)
def test_a_bad_command_is_refused_as_a_whole(bad: dict[str, object]) -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    before = gate.tick(0.01)
    assert gate.take(command(**{"seq": 2, "linear_m_s": (0.2, 0.2, 0.0), **bad}), 0.01) is None  # pyright: ignore
    after = gate.tick(0.01)
    assert after.linear_m_s == before.linear_m_s
    status = gate.status(0.01)
    assert (status.accepted, status.rejected) == (1, 1)
    assert status.reasons


def test_a_clock_that_runs_backwards_disarms() -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    gate.see_camera(50 * MS, 0.01)
    status = gate.status(0.01)
    assert (status.state, status.reasons & Reason.CLOCK_JUMP) == (State.UNARMED, Reason.CLOCK_JUMP)
    assert is_still(gate.tick(0.01))


def test_a_clock_that_jumps_forward_drops_the_command() -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    gate.see_camera(5_000 * MS, 0.01)
    assert is_still(gate.tick(0.01))
    assert Reason.CLOCK_JUMP in gate.status(0.01).reasons
    assert gate.take(command(2, 5_000 * MS), 0.01) is not None


@pytest.mark.parametrize("positions", [[], [math.nan], [0.0, math.inf]])
def test_joints_that_are_no_numbers_are_a_fault_that_stays(positions: list[float]) -> None:
    gate = ready_gate()
    gate.see_joints(positions, 0, 0.0)
    see_joints(gate, 0.0)
    assert gate.take(command(1), 0.0) is None
    assert gate.status(0.0).state is State.FAULT


def test_a_stop_is_stronger_than_every_fault_and_ends_with_arming() -> None:
    gate = ready_gate()
    gate.stop()
    gate.see_joints([math.nan], 0, 0.0)
    assert gate.status(0.0).state is State.ESTOP
    assert gate.arm(0.0) == ""
    assert gate.status(0.0).state is State.HOLDING


@pytest.mark.parametrize("now_s", [-0.01, -1e9, math.nan])
def test_a_steady_clock_that_is_not_steady_stops_the_robot(now_s: float) -> None:
    gate = ready_gate()
    gate.take(command(1), 0.0)
    assert is_still(gate.tick(now_s))


def test_a_hold_stops_at_once_and_keeps_the_gripper() -> None:
    gate = ready_gate()
    gate.take(command(1, gripper=0.0), 0.0)
    stopped = gate.take(hold(2), 0.01)
    assert stopped is not None
    assert is_still(stopped)
    assert stopped.gripper == 0.0


@pytest.mark.parametrize("name", ["linear_m_s", "camera_timeout_s", "command_timeout_s"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_limits_that_limit_nothing_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        GateLimits(**{name: value})  # pyright: ignore[reportArgumentType]


speeds = st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 3)


@given(linear=speeds, angular=speeds, gripper=st.floats())
def test_every_command_that_passes_keeps_its_direction_and_the_limits(
    linear: tuple[float, float, float], angular: tuple[float, float, float], gripper: float
) -> None:
    gate = ready_gate()
    sent = gate.take(command(1, linear_m_s=linear, angular_rad_s=angular, gripper=gripper), 0.0)
    wanted = (*linear, *angular, gripper)
    assert (sent is None) == (not all(map(math.isfinite, wanted)))
    if sent is None:
        return
    assert math.hypot(*sent.linear_m_s) <= LIMITS.linear_m_s * (1 + 1e-9)
    assert math.hypot(*sent.angular_rad_s) <= LIMITS.angular_rad_s * (1 + 1e-9)
    assert 0.0 <= sent.gripper <= 1.0
    for got, asked in zip((*sent.linear_m_s, *sent.angular_rad_s), (*linear, *angular), strict=True):
        assert abs(got) <= abs(asked)
        assert got * asked >= 0.0
    if math.hypot(*linear) <= LIMITS.linear_m_s and math.hypot(*angular) <= LIMITS.angular_rad_s:
        assert (sent.linear_m_s, sent.angular_rad_s) == (linear, angular)


@given(first=st.integers(0, 2**63), second=st.integers(0, 2**63))
def test_only_growing_numbers_pass(first: int, second: int) -> None:
    gate = ready_gate()
    assert gate.take(command(first), 0.0) is not None
    assert (gate.take(command(second), 0.0) is not None) == (second > first)
