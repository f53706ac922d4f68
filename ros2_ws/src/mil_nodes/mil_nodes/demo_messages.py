"""What the action record_demo answers: feedback while a take goes on, and the result of an episode."""

from mil_interfaces.action import RecordDemo

from data_tools.atomic import file_sha256
from data_tools.recorder import Take
from data_tools.recorder_takes import Episode
from data_tools.recorder_watch import EndReason

RESULT = RecordDemo.Result
REASONS = {
    EndReason.OPERATOR: RESULT.KEPT,
    EndReason.TIME_UP: RESULT.TIME_UP,
    EndReason.COMPLETE: RESULT.ROBOT_RESET,
    EndReason.DISK_FULL: RESULT.DISK_FULL,
    EndReason.STREAM_LOST: RESULT.STREAM_LOST,
    EndReason.CLOCK_STEP: RESULT.CLOCK_STEP,
    EndReason.WRITER_GONE: RESULT.WRITER_GONE,
    EndReason.TOO_LONG: RESULT.TOO_LONG,
    EndReason.BAD_VALUE: RESULT.BAD_VALUE,
}
"""How a take ended -> the constant of the action."""
GOOD = (RESULT.KEPT, RESULT.TIME_UP, RESULT.ROBOT_RESET)
"""Ends that the action counts as success."""


def feedback_of(take: Take, elapsed_s: float) -> RecordDemo.Feedback:
    """How a take goes."""
    image = take.counts["image"]
    feedback = RecordDemo.Feedback(frames=image.taken, elapsed_s=elapsed_s, rate_hz=image.rate_hz)
    feedback.dropped, feedback.bytes_free = take.dropped, take.bytes_free
    return feedback


def result_of(episode: Episode, take: Take, *, has_failed: bool) -> RecordDemo.Result:
    """How a take ended. Args: has_failed: whether a message could not be recorded, which is worse than any reason."""
    reason = EndReason(episode.end["reason"])
    result = RESULT(termination_reason=RESULT.FAILED if has_failed else REASONS[reason])
    result.message = f"{reason.value}. {episode.end['message']}".strip()
    result.outcome, result.steps = episode.end["outcome"], episode.num_steps
    result.dropped, result.rate_hz = take.dropped, take.counts["image"].rate_hz
    if episode.path is not None:
        result.demo_id, result.sha256 = episode.path.stem, file_sha256(episode.path)
    return result
