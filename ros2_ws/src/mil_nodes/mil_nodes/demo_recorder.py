"""Records demonstrations into the library, one goal at a time.

Topics in: the cameras, robot/state, robot/command, joint_states. Out: ~/notice, when recording begins and how it ends.
Action: ~/record_demo. Services: ~/start, the action's twin; ~/stop ends and keeps, ~/discard ends and deletes,
~/mark_success and ~/mark_failure label. The ROS thread only moves messages; waiting and sealing happen on a worker.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mil_interfaces.action import RecordDemo
from mil_interfaces.msg import RobotState, VelocityCommand
from mil_interfaces.srv import GetOutcome, StartRecording
from rclpy.action.server import ActionServer, CancelResponse, GoalResponse, ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger

from data_tools.demo import Outcome
from data_tools.errors import DataError
from data_tools.hdf5_writer import TASK_ID
from data_tools.journal import StreamSpec
from data_tools.provenance import Provenance
from data_tools.recorder import RecorderLimits, Take
from data_tools.recorder_takes import Takes
from data_tools.recorder_watch import EndReason, WatchLimits
from mil_nodes import qos
from mil_nodes.conversions import command_from, picture_from, stamp_to_ns
from mil_nodes.demo_messages import GOOD, RESULT, feedback_of, result_of
from mil_nodes.demo_recording import GripperJoint, Recording
from mil_nodes.errors import MessageError, NodeError
from mil_nodes.params import DemoRecorderParams, declare
from mil_nodes.process import serve
from mil_nodes.worker import answering

POLL_S = 0.05
FEEDBACK_S = 0.2
OUTCOME_S = 2.0
JOIN_S = 30.0
Feedback = Callable[[RecordDemo.Feedback], None]


@dataclass(frozen=True)
class _Wanted:
    """What a goal or its service twin asked for."""

    task_id: str
    max_duration_s: float


class DemoRecorder(Node):
    """An action server around a folder of takes."""

    def __init__(self) -> None:
        super().__init__("demo_recorder")
        self.params = declare(self, DemoRecorderParams)
        self._takes = Takes(
            Path(self.params.library),
            Provenance(consent=self.params.consent, created_by="demo_recorder"),
            recover_by="start the recorder again",
        )
        self._recording: Recording | None = None
        self._is_busy = False
        self._stop, self._discard = threading.Event(), threading.Event()
        self._label: Outcome | None = None
        self._worker: threading.Thread | None = None
        self._make_interface()
        for episode in self._takes.recovered:
            self.get_logger().warning(f"Recovered {episode.path}: {episode.num_steps} steps, {episode.end['message']}.")

    def _make_interface(self) -> None:
        self._notices = self.create_publisher(String, "~/notice", qos.LATEST)
        for camera, topic in self.params.cameras.items():
            quality = qos.RECORD if self.params.reliable_cameras else qos.RECORD_BEST_EFFORT
            self.create_subscription(Image, topic, self._on_picture(camera), quality)
        self.create_subscription(RobotState, "robot/state", self._on_state, qos.RECORD)
        self.create_subscription(JointState, "joint_states", self._on_joints, qos.RECORD)
        self.create_subscription(VelocityCommand, "robot/command", self._on_command, qos.RECORD)
        self.create_service(StartRecording, "~/start", self._on_start)
        for name, action in {
            "stop": self._stop.set,
            "discard": self._discard.set,
            "mark_success": lambda: self._mark("success"),
            "mark_failure": lambda: self._mark("failure"),
        }.items():
            self.create_service(Trigger, f"~/{name}", self._answer(action))
        self._outcomes = self.create_client(GetOutcome, self.params.outcome_service or "~/no_outcome")
        self._server = ActionServer(
            self,
            RecordDemo,
            "~/record_demo",
            execute_callback=self._execute,
            goal_callback=lambda _: GoalResponse.ACCEPT if self._reserve() else GoalResponse.REJECT,
            cancel_callback=self._on_cancel,
        )

    def _on_picture(self, camera: str) -> Callable[[Image], None]:
        def take(message: Image) -> None:
            recording = self._recording  # the worker may let go of it at any moment
            if recording is not None:
                try:
                    recording.on_picture(camera, stamp_to_ns(message.header.stamp), picture_from(message))
                except MessageError as error:
                    recording.failure = str(error)

        return take

    def _on_state(self, message: RobotState) -> None:
        recording = self._recording
        if recording is not None:
            stamp_ns, state = stamp_to_ns(message.header.stamp), np.array(message.state, np.float32)
            recording.on_state(message.robot, message.episode_id, stamp_ns, state)

    def _on_joints(self, message: JointState) -> None:
        recording = self._recording
        if recording is not None:
            recording.on_joints(dict(zip(message.name, message.position, strict=False)))

    def _on_command(self, message: VelocityCommand) -> None:
        recording = self._recording
        if recording is not None:
            recording.on_command(command_from(message))

    def _on_cancel(self, _: ServerGoalHandle) -> CancelResponse:
        self._stop.set()
        return CancelResponse.ACCEPT

    def _mark(self, label: Outcome) -> None:
        self._label = label

    def _answer(self, action: Callable[[], None]) -> Callable[[Trigger.Request, Trigger.Response], Trigger.Response]:
        def respond(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            response.success = self._is_busy
            response.message = "done" if self._is_busy else "expected a recording, found none; call ~/start first"
            if self._is_busy:
                action()
            return response

        return respond

    def _reserve(self) -> bool:
        """Become busy; False when a recording is going on already."""
        if self._is_busy:
            text = "Goal record_demo: expected no other recording, found one; cancel it or wait."
            self.get_logger().warning(text)
            self._notices.publish(String(data=text))
            return False
        self._is_busy, self._label = True, None
        self._stop.clear()
        self._discard.clear()
        return True

    def _on_start(self, request: StartRecording.Request, response: StartRecording.Response) -> StartRecording.Response:
        response.success = self._reserve()
        response.message = "recording" if response.success else "another recording is going on"
        if response.success:
            wanted = _Wanted(request.task_id, request.max_duration_s)
            self._start(lambda: self._record(wanted, lambda _: None))
        return response

    async def _execute(self, goal: ServerGoalHandle) -> RecordDemo.Result:
        wanted = _Wanted(goal.request.task_id, goal.request.max_duration_s)
        result: RecordDemo.Result = await self._start(lambda: self._record(wanted, goal.publish_feedback))
        if goal.is_cancel_requested:
            goal.canceled()
        elif result.termination_reason in GOOD:
            goal.succeed()
        else:
            goal.abort()
        return result

    def _start(self, work: Callable[[], RecordDemo.Result]) -> Future:
        """Run `work` on its own thread while the ROS thread goes on. Returns: what its result comes by."""

        def ended() -> RecordDemo.Result:
            try:
                result = work()
            except Exception as error:  # whatever it was, who waits for the end is told, and the next one may begin
                words = str(error) if isinstance(error, DataError) else f"{type(error).__name__}: {error}"
                result = RESULT(termination_reason=RESULT.FAILED, message=words)
            finally:
                self._recording, self._is_busy = None, False
            self._notices.publish(String(data=f"{result.demo_id or 'nothing kept'}: {result.message}"))
            return result

        run, future = answering(self, ended)
        self._worker = threading.Thread(target=run, name="recording", daemon=True)
        self._worker.start()
        return future

    def _record(self, wanted: _Wanted, tell: Feedback) -> RecordDemo.Result:
        """On the worker thread: from the first message to the sealed file."""
        if not TASK_ID.fullmatch(wanted.task_id):
            message = f"Task id: expected {TASK_ID.pattern}, found {wanted.task_id[:80]!r}; choose another."
            return RESULT(termination_reason=RESULT.BAD_ID, message=message)
        if not 0 <= wanted.max_duration_s < math.inf:
            message = (
                f"max_duration_s: expected seconds from 0, found {wanted.max_duration_s}; leave it out for the usual."
            )
            return RESULT(termination_reason=RESULT.FAILED, message=message)
        params = self.params
        joint = GripperJoint(params.gripper_joint, params.gripper_open_rad) if params.source == "kinesthetic" else None
        recording = Recording(tuple(params.cameras), joint, self._begin(wanted.task_id))
        self._recording = recording
        take = self._wait_for_take(recording)
        if not isinstance(take, Take):
            return take
        self._notices.publish(String(data=f"recording {wanted.task_id}"))
        reason, message = self._wait_for_end(recording, take, wanted.max_duration_s or params.max_duration_s, tell)
        if self._discard.is_set():
            self._takes.discard(take)
            return RESULT(termination_reason=RESULT.DISCARDED, message="discarded")
        self._recording = None
        recording.finish()
        episode = self._takes.keep(take, *self._outcome(recording, take), reason, message)
        return result_of(episode, take, has_failed=bool(recording.failure))

    def _wait_for_take(self, recording: Recording) -> Take | RecordDemo.Result:
        """The take, or the result when it cannot begin or somebody ends the recording before."""
        deadline_s = time.monotonic() + self.params.start_timeout_s
        while not self._discard.is_set():
            if recording.failure:
                return RESULT(termination_reason=RESULT.FAILED, message=recording.failure)
            if (take := recording.begin()) is not None:
                return take
            if self._stop.is_set() or time.monotonic() > deadline_s:
                when = (
                    "before somebody ended it" if self._stop.is_set() else f"within {self.params.start_timeout_s:g} s"
                )
                message = f"expected every stream {when}, found none of {recording.missing}; see who publishes them"
                return RESULT(termination_reason=RESULT.NO_STREAM, message=message)
            time.sleep(POLL_S)
        return RESULT(termination_reason=RESULT.DISCARDED, message="discarded")

    def _begin(self, task_id: str) -> Callable[[list[StreamSpec], str], Take]:
        def begin(streams: list[StreamSpec], robot: str) -> Take:
            info = {"task_id": task_id, "robot": robot, "clock": self.params.clock, "device": self.params.source}
            # Commands may pause: a robot that nobody commands stands still, and the pictures go on.
            watch = WatchLimits(self.params.silence_s, may_pause=("action",))
            return self._takes.begin(info, streams, RecorderLimits(watch=watch))

        return begin

    def _wait_for_end(
        self, recording: Recording, take: Take, max_duration_s: float, tell: Feedback
    ) -> tuple[EndReason, str]:
        started_s = told_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            if take.fault(now_s) is not None or recording.failure:
                return EndReason.OPERATOR, recording.failure
            if recording.was_reset:
                return EndReason.COMPLETE, "the robot began another episode"
            if self._stop.is_set() or self._discard.is_set():
                return EndReason.OPERATOR, ""
            if now_s - started_s > max_duration_s:
                return EndReason.TIME_UP, ""
            if now_s - told_s > FEEDBACK_S:
                told_s = now_s
                tell(feedback_of(take, now_s - started_s))
            time.sleep(POLL_S)

    def _outcome(self, recording: Recording, take: Take) -> tuple[Outcome, str]:
        """The operator's label, else what the simulation says of the episode that was recorded, else unknown."""
        if self._label is not None:
            return self._label, "operator"
        is_whole = take.fault() is None and not recording.failure and not recording.was_reset
        if not is_whole or not self.params.outcome_service or not self._outcomes.service_is_ready():
            return "unknown", "nobody"
        call = self._outcomes.call_async(GetOutcome.Request())
        deadline_s = time.monotonic() + OUTCOME_S
        while not call.done() and time.monotonic() < deadline_s:
            time.sleep(POLL_S)
        answer = call.result() if call.done() else None
        # A reset may have come meanwhile: then the answer is about another episode.
        if answer is None or not answer.success or answer.episode_id != recording.episode_id:
            return "unknown", "nobody"
        return ("success" if answer.success_at_end else "failure"), "task"

    def destroy_node(self) -> None:
        """Keep what is being recorded before the process ends."""
        self._stop.set()
        if self._worker is not None:
            self._worker.join(JOIN_S)
        self._server.destroy()
        self._takes.__exit__()
        super().destroy_node()


def main() -> None:
    """Record demonstrations until told to stop."""
    serve(DemoRecorder, expected=(NodeError, DataError))
