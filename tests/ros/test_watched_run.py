"""Who ends a run and when it is tried again, with episodes and sightings made up."""

import math
import threading

import pytest
from mil_nodes.episode import EpisodeLimits, EpisodeReport, RunEnd
from mil_nodes.errors import NoWayHome
from mil_nodes.goal_feed import GoalFeed
from mil_nodes.watched_run import GoalWatch, RunReport, unwatched_run, watched_run

from mil_core.adapted_goal import Sighting
from mil_core.retry import RetryRule, Verdict

STEPS = 4
LIMITS = EpisodeLimits(STEPS, 30.0, 30.0, 30.0)
RULE = RetryRule(0.8, 0.1)
GOOD, BAD, ODD, FOREIGN = (Sighting(p, n) for p, n in ((0.9, 0), (0.01, 0), (0.5, 0), (0.9, 2)))


class World:
    """Each attempt shows the pictures that it was given, one a step and one after the last; None is never judged."""

    def __init__(self, *attempts: list[Sighting | None], max_age_s: float = 60.0) -> None:
        self.attempts = iter(attempts)
        self.feed, self.stop = GoalFeed(max_age_s), threading.Event()
        self.feed.begin("mine")
        self.now_ns, self.stages, self.sinces_ns, self.homes = 0, [], [], 0
        self.end, self.gripper = RunEnd.COMPLETED, 0.0

    def run_episode(self, limits: EpisodeLimits, is_done) -> EpisodeReport:
        self.sinces_ns.append(limits.since_ns)
        report = EpisodeReport(self.end)
        for step, seen in enumerate(next(self.attempts)):
            self.now_ns += 1
            if seen is not None:
                self.feed.put("mine", self.now_ns, seen)
            report.last_ns = self.now_ns
            report.is_done_early = is_done(self.now_ns, self.gripper) and step < STEPS
            if report.is_done_early:
                break
            if step < STEPS:
                report.latency_ms.append(1.0)
        return report

    def go_home(self) -> int:
        self.homes += 1
        return self.now_ns + 1

    def run(self, go_home=None) -> RunReport:
        def tell(stage: str, attempt: int) -> None:
            self.stages.append((stage, attempt))

        return watched_run(
            self.run_episode,
            LIMITS,
            lambda: GoalWatch(self.feed, RULE, self.stop),
            go_home or self.go_home,
            tell,
            0.05,
            self.stop,
        )


def test_two_good_pictures_end_a_run_in_its_middle() -> None:
    report = World([BAD, GOOD, GOOD, BAD, BAD]).run()
    assert (report.ended_by, report.verdicts, len(report.latency_ms)) == ("classifier", [Verdict.REACHED], 2)
    assert report.probabilities == [0.9]


def test_what_is_still_held_ends_no_run_early() -> None:
    world = World([BAD, GOOD, GOOD, GOOD, GOOD])
    world.gripper = 1.0
    report = world.run()
    assert (report.ended_by, report.verdicts, len(report.latency_ms)) == ("steps", [Verdict.REACHED], STEPS)


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        ([GOOD, GOOD], Verdict.REACHED),
        ([GOOD, BAD], Verdict.UNSURE),
        ([BAD, ODD], Verdict.UNSURE),
        ([FOREIGN, FOREIGN], Verdict.UNSURE),
        ([BAD, FOREIGN], Verdict.UNSURE),
    ],
)
def test_a_run_to_the_end_has_the_verdict_of_its_last_pictures_and_no_retry_in_doubt(last, verdict: Verdict) -> None:
    world = World([BAD] * (STEPS - 1) + last)
    report = world.run()
    assert (report.ended_by, report.verdicts, world.homes) == ("steps", [verdict], 0)
    assert world.stages == [("acting", 1), ("judging", 1)]


@pytest.mark.parametrize(
    ("second", "verdict", "ended_by"),
    [
        ([BAD] * 5, Verdict.MISSED, "steps"),
        ([BAD, GOOD, GOOD], Verdict.REACHED, "classifier"),
        ([GOOD, BAD, ODD, ODD, ODD], Verdict.UNSURE, "steps"),
    ],
)
def test_a_sure_failure_is_tried_once_more_from_home(second, verdict: Verdict, ended_by: str) -> None:
    world = World([BAD] * 5, second)
    report = world.run()
    assert (report.verdicts, report.ended_by, world.homes) == ([Verdict.MISSED, verdict], ended_by, 1)
    assert world.stages[2:4] == [("going home", 1), ("acting", 2)]
    assert world.sinces_ns == [0, 6] and len(report.probabilities) == 2
    assert len(report.latency_ms) == STEPS + len(second) - 1


def test_a_good_picture_on_the_way_home_and_one_after_are_no_success() -> None:
    world = World([BAD] * 5, [GOOD, BAD, BAD, BAD, BAD])

    def go_home() -> int:
        world.now_ns += 1
        world.feed.put("mine", world.now_ns, GOOD)
        return world.now_ns + 1

    assert world.run(go_home).verdicts == [Verdict.MISSED, Verdict.MISSED]


@pytest.mark.parametrize("pictures", [[None] * 5, [BAD] * 4 + [None], [GOOD] + [None] * 4])
def test_a_monitor_that_says_nothing_of_the_end_decides_nothing(pictures) -> None:
    world = World(pictures)
    report = world.run()
    assert (report.verdicts, report.ended_by, world.homes) == ([Verdict.UNSURE], "steps", 0)


def test_stale_news_is_no_success_and_no_failure() -> None:
    for pictures in ([GOOD] * 5, [BAD] * 5):
        world = World(pictures, max_age_s=0.0)
        report = world.run()
        assert report.verdicts == [Verdict.UNSURE] and math.isnan(report.probabilities[0])


def test_without_a_way_home_the_first_attempt_stands_and_says_why() -> None:
    def nowhere() -> int:
        raise NoWayHome("the driver is off")

    report = World([BAD] * 5).run(nowhere)
    assert report.verdicts == [Verdict.MISSED] and "no retry: the driver is off" in report.message


def test_a_run_that_broke_off_is_not_judged_and_not_tried_again() -> None:
    world = World([BAD] * 5)
    world.end = RunEnd.NO_OBSERVATION
    report = world.run()
    assert (report.verdicts, report.ended_by, world.homes) == ([Verdict.UNSURE], "", 0)


def test_a_cancel_ends_the_wait_for_a_judgement() -> None:
    world = World([None] * 5)
    world.stop.set()
    assert world.run().verdicts == [Verdict.UNSURE]


def test_a_run_that_is_stopped_when_it_was_missed_does_not_go_home() -> None:
    world = World([BAD] * 5)
    is_done = world.feed.has_judged
    world.feed.has_judged = lambda stamp_ns: is_done(stamp_ns) and (world.stop.set() or True)
    report = world.run()
    assert (report.verdicts, world.homes, report.last.end) == ([Verdict.MISSED], 0, RunEnd.CANCELED)
    assert (report.ended_by, report.message) == ("", "canceled")
    assert ("going home", 1) not in world.stages


@pytest.mark.parametrize("arrives", [True, False])
def test_a_run_that_is_stopped_on_the_way_home_is_not_tried_again(arrives: bool) -> None:
    world = World([BAD] * 5)

    def go_home() -> int:
        world.stop.set()
        if not arrives:
            raise NoWayHome("no answer")
        return world.go_home()

    report = world.run(go_home)
    assert (report.verdicts, report.last.end, report.message) == ([Verdict.MISSED], RunEnd.CANCELED, "canceled")
    assert world.stages[-1] == ("going home", 1)


@pytest.mark.parametrize("end", [end for end in RunEnd if end is not RunEnd.DISARMED])
def test_only_a_run_that_obeyed_the_stop_was_ended_by_the_safety_gate(end: RunEnd) -> None:
    report = RunReport(EpisodeReport(end, "as it was"), message="as it was")
    report.end_by_gate("pressed")
    if end is RunEnd.CANCELED:
        found = (report.last.end, report.last.message, report.message, report.ended_by)
        assert found == (RunEnd.DISARMED, "pressed", "pressed", "safety_gate")
    else:
        assert (report.last.end, report.message) == (end, "as it was") and report.ended_by != "safety_gate"


def test_an_unwatched_run_is_never_judged() -> None:
    world = World([GOOD] * 5)
    report = unwatched_run(world.run_episode, LIMITS)
    assert (report.ended_by, report.verdicts, len(report.latency_ms)) == ("steps", [], STEPS)
