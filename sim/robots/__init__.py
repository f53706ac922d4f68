"""Every robot by name. A new robot is one file and one line here."""

from sim.robots.planar_arm import PlanarArm
from sim.robots.pr2 import PR2
from sim.robots.pr2_torque_arm import Pr2TorqueArm
from sim.robots.robot import AbstractRobot
from sim.robots.sawyer import Sawyer
from sim.robots.table_gripper import TableGripper

ROBOTS: dict[str, type[AbstractRobot]] = {
    "planar_arm": PlanarArm, "pr2": PR2, "pr2_torque_arm": Pr2TorqueArm, "table_gripper": TableGripper,
    "sawyer": Sawyer,
}  # fmt: skip
