"""Messages to this project's types and back. The only place that knows both; it decides nothing."""

import math

import numpy as np
from builtin_interfaces.msg import Time
from mil_interfaces.msg import RobotState, VelocityCommand
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Header

from data_tools.demo import Observation
from mil_nodes.command import ACTION_SIZE, BASE_FRAME, Command
from mil_nodes.errors import MessageError, NonFiniteAction

NS_PER_S = 1_000_000_000
CAMERA_FRAME = "policy_camera_optical_frame"
MAX_PIXELS = 4096 * 4096
"""More than any camera here has; a message that claims more is not believed."""


def stamp_from_ns(stamp_ns: int) -> Time:
    """A time message from nanoseconds."""
    return Time(sec=stamp_ns // NS_PER_S, nanosec=stamp_ns % NS_PER_S)


def stamp_to_ns(stamp: Time) -> int:
    """Nanoseconds of a time message."""
    return stamp.sec * NS_PER_S + stamp.nanosec


def image_message(picture: NDArray[np.uint8], stamp_ns: int) -> Image:
    """A picture, shape (height, width, 3), as rgb8."""
    message = Image(height=picture.shape[0], width=picture.shape[1], encoding="rgb8", step=3 * picture.shape[1])
    message.header.frame_id = CAMERA_FRAME
    message.header.stamp = stamp_from_ns(stamp_ns)
    message.data = picture.tobytes()
    return message


def reward_message(reward: NDArray[np.floating], header: Header) -> Image:
    """One number a cell, shape (rows, cols), as 32FC1 under the header of the picture that they are about."""
    rows, cols = reward.shape
    data = reward.astype("<f4").tobytes()
    return Image(header=header, height=rows, width=cols, encoding="32FC1", step=4 * cols, data=data)


def reward_from(message: Image) -> NDArray[np.float32]:
    """The numbers of a `reward_message`, shape (rows, cols).

    Raises: MessageError: another encoding, or sizes that do not fit each other.
    """
    shape = (message.height, message.width)
    if message.encoding != "32FC1" or message.is_bigendian or len(message.data) != 4 * shape[0] * shape[1]:
        raise MessageError(
            f"Image: expected little-endian 32FC1 with 4 bytes a cell, found {message.encoding!r}, {shape}, "
            f"{len(message.data)} bytes; ask the topic goal_monitor/reward."
        )
    return np.frombuffer(message.data, dtype="<f4").reshape(shape).copy()


def camera_info_message(height: int, width: int, stamp_ns: int) -> CameraInfo:
    """What goes with every picture: its stamp and size, for those who need no pixels."""
    message = CameraInfo(height=height, width=width)
    message.header.frame_id = CAMERA_FRAME
    message.header.stamp = stamp_from_ns(stamp_ns)
    return message


def picture_from(message: Image) -> NDArray[np.uint8]:
    """The picture of a message, shape (height, width, 3), RGB; a copy.

    Raises: MessageError: another encoding, or sizes that do not fit each other.
    """
    height, width, step = message.height, message.width, message.step
    fits = 0 < height * width <= MAX_PIXELS and step >= 3 * width and len(message.data) == height * step
    if message.encoding not in ("rgb8", "bgr8") or not fits:
        raise MessageError(
            f"Image: expected rgb8 or bgr8 with height x step bytes, found {message.encoding!r}, {height} x {width}, "
            f"step {step}, {len(message.data)} bytes; mend the camera driver."
        )
    rows = np.frombuffer(message.data, dtype=np.uint8).reshape(height, step)
    picture = rows[:, : 3 * width].reshape(height, width, 3)
    return picture[..., ::-1].copy() if message.encoding == "bgr8" else picture.copy()


def state_message(
    robot: str, state: NDArray[np.float32], stamp_ns: int, episode_id: int, moment_ns: int = 0
) -> RobotState:
    """The robot's state as its policy sees it. Args: moment_ns: when it stood so; 0: at the stamp."""
    message = RobotState(robot=robot, episode_id=episode_id, state=state.astype(np.float32).tolist())
    message.header.frame_id = BASE_FRAME
    message.header.stamp = stamp_from_ns(stamp_ns)
    message.moment = stamp_from_ns(moment_ns)
    return message


def joint_message(names: list[str], positions: list[float], stamp_ns: int) -> JointState:
    """Joint positions in rad or m."""
    message = JointState(name=names, position=positions)
    message.header.stamp = stamp_from_ns(stamp_ns)
    return message


def observation_from(image: Image, state: RobotState) -> Observation:
    """What a policy sees, from two messages of the same stamp.

    Raises: MessageError: different stamps, a bad picture or a state that is not finite.
    """
    image_ns, state_ns = stamp_to_ns(image.header.stamp), stamp_to_ns(state.header.stamp)
    if image_ns != state_ns:
        raise MessageError(f"Observation: expected one stamp, found {image_ns} and {state_ns} ns; match them first.")
    values = np.array(state.state, dtype=np.float32)
    if values.size == 0 or not np.isfinite(values).all():
        raise MessageError(f"RobotState: expected finite numbers, found {values.tolist()}; check the robot.")
    return Observation(picture_from(image), values, image_ns / NS_PER_S)


def command_message(command: Command) -> VelocityCommand:
    """A command for the wire."""
    message = VelocityCommand(seq=command.seq, source=command.source, episode_id=command.episode_id)
    message.header.frame_id = command.frame_id
    message.header.stamp = message.observation_stamp = stamp_from_ns(command.observation_ns)
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z = command.linear_m_s
    angular.x, angular.y, angular.z = command.angular_rad_s
    message.gripper = command.gripper
    return message


def command_from(message: VelocityCommand) -> Command:
    """A command from the wire, as it is: judging it is the gate's business."""
    linear, angular = message.twist.linear, message.twist.angular
    return Command(
        seq=message.seq,
        source=message.source,
        linear_m_s=(linear.x, linear.y, linear.z),
        angular_rad_s=(angular.x, angular.y, angular.z),
        gripper=message.gripper,
        observation_ns=stamp_to_ns(message.observation_stamp),
        episode_id=message.episode_id,
        frame_id=message.header.frame_id,
    )


def command_from_action(action: NDArray[np.floating], seq: int, source: str, stamp_ns: int, episode_id: int) -> Command:
    """A policy's action as the command that answers the observation of that stamp and episode.

    Raises: NonFiniteAction: wrong size, NaN or infinity.
    """
    values = np.asarray(action, dtype=np.float64)
    if values.shape != (ACTION_SIZE,) or not np.isfinite(values).all():
        raise NonFiniteAction(
            f"Action: expected {ACTION_SIZE} finite numbers, found {values.shape} {values.tolist()}; check the policy."
        )
    x, y, z, roll, pitch, yaw, gripper = (float(value) for value in values)
    return Command(seq, source, (x, y, z), (roll, pitch, yaw), gripper, stamp_ns, episode_id)


def action_from(command: Command) -> NDArray[np.float64]:
    """A command as an action of the simulated robot, shape (7,)."""
    return np.array([*command.linear_m_s, *command.angular_rad_s, command.gripper])


def milliseconds(age_s: float | None) -> float:
    """An age for a message; -1 for never."""
    return -1.0 if age_s is None or not math.isfinite(age_s) else 1000.0 * age_s
