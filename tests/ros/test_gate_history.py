"""The laws of the safety gate over any history of news, commands, arming and stopping."""

import math

from gate_making import LIMITS, MS, command, hold, is_still
from hypothesis import given, settings
from hypothesis import strategies as st
from mil_nodes.command import Command
from mil_safety.gate import Gate

KINDS = ["camera", "joints", "frozen joints", "command", "command", "early", "hold", "arm", "stop", "tick", "clock"]
EARLY_NS = 20 * MS
events = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.floats(-0.1, 0.5),
        st.one_of(st.floats(-1.0, 1.0), st.just(math.nan), st.just(1e308)),
    ),
    max_size=60,
)


class History:
    """A gate, and when what happened to it."""

    def __init__(self) -> None:
        self.gate = Gate(LIMITS)
        self.now_s, self.stamp_ns, self.joints_ns, self.seq, self.is_armed = 0.0, 0, 0, 0, False
        self.times: dict[str, list[float]] = {}
        self.last_motion_s = -math.inf

    def is_recent(self, timeout_s: float, *kinds: str) -> bool:
        return any(0.0 <= self.now_s - then_s <= timeout_s for kind in kinds for then_s in self.times.get(kind, []))

    def happen(self, kind: str, step_s: float, value: float) -> Command | None:
        """What the gate sends because of it."""
        self.now_s += step_s
        if kind == "camera":
            before_ns, self.stamp_ns = self.stamp_ns, self.stamp_ns + round(abs(step_s) * 100) * MS
            if self.stamp_ns == before_ns:
                kind = "frozen camera"
        self.times.setdefault(kind, []).append(self.now_s)
        return getattr(self, "on_" + kind.replace(" ", "_"), lambda _: None)(value)

    def on_camera(self, _: float) -> Command | None:
        return self.gate.see_camera(self.stamp_ns, self.now_s)

    def on_clock(self, _: float) -> None:
        self.stamp_ns -= 10 * MS
        self.gate.see_camera(self.stamp_ns, self.now_s)

    def on_joints(self, value: float) -> None:
        self.joints_ns += MS
        self.gate.see_joints([value], self.joints_ns, self.now_s)

    def on_frozen_joints(self, value: float) -> None:
        if self.joints_ns:
            self.gate.see_joints([value], self.joints_ns, self.now_s)

    def on_command(self, value: float, ahead_ns: int = 0) -> Command | None:
        self.seq += 1
        self.last_motion_s = self.now_s
        moving = command(self.seq, max(self.stamp_ns, 0) + 1 + ahead_ns, linear_m_s=(value, 0.0, value))
        return self.gate.take(moving, self.now_s)

    def on_early(self, value: float) -> Command | None:
        return self.on_command(value, EARLY_NS)

    def on_hold(self, _: float) -> Command | None:
        self.seq += 1
        self.last_motion_s = -math.inf
        return self.gate.take(hold(self.seq), self.now_s)

    def on_arm(self, _: float) -> None:
        is_done = self.gate.arm(self.now_s) == ""
        assert is_done == (self.now_s - self.last_motion_s > LIMITS.command_timeout_s)
        self.is_armed |= is_done

    def on_stop(self, _: float) -> None:
        self.gate.stop()
        self.is_armed = False


@settings(max_examples=300)
@given(events)
def test_no_history_makes_the_gate_move_without_a_reason_to(happened: list[tuple[str, float, float]]) -> None:
    history = History()
    for kind, step_s, value in happened:
        sent = history.happen(kind, step_s, value)
        for out in (sent, history.gate.tick(history.now_s)):
            if out is None or is_still(out):
                continue
            assert out.is_finite() and history.is_armed
            assert math.hypot(*out.linear_m_s) <= LIMITS.linear_m_s * (1 + 1e-9)
            assert history.is_recent(LIMITS.camera_timeout_s, "camera", "clock")
            assert history.is_recent(LIMITS.joint_timeout_s, "joints")
            assert history.is_recent(LIMITS.command_timeout_s, "command", "early")


def test_a_quiet_history_of_these_moves_the_robot() -> None:
    """The law above is about something: its histories reach motion."""
    history = History()
    for kind in ("arm", "camera", "joints", "early", "tick"):
        history.happen(kind, 0.01, 0.1)
    history.stamp_ns += 2 * EARLY_NS
    sent = history.happen("camera", 0.02, 0.0)
    assert sent is not None and not is_still(sent)
