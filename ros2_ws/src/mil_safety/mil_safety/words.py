"""The gate's reasons in words, for people."""

from mil_safety.gate import Reason

WORDS = {
    Reason.STALE_CAMERA: "no fresh picture from the camera",
    Reason.STALE_JOINTS: "no fresh joint positions",
    Reason.STALE_COMMAND: "no fresh command from the policy",
    Reason.NON_FINITE: "NaN or infinity",
    Reason.LIMIT: "command over the speed limit",
    Reason.CLOCK_JUMP: "the clock of the observations jumped",
    Reason.OPERATOR: "stopped by the operator",
    Reason.SEQUENCE: "command out of order, or from an unknown source",
    Reason.BAD_FRAME: "command in the wrong frame",
}


def in_words(reasons: Reason) -> str:
    """All of them, one after another; empty for none."""
    return "; ".join(words for reason, words in WORDS.items() if reason & reasons)
