"""Adapts policies to demonstrations and lets them drive the robot, one goal at a time.

Topics in: camera/image, robot/state, safety/state, goal_monitor/probability. Out: policy/command, and policy/notice for
refusals.
Actions: ~/adapt, ~/run_policy. Service: ~/cancel, for clients that have no actions. The ROS thread only moves messages;
reading, adapting and acting happen on a worker thread. The checkpoint says what is adapted to: films, recordings of the
robot, or ways over the table. A run that names a classifier is watched, see `watched_run.py`.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mil_interfaces.action import Adapt, RunPolicy
from mil_interfaces.msg import RobotState, SafetyState, VelocityCommand
from rclpy.action.server import ActionServer, CancelResponse, GoalResponse, ServerGoalHandle
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from data_tools.demo import Observation
from mil_core.errors import MilError
from mil_core.retry import RetryRule
from mil_nodes import qos
from mil_nodes.adaptation import Adaptation, AdaptedPolicy, AdaptEnd, Canceled, Learner, adapt_to_demo
from mil_nodes.command import Command, hold
from mil_nodes.conversions import command_message, observation_from, stamp_to_ns
from mil_nodes.episode import Episode, EpisodeLimits, EpisodeReport, IsDone, RunEnd
from mil_nodes.errors import BadId, MonitorMissing, NodeError, UnknownClassifier, UnknownPolicy
from mil_nodes.gate_news import GateNews
from mil_nodes.goal_client import GoalClient
from mil_nodes.library import checked_id
from mil_nodes.observation_feed import ObservationFeed, Pair
from mil_nodes.params import PolicyRunnerParams, declare
from mil_nodes.process import serve
from mil_nodes.run_feedback import RunFeedback
from mil_nodes.watched_run import GoalWatch, RunReport, unwatched_run, watched_run
from mil_nodes.worker import answering

AttemptPolicies = tuple[AdaptedPolicy, Callable[[], AdaptedPolicy]]
"""The policy of a run's first attempt, and what makes that of a second one."""
UNADAPTED = "unadapted"
"""Id of the policy that has seen no demonstration."""
MAX_POLICIES = 32
"""Adapted policies kept in memory; the oldest goes first."""
JOIN_S = 5.0
REFUSALS: dict[type[Exception], RunEnd] = {
    BadId: RunEnd.BAD_ID,
    UnknownPolicy: RunEnd.UNKNOWN_POLICY,
    UnknownClassifier: RunEnd.UNKNOWN_CLASSIFIER,
    MonitorMissing: RunEnd.NO_MONITOR,
    MilError: RunEnd.FAILED,
}
"""Errors before the first step, and the end that they stand for."""


class PolicyRunner(Node):
    """Action servers around a learner."""

    def __init__(self, make_learner: Callable[[Path, Path | None], Learner]) -> None:
        super().__init__("policy_runner")
        self.params = declare(self, PolicyRunnerParams)
        second = self.params.second_checkpoint
        self._learner = make_learner(Path(self.params.checkpoint), Path(second) if second else None)
        unadapted = self._learner.unadapted()
        self._policies: dict[str, AttemptPolicies] = {UNADAPTED: (unadapted, lambda: unadapted)}
        self._num_adapted = 0
        self._feed: ObservationFeed[Image, RobotState] = ObservationFeed()
        # Numbers grow across restarts of this process, so that the gate can tell old commands from new ones.
        self._seq = itertools.count(time.monotonic_ns())
        self._busy_with: str | None = None
        self._cancel = threading.Event()
        self._gate = GateNews(self._cancel)
        self._worker: threading.Thread | None = None
        self._make_interface()

    def _make_interface(self) -> None:
        self._commands = self.create_publisher(VelocityCommand, "policy/command", qos.COMMAND)
        self._notices = self.create_publisher(String, "policy/notice", qos.LATEST)
        self.create_subscription(Image, "camera/image", self._on_image, qos.IMAGE_IN)
        self.create_subscription(RobotState, "robot/state", self._on_state, qos.STATE)
        self.create_subscription(SafetyState, "safety/state", self._on_safety, qos.LATEST)
        self.create_service(Trigger, "~/cancel", self._on_cancel_service)
        self._goals = GoalClient(self, self.params, self._cancel)
        self._servers = [
            self._make_server(Adapt, "adapt", self._adapt),
            self._make_server(RunPolicy, "run_policy", self._run_policy),
        ]

    def _make_server(self, kind: Any, name: str, execute: Callable[[ServerGoalHandle], Any]) -> ActionServer:
        return ActionServer(
            self,
            kind,
            f"~/{name}",
            execute_callback=execute,
            goal_callback=lambda _: self._on_goal(name),
            cancel_callback=self._on_cancel,
        )

    def _on_image(self, message: Image) -> None:
        self._feed.put_picture(stamp_to_ns(message.header.stamp), message)

    def _on_state(self, message: RobotState) -> None:
        # A driver that knows of no second sending leaves the moment at zero.
        self._feed.put_state(stamp_to_ns(message.header.stamp), message, stamp_to_ns(message.moment) or None)

    def _on_safety(self, message: SafetyState) -> None:
        self._gate.put(message.state, message.detail)

    def _on_goal(self, name: str) -> GoalResponse:
        if self._busy_with is not None:
            text = f"Goal {name}: expected no other goal, found {self._busy_with} running; cancel it or wait."
            self.get_logger().warning(text)
            self._notices.publish(String(data=text))
            return GoalResponse.REJECT
        self._busy_with = name
        self._cancel.clear()
        return GoalResponse.ACCEPT

    def _on_cancel(self, _: ServerGoalHandle) -> CancelResponse:
        self._cancel.set()
        return CancelResponse.ACCEPT

    def _on_cancel_service(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._cancel.set()
        response.success = self._busy_with is not None
        response.message = f"canceling {self._busy_with}" if self._busy_with else "nothing to cancel"
        return response

    async def _adapt(self, goal: ServerGoalHandle) -> Adapt.Result:
        demo_id = goal.request.demo_id

        def on_stage(stage: str) -> None:
            if self._cancel.is_set():
                raise Canceled(stage)
            goal.publish_feedback(Adapt.Feedback(stage=stage))

        done: Adaptation = await self._in_worker(
            lambda: adapt_to_demo(self._learner, self.params.library_folder, demo_id, on_stage)
        )
        result = Adapt.Result(termination_reason=int(done.end), message=done.message, seconds=done.seconds)
        if done.policy is not None and done.again is not None:
            result.adapted_id = self._keep(demo_id, (done.policy, done.again))
            result.loss_before, result.loss_after = done.policy.loss_before, done.policy.loss_after
            result.uncertainty = done.policy.uncertainty
        self._finish(goal, done.end is AdaptEnd.SUCCEEDED, done.message)
        return result

    def _keep(self, demo_id: str, policies: AttemptPolicies) -> str:
        """Remember the policies of a demonstration under a new id."""
        self._num_adapted += 1
        adapted_id = f"{demo_id[:48]}-{self._num_adapted}"
        self._policies[adapted_id] = policies
        if len(self._policies) > MAX_POLICIES:
            self._policies.pop(next(name for name in self._policies if name != UNADAPTED))
        return adapted_id

    async def _run_policy(self, goal: ServerGoalHandle) -> RunPolicy.Result:
        report: RunReport = await self._in_worker(lambda: self._run_attempts(goal))
        result = RunPolicy.Result(termination_reason=int(report.last.end), message=report.message)
        result.steps, result.latency_ms = len(report.latency_ms), report.latency_ms
        result.latency_ms_p50, result.latency_ms_p99 = report.percentile_ms(50), report.percentile_ms(99)
        result.ended_by, result.probabilities = report.ended_by, report.probabilities
        result.verdicts = [verdict.value for verdict in report.verdicts]
        self._finish(goal, report.last.end is RunEnd.COMPLETED, report.message)
        return result

    def _run_attempts(self, goal: ServerGoalHandle) -> RunReport:
        """On the worker thread: act until the end, once more where a classifier is sure that the first time failed."""
        classifier_id = goal.request.classifier_id
        try:
            first, again = self._attempt_policies(goal.request.adapted_id)
            rule = self._goals.use(classifier_id)
        except tuple(REFUSALS) as error:
            end = next(end for kind, end in REFUSALS.items() if isinstance(error, kind))
            # A monitor that nobody waited for any longer is not missing.
            last = EpisodeReport(*((RunEnd.CANCELED, "canceled") if self._cancel.is_set() else (end, str(error))))
            return RunReport(last, message=last.message)
        with self._gate.watching():
            report = self._act(goal, rule, iter((lambda: first, again)))
        if self._gate.why_ended:
            report.end_by_gate(self._gate.why_ended)
        return report

    def _act(
        self, goal: ServerGoalHandle, rule: RetryRule | None, policies: Iterator[Callable[[], AdaptedPolicy]]
    ) -> RunReport:
        """All attempts of a run. Args: rule: of who judges them. policies: what makes that of each attempt."""
        feedback, goals, limits = RunFeedback(goal, self._goals.feed), self._goals, self._limits(goal.request)

        def run_episode(limits: EpisodeLimits, is_done: IsDone) -> EpisodeReport:
            # Making the policy of a second attempt takes long: nobody waits for it in vain.
            if self._cancel.is_set():
                return EpisodeReport(RunEnd.CANCELED, "canceled")
            try:
                policy = next(policies)()
            except MilError as error:
                return EpisodeReport(RunEnd.FAILED, str(error))
            return self._run_episode(policy, limits, is_done, feedback)

        if rule is None:
            return unwatched_run(run_episode, limits)
        return watched_run(
            run_episode,
            limits,
            lambda: GoalWatch(goals.feed, rule, self._cancel),
            goals.go_home,
            feedback.on_stage,
            self.params.goal_timeout_s,
            self._cancel,
        )

    def _run_episode(
        self, policy: AdaptedPolicy, limits: EpisodeLimits, is_done: IsDone, feedback: RunFeedback
    ) -> EpisodeReport:
        name, next_seq = self.get_name(), lambda: next(self._seq)
        episode = Episode(policy, self._feed, _decode, self._send, next_seq, name, self._cancel, is_done)
        try:
            return episode.run(limits, feedback.on_step)
        finally:
            self._send(hold(next_seq(), name, 1.0))

    def _limits(self, request: RunPolicy.Goal) -> EpisodeLimits:
        return EpisodeLimits(
            max_steps=request.max_steps or self.params.max_steps,
            max_duration_s=request.max_duration_s or self.params.max_duration_s,
            observation_timeout_s=self.params.observation_timeout_s,
            max_observation_age_s=self.params.max_observation_age_s,
        )

    def _attempt_policies(self, adapted_id: str) -> AttemptPolicies:
        policies = self._policies.get(checked_id(adapted_id))
        if policies is None:
            known = ", ".join(list(self._policies)[-8:])
            raise UnknownPolicy(f"Policy {adapted_id!r}: expected an id from the action adapt; known: {known}.")
        return policies

    def _send(self, command: Command) -> None:
        self._commands.publish(command_message(command))

    async def _in_worker(self, work: Callable[[], Any]) -> Any:
        """Run `work` on its own thread while the ROS thread goes on."""
        run, future = answering(self, work)
        self._worker = threading.Thread(target=run, name="worker", daemon=True)
        self._worker.start()
        try:
            return await future
        finally:
            self._busy_with = None

    def _finish(self, goal: ServerGoalHandle, succeeded: bool, message: str) -> None:
        if message:
            self.get_logger().warning(message)
        if goal.is_cancel_requested:
            goal.canceled()
        elif succeeded:
            goal.succeed()
        else:
            goal.abort()

    def destroy_node(self) -> None:
        """Stop acting before the process ends."""
        self._cancel.set()
        if self._worker is not None:
            self._worker.join(JOIN_S)
        for server in self._servers:
            server.destroy()
        super().destroy_node()


def _decode(pair: Pair[Image, RobotState]) -> tuple[Observation, int]:
    return observation_from(pair.picture, pair.state), pair.state.episode_id


def main() -> None:
    """Run the policy of a checkpoint until told to stop."""
    from mil_nodes.learner import learner_of

    serve(lambda: PolicyRunner(learner_of), expected=(MilError, NodeError))
