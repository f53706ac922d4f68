"""The parameters of every node as frozen dataclasses: defaults, YAML files and `ros2 param` share these names."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidTopicNameException
from rclpy.node import Node
from rclpy.validate_topic_name import validate_topic_name

from mil_nodes.errors import ParameterError

Params = TypeVar("Params")
Mode = Literal["realtime", "fast"]
_WRITTEN: dict[type, tuple[str, str]] = {
    bool: ("true or false", "true"),
    int: ("a whole number", "50"),
    float: ("a number with a point", "50.0"),
    str: ("text", "\"'50'\", quoted twice where it looks like a number"),
}
"""Type of a parameter -> what it takes, and how that is written after -p name:= or in YAML."""


@dataclass(frozen=True)
class SimRobotParams:
    """Parameters of the simulated robot."""

    mode: str = "realtime"
    """"realtime": one control step per period of the steady clock. "fast": one per command, as fast as they come."""
    robot: str = "pr2"
    task: str = "place"
    """Task of the scene at the start, with the numbers below; later scenes come through the service."""
    split: str = "test"
    seed: int = 0
    index: int = 0
    layout: int = 0
    watchdog_s: float = 0.2
    """In realtime, a command older than this is replaced by standing still."""
    repeat_s: float = 0.25
    """In fast mode, an observation without an answer is sent again after this time, under a stamp of its own."""

    def __post_init__(self) -> None:
        _check(self.mode in ("realtime", "fast"), "mode", "realtime or fast", self.mode)
        _check(self.watchdog_s > 0, "watchdog_s", "a time above zero", self.watchdog_s)
        _check(self.repeat_s > 0, "repeat_s", "a time above zero", self.repeat_s)
        for name in ("seed", "index", "layout"):
            _check(getattr(self, name) >= 0, name, "a number from zero", getattr(self, name))


@dataclass(frozen=True)
class PolicyRunnerParams:
    """Parameters of the policy runner."""

    checkpoint: str = "checkpoints/daml_place"
    """Folder of the meta-trained learner: of policies from films or from recordings of the robot, or of rewards from
    ways over the table."""
    second_checkpoint: str = ""
    """Folder of another learner that adapts to the same film or recording and acts in a second attempt; empty where the
    first one adapts anew."""
    library: str = "out/library"
    """Folder of the demonstrations: films as <id>.mp4, recordings of the robot as <id>.hdf5, ways as either <id>.npz or
    a recording."""
    max_steps: int = 40
    """Control steps of an episode whose goal does not say."""
    max_duration_s: float = 60.0
    """Longest episode by the steady clock when the goal does not say."""
    observation_timeout_s: float = 5.0
    """An episode ends when no observation comes for this long."""
    max_observation_age_s: float = 0.3
    """An observation older than this is not acted on."""
    goal_monitor: str = "goal_monitor"
    """Node that judges runs whose goal names a classifier."""
    goal_max_age_s: float = 1.0
    """A probability that arrived longer ago decides nothing."""
    goal_timeout_s: float = 5.0
    """How long its answers and its judgement of the last picture are waited for."""
    home_timeout_s: float = 60.0
    """How long the way home, and for somebody who hands back what the robot held, is waited for."""
    retry_below: float = 0.1
    """Calibrated probability below which a run has failed for sure and is tried once more."""
    home_service: str = "sim_robot/go_home"
    """Service (GoHome) that prepares another attempt; empty where there is none, then nothing is tried again."""

    def __post_init__(self) -> None:
        _check(self.max_steps > 0, "max_steps", "a number above zero", self.max_steps)
        for name in (name for name in vars(self) if name.endswith("_s")):
            _check(getattr(self, name) > 0, name, "a time above zero", getattr(self, name))
        _check(0 < self.retry_below < 1, "retry_below", "a number between 0 and 1", self.retry_below)

    @property
    def library_folder(self) -> Path:
        """The library as a path."""
        return Path(self.library)


@dataclass(frozen=True)
class SafetyGateParams:
    """Parameters of the safety gate; see mil_safety.gate.GateLimits for what the limits mean."""

    rate_hz: float = 50.0
    """How often the gate commands the robot even when nobody commands the gate."""
    linear_m_s: float = 0.25
    angular_rad_s: float = 0.5
    camera_timeout_s: float = 0.3
    camera_fault_s: float = 1.0
    joint_timeout_s: float = 0.3
    command_timeout_s: float = 0.15
    clock_jump_s: float = 1.0

    def __post_init__(self) -> None:
        _check(0 < self.rate_hz <= 1000, "rate_hz", "a rate in (0, 1000]", self.rate_hz)


@dataclass(frozen=True)
class GoalMonitorParams:
    """Parameters of the goal monitor."""

    checkpoint: str = "checkpoints/mandril_tabletop"
    """Folder of the meta-trained learner: of rewards from ways, or of goal classifiers from pictures."""
    library: str = "out/library"
    """Folder of the demonstrations: ways over a picture as <id>.npz, recorded ones as <id>.hdf5."""
    demo: str = ""
    """Rewards: id of the demonstration to begin with, or a path to its file; empty to wait for ~/set_demo."""
    camera: str = "camera/image"
    """Topic of the camera: for rewards one that sees the table from above, from edge to edge; for goal classifiers the
    one that their training pictures came from."""

    @property
    def library_folder(self) -> Path:
        """The library as a path."""
        return Path(self.library)


@dataclass(frozen=True)
class DemoRecorderParams:
    """Parameters of the recorder of demonstrations."""

    library: str = "out/library"
    """Folder of the demonstrations, one <id>.hdf5 each."""
    camera: str = "camera/image"
    """Topic of the policy camera."""
    extra_cameras: str = ""
    """More cameras as name=topic, separated by commas; for instance "wrist=wrist_camera/image"."""
    reliable_cameras: bool = True
    """False for drivers that publish best effort, whom a reliable subscription never hears, without a word."""
    source: str = "commands"
    """What counts as action. "commands": what robot/command says. "kinesthetic": how somebody moved the gripper."""
    gripper_joint: str = "r_gripper_l_finger_joint"
    """Kinesthetic: joint of joint_states that tells how far the gripper is open."""
    gripper_open_rad: float = 0.5
    """Kinesthetic: its position when the gripper is open; at zero it is closed."""
    max_duration_s: float = 120.0
    """Longest demonstration by the steady clock when the goal does not say."""
    start_timeout_s: float = 5.0
    """Every stream must have begun within this time."""
    silence_s: float = 1.0
    """A stream without a new sample for this long ends the take."""
    outcome_service: str = "sim_robot/get_outcome"
    """Service that knows whether the task is done, asked when nobody gave a label; empty on hardware."""
    clock: str = "robot"
    """Name of the clock that stamps pictures and states."""
    consent: str = "not stated"
    """What the people in the pictures agreed to."""

    def __post_init__(self) -> None:
        _check(self.source in ("commands", "kinesthetic"), "source", "commands or kinesthetic", self.source)
        for name in ("max_duration_s", "start_timeout_s", "silence_s", "gripper_open_rad"):
            _check(getattr(self, name) > 0, name, "a number above zero", getattr(self, name))
        _check(_is_topic(self.camera), "camera", "the name of a topic", self.camera)
        pairs = self._extra_pairs()
        names = [name for name, _ in pairs]
        well_formed = all(re.fullmatch(r"[a-z][a-z0-9]*", name) and _is_topic(topic) for name, topic in pairs)
        _check(well_formed, "extra_cameras", "name=topic,name=topic", self.extra_cameras)
        is_free = not {"image", "state", "action"} & set(names) and len(set(names)) == len(names)
        _check(is_free, "extra_cameras", "each name once, and none of image, state and action", names)

    @property
    def cameras(self) -> dict[str, str]:
        """Name -> topic, the policy camera under "image" first."""
        return {"image": self.camera, **dict(self._extra_pairs())}

    def _extra_pairs(self) -> list[tuple[str, str]]:
        """Name and topic of each further camera, as they were written."""
        entries = (entry.partition("=") for entry in self.extra_cameras.split(",") if entry)
        return [(name.strip(), topic.strip()) for name, _, topic in entries]


def declare(node: Node, params: type[Params]) -> Params:
    """Declare every field as a read-only ROS parameter and return what they were set to.

    Raises: ParameterError: a value of another type, or one that the dataclass refuses.
    """
    descriptor = ParameterDescriptor(read_only=True)
    found = {}
    for name, default in vars(params()).items():
        try:
            found[name] = node.declare_parameter(name, default, descriptor).value
        except InvalidParameterTypeException as error:
            kind, example = _WRITTEN[type(default)]
            raise ParameterError(
                f"Parameter {name}: expected {kind}, found something else ({error}); write it as {example}."
            ) from error
    return params(**found)


def _is_topic(name: str) -> bool:
    try:
        return validate_topic_name(name)
    except InvalidTopicNameException:
        return False


def _check(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise ParameterError(f"Parameter {name}: expected {expected}, found {found!r}; mend launch/params or -p.")
