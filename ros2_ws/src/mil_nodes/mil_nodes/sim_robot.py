"""The simulated robot behind ROS: pictures, state and joints out, velocity commands in.

Topics out: camera/image, camera/camera_info, robot/state, joint_states, /clock, and spectator/image while somebody
watches. In: robot/command. Services: ~/reset_scene, ~/go_home, ~/get_outcome.
In mode "realtime" one control step is taken per period of the steady clock, with the command that answers the last
picture or, when that is late, the one before, or none when that is too old. In mode "fast" one step is taken per
command that answers the last picture, and nothing else moves the world. Everything happens on the one ROS thread,
which also owns the OpenGL context.
"""

import time

from mil_interfaces.msg import RobotState, VelocityCommand
from mil_interfaces.srv import GetOutcome, GoHome, ResetScene
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import CameraInfo, Image, JointState

from data_tools.demo import Observation
from mil_nodes import qos
from mil_nodes.command import hold
from mil_nodes.conversions import (
    NS_PER_S,
    action_from,
    camera_info_message,
    command_from,
    image_message,
    joint_message,
    stamp_from_ns,
    state_message,
)
from mil_nodes.errors import NodeError
from mil_nodes.params import SimRobotParams, declare
from mil_nodes.process import serve
from mil_nodes.scene import SCENE_ERRORS, Scene, SceneRequest, scene_request

REPEAT_NS = 1_000_000
"""An observation that is sent again gets a stamp this much later, because it is one of its own."""
ANSWER_SHARE = 0.5
"""Share of a control period that a command has to answer the picture of that period."""


class SimRobot(Node):
    """A scene that talks ROS."""

    def __init__(self, scene: Scene | None = None) -> None:
        super().__init__("sim_robot")
        self.params = declare(self, SimRobotParams)
        self._scene = scene or Scene(self.params.robot)
        self._episode_id = 0
        self._now_ns = 0
        self._command = hold(0, "sim_robot", 1.0)
        self._command_seen_s = float("-inf")
        self._make_interface()
        self._begin(_first_scene(self.params))
        self._start_timers()

    def _make_interface(self) -> None:
        self._images = self.create_publisher(Image, "camera/image", qos.IMAGE_OUT)
        self._camera_infos = self.create_publisher(CameraInfo, "camera/camera_info", qos.IMAGE_OUT)
        self._spectators = self.create_publisher(Image, "spectator/image", qos.IMAGE_OUT)
        self._states = self.create_publisher(RobotState, "robot/state", qos.STATE)
        self._joints = self.create_publisher(JointState, "joint_states", qos.STATE)
        self._clocks = self.create_publisher(ClockMessage, "/clock", qos.STATE)
        self.create_subscription(VelocityCommand, "robot/command", self._on_command, qos.COMMAND)
        self.create_service(ResetScene, "~/reset_scene", self._on_reset)
        self.create_service(GoHome, "~/go_home", self._on_go_home)
        self.create_service(GetOutcome, "~/get_outcome", self._on_outcome)

    def _start_timers(self) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        if self.params.mode == "fast":
            self._repeat_timer = self.create_timer(self.params.repeat_s, self._repeat, clock=steady)
            return
        period_s = 1.0 / self._scene.env.task.control_rate_hz
        self._late_timer = self.create_timer(ANSWER_SHARE * period_s, self._on_late, clock=steady)
        self._late_timer.cancel()
        self.create_timer(period_s, self._on_period, clock=steady)

    def _on_period(self) -> None:
        """Realtime: a control period begins with a picture of the world as it is."""
        if not self._is_answered:
            self._advance()
        self._is_answered = False
        self._publish(self._observation)
        self._late_timer.reset()

    def _on_late(self) -> None:
        """Realtime: no command answered the picture in time."""
        self._late_timer.cancel()
        if not self._is_answered:
            self._advance()

    def _on_command(self, message: VelocityCommand) -> None:
        command = command_from(message)
        if command.is_hold():
            # Stand still; the gripper keeps doing what it does.
            command = hold(command.seq, command.source, self._command.gripper)
        elif command.episode_id != self._episode_id:
            return
        self._command, self._command_seen_s = command, time.monotonic()
        if self._moment_ns <= command.observation_ns <= self._now_ns and not self._is_answered:
            self._advance()
            if self.params.mode == "fast":
                self._publish_next()

    def _advance(self) -> None:
        """One control step with the command at hand."""
        self._is_answered = True
        is_fresh = time.monotonic() - self._command_seen_s <= self.params.watchdog_s
        command = self._command if is_fresh else hold(0, "sim_robot", self._command.gripper)
        try:
            self._take_over(self._scene.step(action_from(command)))
        except SCENE_ERRORS as error:
            # A world that came apart stands still until somebody asks for another.
            self.get_logger().error(str(error))

    def _publish_next(self) -> None:
        self._is_answered = False
        self._publish(self._observation)
        self._repeat_timer.reset()

    def _repeat(self) -> None:
        """Fast: nobody answered; say it again under a stamp of its own, of the same moment."""
        self._now_ns += REPEAT_NS
        self._offset_ns += REPEAT_NS
        self._publish_next()

    def _begin(self, request: SceneRequest) -> None:
        """Start an episode without turning the clock back. Raises: SimError."""
        observation = self._scene.reset(request)
        self._offset_ns = self._now_ns + round(NS_PER_S / self._scene.env.task.control_rate_hz)
        self._await_command(observation)

    def _await_command(self, observation: Observation) -> None:
        """Stand where the robot begins; commands that answer what was before count no more."""
        self._episode_id += 1
        self._command = hold(0, "sim_robot", 1.0)
        self._take_over(observation)
        self._is_answered = True

    def _take_over(self, observation: Observation) -> None:
        self._observation = observation
        self._now_ns = self._moment_ns = self._offset_ns + round(observation.time_s * NS_PER_S)

    def _publish(self, observation: Observation) -> None:
        """Everything about one moment, under one stamp; the picture last, because it is what others wait for."""
        height, width = observation.image.shape[:2]
        self._clocks.publish(ClockMessage(clock=stamp_from_ns(self._now_ns)))
        self._joints.publish(joint_message(*self._scene.joints(), self._now_ns))
        state = state_message(
            self._scene.robot, observation.state, self._now_ns, self._episode_id, moment_ns=self._moment_ns
        )
        self._states.publish(state)
        self._camera_infos.publish(camera_info_message(height, width, self._now_ns))
        self._images.publish(image_message(observation.image, self._now_ns))
        if self._spectators.get_subscription_count():
            self._spectators.publish(image_message(self._scene.spectator_picture(), self._now_ns))

    def _on_reset(self, request: ResetScene.Request, response: ResetScene.Response) -> ResetScene.Response:
        try:
            self._begin(scene_request(request.task, request.split, request.seed, request.index, request.layout))
        except SCENE_ERRORS as error:
            response.success, response.message = False, str(error)
            return response
        task = self._scene.env.task
        response.success, response.task_id, response.episode_id = True, task.task_id, self._episode_id
        response.horizon_steps, response.num_candidates = task.horizon_steps, task.num_candidates
        if self.params.mode == "fast":
            self._publish_next()
        return response

    def _on_go_home(self, _: GoHome.Request, response: GoHome.Response) -> GoHome.Response:
        try:
            self._await_command(self._scene.go_home())
        except SCENE_ERRORS as error:
            response.success, response.message = False, str(error)
            return response
        if self.params.mode == "fast":
            self._publish_next()
        response.success, response.since = True, stamp_from_ns(self._now_ns)
        return response

    def _on_outcome(self, _: GetOutcome.Request, response: GetOutcome.Response) -> GetOutcome.Response:
        try:
            outcome = self._scene.outcome()
        except SCENE_ERRORS as error:
            response.success, response.message = False, str(error)
            return response
        response.success, response.episode_id = True, self._episode_id
        response.task_id, response.steps, response.chosen = outcome.task_id, outcome.steps, outcome.chosen
        response.success_once, response.success_at_end = outcome.success_once, outcome.success_at_end
        return response

    def destroy_node(self) -> None:
        """Free the graphics resources while the thread that owns them still lives."""
        self._scene.close()
        super().destroy_node()


def _first_scene(params: SimRobotParams) -> SceneRequest:
    return scene_request(params.task, params.split, params.seed, params.index, params.layout)


def main() -> None:
    """Run the simulated robot until it is told to stop."""
    serve(SimRobot, expected=(*SCENE_ERRORS, NodeError))
