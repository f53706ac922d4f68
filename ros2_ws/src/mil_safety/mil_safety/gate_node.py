"""The safety gate as a process of its own: the only publisher of robot commands.

Topics in: policy/command, camera/camera_info, joint_states. Out: robot/command, safety/state. Services: ~/arm, ~/stop.
Thin on purpose: what may pass is decided in `gate.py`.
"""

import time
from collections.abc import Callable

from mil_interfaces.msg import SafetyState, VelocityCommand
from mil_nodes import qos
from mil_nodes.command import Command
from mil_nodes.conversions import command_from, command_message, milliseconds, stamp_to_ns
from mil_nodes.errors import NodeError
from mil_nodes.params import SafetyGateParams, declare
from mil_nodes.process import serve
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, JointState
from std_srvs.srv import Trigger

from mil_safety.gate import Gate, GateLimits, Status
from mil_safety.words import in_words

STATUS_PERIOD_S = 0.2
"""How often the state is told when it does not change."""

Answer = Callable[[Trigger.Request, Trigger.Response], Trigger.Response]


class SafetyGateNode(Node):
    """Feeds the gate with what arrives, and sends what the gate says."""

    def __init__(self) -> None:
        super().__init__("safety_gate")
        params = declare(self, SafetyGateParams)
        limits = {name: value for name, value in vars(params).items() if name != "rate_hz"}
        # Numbers grow across restarts of this process, so that the robot can tell old commands from new ones.
        self._gate = Gate(GateLimits(**limits), first_seq=time.monotonic_ns())
        self._told: tuple[Status, float] | None = None
        self._commands = self.create_publisher(VelocityCommand, "robot/command", qos.COMMAND)
        self._states = self.create_publisher(SafetyState, "safety/state", qos.LATEST)
        self.create_subscription(VelocityCommand, "policy/command", self._on_command, qos.COMMAND)
        self.create_subscription(CameraInfo, "camera/camera_info", self._on_camera, qos.IMAGE_IN)
        self.create_subscription(JointState, "joint_states", self._on_joints, qos.STATE)
        self.create_service(Trigger, "~/arm", self._answer(lambda: self._gate.arm(time.monotonic()), "armed"))
        self.create_service(Trigger, "~/stop", self._answer(self._gate.stop, "stopped"))
        self.create_timer(1.0 / params.rate_hz, self._on_tick, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_command(self, message: VelocityCommand) -> None:
        self._send(self._gate.take(command_from(message), time.monotonic()))

    def _on_camera(self, message: CameraInfo) -> None:
        self._send(self._gate.see_camera(stamp_to_ns(message.header.stamp), time.monotonic()))

    def _on_joints(self, message: JointState) -> None:
        self._gate.see_joints(list(message.position), stamp_to_ns(message.header.stamp), time.monotonic())

    def _on_tick(self) -> None:
        self._send(self._gate.tick(time.monotonic()))

    def _send(self, command: Command | None) -> None:
        if command is not None:
            self._commands.publish(command_message(command))
        self._tell()

    def _answer(self, action: Callable[[], str | None], done: str) -> Answer:
        """Args: action: what is asked for; it returns why it was not done, if so. done: what is said if it was."""

        def respond(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            refusal = action()
            if refusal:
                self.get_logger().warning(refusal)
            else:
                self.get_logger().info(f"The gate is {done}.")
            self._tell()
            response.success, response.message = not refusal, refusal or done
            return response

        return respond

    def _tell(self) -> None:
        """Publish the state when it changes, and now and then when it does not."""
        now_s = time.monotonic()
        status = self._gate.status(now_s)
        if self._told is not None:
            before, told_s = self._told
            same = (before.state, before.reasons) == (status.state, status.reasons)
            if same and now_s - told_s < STATUS_PERIOD_S:
                return
            if not same:
                self.get_logger().info(f"{status.state.name} {in_words(status.reasons)}")
        self._told = status, now_s
        self._states.publish(_message(status, self))


def _message(status: Status, node: Node) -> SafetyState:
    message = SafetyState(state=int(status.state), reasons=int(status.reasons), detail=in_words(status.reasons))
    message.header.stamp = node.get_clock().now().to_msg()
    message.camera_age_ms = milliseconds(status.camera_age_s)
    message.joint_age_ms = milliseconds(status.joint_age_s)
    message.command_age_ms = milliseconds(status.command_age_s)
    message.accepted, message.clamped, message.rejected = status.accepted, status.clamped, status.rejected
    return message


def main() -> None:
    """Run the gate until it is told to stop."""
    serve(SafetyGateNode, expected=(NodeError, ValueError))
