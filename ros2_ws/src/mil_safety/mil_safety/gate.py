"""The safety gate as a pure state machine: what may reach the robot, when, and why not.

Every method takes the time of a steady clock, so the gate can be tested without waiting. Stamps of observations are
only compared with each other. The safe action is zero velocity: under velocity control, repeating the last command
would keep moving. It refuses to know ROS, policies, tasks and pictures.
"""

import math
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag

from mil_nodes.command import BASE_FRAME, Command, Vector, hold

NS_PER_S = 1_000_000_000
SOURCE = "safety_gate"
"""What the gate calls itself in the commands that it sends."""


class State(IntEnum):
    """What the gate does; the numbers are those of mil_interfaces/msg/SafetyState."""

    UNARMED = 0
    ACTIVE = 1
    LIMITING = 2
    HOLDING = 3
    FAULT = 4
    ESTOP = 5


class Reason(IntFlag):
    """Why the gate does not simply forward; the bits are those of mil_interfaces/msg/SafetyState."""

    NONE = 0
    STALE_CAMERA = 1
    STALE_JOINTS = 2
    STALE_COMMAND = 4
    NON_FINITE = 8
    LIMIT = 16
    CLOCK_JUMP = 32
    OPERATOR = 64
    SEQUENCE = 128
    BAD_FRAME = 256


@dataclass(frozen=True)
class GateLimits:
    """What the gate enforces."""

    linear_m_s: float = 0.25
    """Highest speed of the gripper."""
    angular_rad_s: float = 0.5
    """Highest angular speed of the gripper."""
    camera_timeout_s: float = 0.3
    """A picture older than this stops the robot: three periods at 10 Hz."""
    camera_fault_s: float = 1.0
    """A camera silent for this long is a fault that somebody has to look at."""
    joint_timeout_s: float = 0.3
    """Joint positions older than this stop the robot."""
    command_timeout_s: float = 0.15
    """A command older than this stops the robot."""
    clock_jump_s: float = 1.0
    """Observation stamps that step forward by more than this are a fault of the clock."""
    source: str = "policy_runner"
    """The only accepted source of commands."""

    def __post_init__(self) -> None:
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, float)}
        wrong = {name: value for name, value in numbers.items() if not (math.isfinite(value) and value > 0)}
        if wrong:
            raise ValueError(f"Gate limits: expected finite numbers above zero, found {wrong}; mend the parameters.")


@dataclass(frozen=True)
class Status:
    """What the gate tells about itself."""

    state: State
    reasons: Reason
    camera_age_s: float | None
    joint_age_s: float | None
    command_age_s: float | None
    accepted: int
    clamped: int
    rejected: int


class Gate:
    """Lets commands through while camera, joints and policy are alive, and commands zero otherwise.

    Starts unarmed. A fault or a stop stays until somebody arms the gate again.
    """

    def __init__(self, limits: GateLimits, first_seq: int = 0) -> None:
        """Args: first_seq: what it sends is numbered from here on; one that grows across restarts."""
        self.limits = limits
        self._latched = State.UNARMED
        self._latched_reason = Reason.NONE
        self._camera_ns: int | None = None
        self._camera_seen_s: float | None = None
        self._joints_ns: int | None = None
        self._joints_seen_s: float | None = None
        self._command: Command | None = None
        self._early: tuple[Command, float] | None = None
        self._command_seen_s: float | None = None
        self._streamed_s: float | None = None
        self._last_seq = -1
        self._gripper = 1.0
        self._passing = Reason.NONE
        self._sent = first_seq
        self._accepted = self._clamped = self._rejected = 0

    def arm(self, now_s: float) -> str:
        """Allow motion from the next command on; nothing that was sent before counts, nor does how it was numbered.

        Returns: why not, and nothing has changed: a run that outlived a stop would go on at full speed. Empty: armed.
        """
        age_s, quiet_s = _age(self._streamed_s, now_s), self.limits.command_timeout_s
        if age_s is not None and not age_s > quiet_s:
            return (
                f"Arming: expected no motion command for {quiet_s:g} s, found one of {self.limits.source} that is "
                f"{age_s:.3f} s old; end the run (for a policy: ros2 service call /{self.limits.source}/cancel "
                "std_srvs/srv/Trigger), then arm again."
            )
        self._latched, self._latched_reason, self._last_seq = State.ACTIVE, Reason.NONE, -1
        self._drop_command()
        return ""

    def stop(self) -> None:
        """Emergency stop; only `arm` ends it."""
        self._latch(State.ESTOP, Reason.OPERATOR)

    def see_camera(self, stamp_ns: int, now_s: float) -> Command | None:
        """A picture arrived. A stamp that was there before is no news; one from the past means another clock.

        Returns: what to send to the robot at once, when the command that answers this picture was here before it.
        """
        previous = self._camera_ns
        if stamp_ns == previous:
            return None
        self._camera_ns, self._camera_seen_s = stamp_ns, now_s
        if previous is not None:
            self._compare_stamps(stamp_ns, previous)
        early, self._early = self._early, None
        return None if early is None else self._judge(*early, now_s)

    def _compare_stamps(self, stamp_ns: int, previous: int) -> None:
        if stamp_ns < previous:
            # The source of the pictures was started again: whoever armed us had another situation before him.
            self._latch(State.UNARMED, Reason.CLOCK_JUMP)
        elif stamp_ns - previous > self.limits.clock_jump_s * NS_PER_S:
            self._drop_command()
            self._passing = Reason.CLOCK_JUMP

    def see_joints(self, positions: list[float], stamp_ns: int, now_s: float) -> None:
        """Joint positions arrived; a robot that does not know where it stands must not move.

        A stamp no newer than the last is no news; drivers that share a topic mix theirs. Far back is another clock.
        """
        if not positions or not all(math.isfinite(position) for position in positions):
            self._latch(State.FAULT, Reason.NON_FINITE)
            return
        behind_ns = -1 if self._joints_ns is None else self._joints_ns - stamp_ns
        if 0 <= behind_ns <= self.limits.clock_jump_s * NS_PER_S:
            return
        self._joints_ns, self._joints_seen_s = stamp_ns, now_s
        if behind_ns > 0:
            self._latch(State.UNARMED, Reason.CLOCK_JUMP)

    def take(self, command: Command, now_s: float) -> Command | None:
        """Judge a policy's command on arrival.

        Returns: what to send to the robot at once, or None when the command is refused.
        """
        self._watch_camera(now_s)
        if command.source == self.limits.source:
            # A hold is how a run ends; whatever else comes is a run that goes on, be it refused or not.
            self._streamed_s = None if command.is_hold() else now_s
        return self._judge(command, now_s, now_s)

    def _judge(self, command: Command, seen_s: float, now_s: float) -> Command | None:
        """As `take`, of a command that arrived at `seen_s`: from then on it ages."""
        is_old = _is_old(seen_s, now_s, self.limits.command_timeout_s)
        refusal = Reason.STALE_COMMAND if is_old else self._refusal(command, now_s)
        if refusal is None and self._is_early(command):
            self._early = command, seen_s
            return None
        if refusal is not None:
            self._rejected += 1
            self._passing = refusal
            return None
        self._last_seq = command.seq
        self._command, self._passing = self._within_limits(command)
        self._command_seen_s = seen_s
        self._accepted += 1
        self._clamped += bool(self._passing & Reason.LIMIT)
        if command.is_hold():
            self._command = replace(self._command, gripper=self._gripper)
        self._gripper = self._command.gripper
        return self.tick(now_s)

    def tick(self, now_s: float) -> Command:
        """What the robot shall do now: the last good command while everything is alive, else stand still."""
        self._watch_camera(now_s)
        self._sent += 1
        if self._command is not None and self._state(now_s) in (State.ACTIVE, State.LIMITING):
            return replace(self._command, seq=self._sent, source=SOURCE)
        return hold(self._sent, SOURCE, self._gripper)

    def status(self, now_s: float) -> Status:
        """What the gate does now, and why."""
        self._watch_camera(now_s)
        state = self._state(now_s)
        why_still = self._latched_reason | self._stale(now_s)
        reasons = self._passing | (Reason.NONE if state in (State.ACTIVE, State.LIMITING) else why_still)
        seen_s = self._camera_seen_s, self._joints_seen_s, self._command_seen_s
        camera_s, joints_s, command_s = (_age(one_s, now_s) for one_s in seen_s)
        return Status(state, reasons, camera_s, joints_s, command_s, self._accepted, self._clamped, self._rejected)

    def _state(self, now_s: float) -> State:
        if self._latched is not State.ACTIVE:
            return self._latched
        if self._stale(now_s):
            return State.HOLDING
        return State.LIMITING if self._passing & Reason.LIMIT else State.ACTIVE

    def _stale(self, now_s: float) -> Reason:
        limits = self.limits
        news = (
            (Reason.STALE_CAMERA, self._camera_seen_s, limits.camera_timeout_s),
            (Reason.STALE_JOINTS, self._joints_seen_s, limits.joint_timeout_s),
            (Reason.STALE_COMMAND, self._command_seen_s, limits.command_timeout_s),
        )
        return Reason(sum(reason for reason, seen_s, timeout_s in news if _is_old(seen_s, now_s, timeout_s)))

    def _refusal(self, command: Command, now_s: float) -> Reason | None:
        """Why a command is refused as a whole, or None; commands are never applied in part."""
        if not command.is_finite():
            return Reason.NON_FINITE
        if command.frame_id != BASE_FRAME:
            return Reason.BAD_FRAME
        if command.source != self.limits.source or command.seq <= self._last_seq:
            return Reason.SEQUENCE
        if self._latched is not State.ACTIVE:
            return self._latched_reason
        if command.is_hold():
            return None
        return self._stale(now_s) & ~Reason.STALE_COMMAND | self._unanswered(command) or None

    def _unanswered(self, command: Command) -> Reason:
        """Commands must answer a picture that the gate knows of and that is not old by the pictures' own clock."""
        behind_ns = (self._camera_ns or 0) - command.observation_ns
        if behind_ns < -self.limits.clock_jump_s * NS_PER_S:
            return Reason.CLOCK_JUMP
        return Reason.STALE_COMMAND if behind_ns > self.limits.camera_timeout_s * NS_PER_S else Reason.NONE

    def _is_early(self, command: Command) -> bool:
        """Whether the policy was quicker than the news of the picture that it answers: two processes, two ways."""
        return not command.is_hold() and command.observation_ns > (self._camera_ns or 0)

    def _within_limits(self, command: Command) -> tuple[Command, Reason]:
        """Scale the whole motion, so that its direction stays."""
        speed, turn = math.hypot(*command.linear_m_s), math.hypot(*command.angular_rad_s)
        linear, angular = self.limits.linear_m_s, self.limits.angular_rad_s
        factor = min(linear / max(linear, speed), angular / max(angular, turn))
        limited = replace(
            command,
            linear_m_s=_scaled(command.linear_m_s, factor),
            angular_rad_s=_scaled(command.angular_rad_s, factor),
            gripper=min(1.0, max(0.0, command.gripper)),
        )
        return limited, Reason.LIMIT if factor < 1.0 else Reason.NONE

    def _watch_camera(self, now_s: float) -> None:
        age_s = _age(self._camera_seen_s, now_s)
        if self._latched is State.ACTIVE and age_s is not None and age_s > self.limits.camera_fault_s:
            self._latch(State.FAULT, Reason.STALE_CAMERA)

    def _latch(self, state: State, reason: Reason) -> None:
        # A stop by the operator is the strongest state; nothing weaker replaces it.
        if self._latched is not State.ESTOP:
            self._latched, self._latched_reason = state, reason
        self._drop_command()

    def _drop_command(self) -> None:
        self._command = self._command_seen_s = self._early = None
        self._passing = Reason.NONE


def _age(seen_s: float | None, now_s: float) -> float | None:
    return None if seen_s is None else now_s - seen_s


def _is_old(seen_s: float | None, now_s: float, timeout_s: float) -> bool:
    # "not within" instead of "beyond", so that a clock that runs backwards or gives NaN counts as old too.
    return seen_s is None or not 0.0 <= now_s - seen_s <= timeout_s


def _scaled(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor
