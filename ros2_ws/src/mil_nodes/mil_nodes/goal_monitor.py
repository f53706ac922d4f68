"""Says what the scene in front of the camera is worth, after what was shown: the checkpoint decides how.

Topics in: camera/image. Out: ~/notice when a picture cannot be used, and those of `reward_monitor.py` for checkpoints
that learned rewards (MandRIL), of `classifier_monitor.py` for those that learned goal classifiers (FLO).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from rclpy.node import Node
from sensor_msgs.msg import Image

from mil_core.checkpoint import load
from mil_nodes.classifier_monitor import ClassifierMonitor
from mil_nodes.errors import ParameterError
from mil_nodes.params import GoalMonitorParams, declare
from mil_nodes.picture_worker import EXPECTED, PictureWorker
from mil_nodes.process import serve
from mil_nodes.reward_monitor import RewardMonitor


class Monitor(Protocol):
    """What judges pictures."""

    def judge(self, message: Image) -> None:
        """On the worker thread: say what a picture is worth."""
        ...


MONITORS: dict[str, Callable[[Node, PictureWorker, GoalMonitorParams], Monitor]] = {
    "reward": RewardMonitor,
    "classifier": ClassifierMonitor,
    "rope": ClassifierMonitor,
}
"""Kind of a checkpoint -> what serves it."""


class GoalMonitor(Node):
    """A camera's pictures, judged."""

    def __init__(self) -> None:
        super().__init__("goal_monitor")
        params = declare(self, GoalMonitorParams)
        kind = load(Path(params.checkpoint)).experiment.kind
        if kind not in MONITORS:
            raise ParameterError(
                f"Checkpoint {params.checkpoint}: expected one of kind {' or '.join(MONITORS)}, found {kind}; "
                "name another one, for instance checkpoints/mandril_tabletop."
            )
        self._pictures = PictureWorker(self, params.camera)
        self._pictures.begin(MONITORS[kind](self, self._pictures, params).judge)

    def destroy_node(self) -> None:
        """Stop working before the process ends."""
        self._pictures.close()
        super().destroy_node()


def main() -> None:
    """Judge pictures until told to stop."""
    serve(GoalMonitor, expected=EXPECTED)
