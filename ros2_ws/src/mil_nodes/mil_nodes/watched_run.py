"""A run that a goal classifier watches: it ends when the goal is reached, and begins once more from home when it was
missed for sure. Knows no ROS; episodes, sightings and the way home come from outside.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mil_core.adapted_goal import NUM_FRAMES
from mil_core.retry import RetryRule, Verdict, with_retry
from mil_nodes.episode import POLL_S, EpisodeLimits, EpisodeReport, IsDone, RunEnd
from mil_nodes.errors import NodeError
from mil_nodes.goal_feed import GoalFeed

OnStage = Callable[[str, int], None]
"""Told what happens now: stage, and attempt from 1."""
RunEpisode = Callable[[EpisodeLimits, IsDone], EpisodeReport]
"""Runs one episode to its end and stops the robot; given its limits and what to ask before each step."""


@dataclass
class RunReport:
    """How a run went, all attempts together."""

    last: EpisodeReport
    """The last attempt."""
    latency_ms: list[float] = field(default_factory=list)
    """Of all attempts, per step."""
    verdicts: list[Verdict] = field(default_factory=list)
    """Of each attempt; none when nobody judged."""
    probabilities: list[float] = field(default_factory=list)
    """The last one of each attempt."""
    message: str = ""
    """Why there was no retry although one was due, or how the last attempt ended."""

    @property
    def ended_by(self) -> str:
        """Who ended a completed run, or that the safety gate broke it off; empty for every other end."""
        if self.last.end is RunEnd.DISARMED:
            return "safety_gate"
        if self.last.end is not RunEnd.COMPLETED:
            return ""
        return "classifier" if self.last.is_done_early else "steps"

    def end_by_gate(self, why: str) -> None:
        """The stop that this run obeyed, if it did, was the safety gate's. Args: why: in words."""
        if self.last.end is RunEnd.CANCELED:
            self.last, self.message = replace(self.last, end=RunEnd.DISARMED, message=why), why

    def percentile_ms(self, percent: float) -> float:
        """A percentile of all latencies; NaN without steps."""
        return EpisodeReport(latency_ms=self.latency_ms).percentile_ms(percent)


class GoalWatch:
    """Judges one attempt by what the goal monitor says of its pictures; no news is no decision."""

    def __init__(self, feed: GoalFeed, rule: RetryRule, stop: threading.Event) -> None:
        """Args: stop: set by whoever wants to wait no longer."""
        self._feed, self._rule, self._stop = feed, rule, stop
        self._since_ns: int | None = None

    def is_done(self, stamp_ns: int, gripper: float) -> bool:
        """Whether the goal is reached and nothing held, asked with the stamp of each observation; see RetryRule.

        Pictures from before the first observation say nothing about this attempt.
        """
        if self._since_ns is None:
            self._since_ns = stamp_ns
        return self._rule.may_end(self._feed.fresh(self._since_ns), gripper)

    @property
    def probability(self) -> float:
        """The newest one of this attempt; NaN while there is none."""
        return math.nan if self._since_ns is None else self._feed.newest(self._since_ns)

    def verdict(self, last_ns: int, timeout_s: float) -> tuple[Verdict, float]:
        """Of an attempt that is over: verdict and newest probability.

        The picture after the last command must have been judged, and as many as a decision needs.

        Args: last_ns: stamp of the attempt's last observation. timeout_s: how long to wait for its judgement.
        """
        deadline_s = time.monotonic() + timeout_s
        while self._since_ns is not None:
            fresh = self._feed.fresh(self._since_ns)
            if self._feed.has_judged(last_ns) and len(fresh) >= NUM_FRAMES:
                return self._rule.verdict(fresh), self.probability
            if time.monotonic() > deadline_s or self._stop.wait(POLL_S):
                break
        return Verdict.UNSURE, self.probability


def unwatched_run(run_episode: RunEpisode, limits: EpisodeLimits) -> RunReport:
    """One attempt that nobody judges."""
    last = run_episode(limits, lambda *_: False)
    return RunReport(last, last.latency_ms, message=last.message)


def watched_run(
    run_episode: RunEpisode,
    limits: EpisodeLimits,
    make_watch: Callable[[], GoalWatch],
    go_home: Callable[[], int],
    on_stage: OnStage,
    timeout_s: float,
    stop: threading.Event,
) -> RunReport:
    """Run an attempt, and a second one if the first was missed for sure.

    Args:
        limits: of each attempt. make_watch: makes the judge of an attempt.
        go_home: brings the robot home; the stamp from which on pictures show it there. Raises: NodeError.
        on_stage: see OnStage. timeout_s: how long the judgement of the last picture is waited for.
        stop: set by whoever wants the run to end; then the robot does not go home, and nothing is tried again.
    """
    report = RunReport(EpisodeReport())
    since_ns = 0

    def attempt() -> Verdict:
        watch, number = make_watch(), len(report.verdicts) + 1
        on_stage("acting", number)
        report.last = run_episode(replace(limits, since_ns=since_ns), watch.is_done)
        report.latency_ms += report.last.latency_ms
        verdict, probability = Verdict.UNSURE, watch.probability
        if report.last.end is RunEnd.COMPLETED:
            on_stage("judging", number)
            verdict, probability = watch.verdict(report.last.last_ns, timeout_s)
            verdict = Verdict.REACHED if report.last.is_done_early else verdict
        report.verdicts.append(verdict)
        report.probabilities.append(probability)
        report.message = report.last.message
        return verdict

    def home() -> bool:
        nonlocal since_ns
        is_home = False
        try:
            if not stop.is_set():
                on_stage("going home", len(report.verdicts))
                since_ns, is_home = go_home(), True
        except NodeError as error:
            report.message = f"no retry: {error}"
        is_stopped = stop.is_set()
        if is_stopped:
            report.last = replace(report.last, end=RunEnd.CANCELED, message="canceled")
            report.message = report.last.message
        return is_home and not is_stopped

    with_retry(attempt, home)
    return report
