"""Gates and commands for the tests of the safety gate."""

from dataclasses import replace

from mil_nodes.command import ZERO, Command
from mil_safety.gate import Gate, GateLimits

LIMITS = GateLimits(linear_m_s=0.25, angular_rad_s=0.5)
MS = 1_000_000
"""Nanoseconds."""


def command(seq: int, observation_ns: int = 100 * MS, **changes: object) -> Command:
    """A command of the policy that moves and turns."""
    plain = Command(seq, "policy_runner", (0.1, 0.0, -0.1), (0.0, 0.2, 0.0), 1.0, observation_ns)
    return replace(plain, **changes)  # pyright: ignore[reportArgumentType]


def hold(seq: int) -> Command:
    """A command of the policy to stand still."""
    return Command(seq, "policy_runner", ZERO, ZERO, 1.0)


def ready_gate(now_s: float = 0.0, limits: GateLimits = LIMITS) -> Gate:
    """Armed, with fresh camera and joints."""
    gate = Gate(limits)
    assert gate.arm(now_s) == ""
    gate.see_camera(100 * MS, now_s)
    see_joints(gate, now_s)
    return gate


def see_joints(gate: Gate, now_s: float) -> None:
    """Joint positions of this moment."""
    gate.see_joints([0.0], round(now_s * 1000) * MS, now_s)


def is_still(command: Command) -> bool:
    """Whether it commands no motion."""
    return command.linear_m_s == ZERO and command.angular_rad_s == ZERO
