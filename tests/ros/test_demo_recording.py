"""Which messages become which samples: commands by the pictures that they answer, motions by the states around them."""

import numpy as np
import pytest
from mil_nodes.command import Command, hold
from mil_nodes.demo_recording import GripperJoint, Recording
from scipy.spatial.transform import Rotation

from data_tools.errors import DemoShapeMismatch
from data_tools.journal import StreamSpec

POINTS_M = np.array([[0.0, 0.0, 0.0], [-0.1, 0.05, 0.0], [-0.1, -0.05, 0.0]])
PERIOD_NS = 100_000_000
PICTURE = np.zeros((4, 6, 3), np.uint8)


class FakeTake:
    """Keeps what is put."""

    def __init__(self) -> None:
        self.put_samples: list[tuple[str, float, np.ndarray]] = []

    def put(self, stream: str, capture_time_s: float, value: np.ndarray) -> None:
        if stream == "image" and value.shape != PICTURE.shape:
            raise DemoShapeMismatch("another shape")
        self.put_samples.append((stream, capture_time_s, value))

    def of(self, stream: str) -> list[tuple[float, np.ndarray]]:
        return [(time_s, value) for name, time_s, value in self.put_samples if name == stream]


class Rig:
    """A recording of one camera that has begun."""

    def __init__(self, kinesthetic: GripperJoint | None = None) -> None:
        self.take = FakeTake()
        self.begun: list[tuple[list[StreamSpec], str]] = []

        def begin(streams: list[StreamSpec], robot: str) -> FakeTake:
            self.begun.append((streams, robot))
            return self.take

        self.recording = Recording(("image",), kinesthetic, begin)  # type: ignore[arg-type]
        if kinesthetic is not None:
            self.recording.on_joints({kinesthetic.name: 0.0})
        self.moment(1)
        self.recording.begin()

    def moment(self, tick: int, state: np.ndarray | None = None, episode_id: int = 1) -> int:
        """A picture and a state of one stamp."""
        stamp_ns = tick * PERIOD_NS
        self.recording.on_state(
            "pr2", episode_id, stamp_ns, POINTS_M.ravel().astype(np.float32) if state is None else state
        )
        self.recording.on_picture("image", stamp_ns, PICTURE)
        return stamp_ns

    def actions(self) -> list[tuple[float, float]]:
        """Time and first number of each action."""
        return [(time_s, float(value[0])) for time_s, value in self.take.of("action")]


def command(speed: float, observation_ns: int) -> Command:
    return Command(1, "safety_gate", (speed, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0, observation_ns, 1)


def test_a_take_begins_when_every_stream_has_shown_itself() -> None:
    recording = Recording(("image", "wrist"), None, lambda *_: FakeTake())  # type: ignore[arg-type, return-value]
    assert recording.begin() is None and recording.missing == ["image", "wrist", "state"]
    recording.on_picture("image", 1, PICTURE)
    recording.on_state("pr2", 1, 1, np.zeros(9, np.float32))
    assert recording.begin() is None and recording.missing == ["wrist"]
    recording.on_picture("wrist", 1, PICTURE)
    assert recording.begin() is not None


def test_a_hand_guided_take_waits_for_the_joint_of_the_gripper() -> None:
    recording = Recording(("image",), GripperJoint("finger", 0.5), lambda *_: FakeTake())  # type: ignore[arg-type, return-value]
    recording.on_picture("image", 1, PICTURE)
    recording.on_state("pr2", 1, 1, POINTS_M.ravel().astype(np.float32))
    recording.on_joints({"finger_of_another_robot": 0.5})
    assert recording.begin() is None and recording.missing == ["joint finger"]
    recording.on_joints({"finger": 0.5})
    assert recording.missing == [] and recording.begin() is not None


def test_streams_are_announced_as_they_are() -> None:
    ((streams, robot),) = Rig().begun
    assert robot == "pr2"
    assert [(spec.name, spec.shape, spec.dtype) for spec in streams] == [
        ("image", (4, 6, 3), "uint8"),
        ("state", (9,), "float32"),
        ("action", (7,), "float32"),
    ]


def test_a_command_belongs_to_the_picture_that_it_answers() -> None:
    rig = Rig()
    for tick in (2, 3, 4):
        rig.recording.on_command(command(tick, rig.moment(tick)))
    assert rig.actions() == [(0.2, 2.0), (0.3, 3.0), (0.4, 4.0)]


def test_the_gates_repetitions_of_a_command_are_one_action() -> None:
    rig = Rig()
    stamp_ns = rig.moment(2)
    for _ in range(5):
        rig.recording.on_command(command(2.0, stamp_ns))
    assert rig.actions() == [(0.2, 2.0)]


def test_an_unanswered_picture_is_given_what_the_robot_still_follows() -> None:
    rig = Rig()
    rig.recording.on_command(command(2.0, rig.moment(2)))
    rig.moment(3)
    rig.recording.on_command(command(2.0, 2 * PERIOD_NS))  # the gate repeats the answer to the picture before
    rig.moment(4)
    rig.recording.on_command(hold(9, "safety_gate", 1.0))
    rig.moment(5)
    rig.recording.finish()
    assert rig.actions() == [(0.2, 2.0), (0.3, 2.0), (0.4, 0.0)], "no command came after the last picture"


def test_an_answer_that_comes_after_the_next_picture_counts() -> None:
    rig = Rig()
    rig.moment(2)
    rig.recording.on_command(hold(9, "safety_gate", 1.0))  # while the policy still thinks
    rig.moment(3)
    rig.recording.on_command(command(2.0, 2 * PERIOD_NS))
    rig.recording.on_command(command(3.0, 3 * PERIOD_NS))
    assert rig.actions() == [(0.2, 2.0), (0.3, 3.0)]


def test_an_answer_that_comes_later_still_does_not() -> None:
    rig = Rig()
    rig.moment(2)
    rig.recording.on_command(command(1.0, 0))
    rig.moment(3), rig.moment(4)
    rig.recording.on_command(command(2.0, 2 * PERIOD_NS))
    rig.recording.finish()
    assert rig.actions() == [(0.2, 1.0), (0.4, 2.0)], "the robot began to follow it at the third"


def test_actions_are_put_in_the_order_of_their_pictures() -> None:
    rig = Rig()
    rig.moment(2)
    rig.recording.on_command(hold(9, "safety_gate", 1.0))
    rig.moment(3)
    rig.recording.on_command(command(3.0, 3 * PERIOD_NS))
    rig.recording.on_command(command(2.0, 2 * PERIOD_NS))  # too late: the one before it is settled
    assert rig.actions() == [(0.2, 0.0), (0.3, 3.0)]


def test_an_answer_that_comes_before_its_picture_counts() -> None:
    rig = Rig()
    rig.recording.on_command(command(2.0, 2 * PERIOD_NS))
    rig.moment(2), rig.moment(3)
    assert rig.actions() == [(0.2, 2.0)]


def test_another_episode_ends_the_recording() -> None:
    rig = Rig()
    rig.moment(2)
    before = len(rig.take.put_samples)
    rig.moment(3, episode_id=2)
    assert rig.recording.was_reset and len(rig.take.put_samples) == before
    assert rig.recording.episode_id == 1, "the one that was recorded"


def test_a_picture_of_another_size_ends_the_recording_with_words() -> None:
    rig = Rig()
    rig.recording.on_picture("image", 2 * PERIOD_NS, np.zeros((8, 6, 3), np.uint8))
    assert rig.recording.failure == "another shape"


def test_a_motion_by_hand_becomes_the_actions_that_repeat_it() -> None:
    rig = Rig(GripperJoint("finger", 0.5))
    velocity_m_s, turning_rad_s = np.array([0.1, -0.05, 0.02]), np.array([0.0, 0.2, -0.3])

    def state(tick: int) -> np.ndarray:
        turn = Rotation.from_rotvec(turning_rad_s * tick / 10)
        return (velocity_m_s * tick / 10 + turn.apply(POINTS_M)).ravel().astype(np.float32)

    rig.recording._previous = None
    for tick in range(2, 8):
        rig.recording.on_joints({"finger": 0.5 if tick < 5 else 0.0, "other": 3.0})
        rig.moment(tick, state(tick))
    actions = rig.take.of("action")
    assert [time_s for time_s, _ in actions] == [0.2, 0.3, 0.4, 0.5, 0.6], "the last state has no next one"
    for _, action in actions:
        np.testing.assert_allclose(action[:6], [*velocity_m_s, *turning_rad_s], atol=1e-4)
    assert [float(action[6]) for _, action in actions] == [0.0, 0.0, 1.0, 1.0, 1.0]


def test_commands_do_not_count_while_somebody_moves_the_arm() -> None:
    rig = Rig(GripperJoint("finger", 0.5))
    rig.recording.on_command(command(2.0, rig.moment(2)))
    assert all(not time_s == 0.2 or value != 2.0 for time_s, value in rig.actions())


def test_a_robot_that_cannot_be_taught_by_hand_says_so() -> None:
    recording = Recording(("image",), GripperJoint("finger", 0.5), lambda *_: FakeTake())  # type: ignore[arg-type, return-value]
    for tick in (1, 2):
        recording.on_state("planar_arm", 1, tick * PERIOD_NS, np.zeros(10, np.float32))
    assert "record commands instead" in recording.failure


@pytest.mark.parametrize("position", [-1.0, 9.0])
def test_the_grippers_closing_stays_within_its_range(position: float) -> None:
    rig = Rig(GripperJoint("finger", 0.5))
    rig.recording.on_joints({"finger": position})
    rig.moment(2, POINTS_M.ravel().astype(np.float32))
    rig.moment(3, POINTS_M.ravel().astype(np.float32))
    assert rig.take.of("action")[-1][1][6] in (0.0, 1.0)
