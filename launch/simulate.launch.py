"""Start the simulated robot and its safety gate; with sim:=false, as for a real robot, the gate alone.

ros2 launch mil_bringup simulate.launch.py mode:=realtime
ros2 service call /safety_gate/arm std_srvs/srv/Trigger
ros2 service call /safety_gate/stop std_srvs/srv/Trigger

With goal_monitor:=true, which like sim every other launch file here takes too, a reward lies over the camera picture,
or, with goal_checkpoint:=checkpoints/flo_place, a classifier judges it (docs/goals.md):

ros2 service call /goal_monitor/set_demo mil_interfaces/srv/SetDemo "{demo_id: my-demo}"
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile

PARAMS = Path(__file__).resolve().parent / "params"


def generate_launch_description():
    """The two processes, the goal monitor if asked for, and the Fast DDS profile that carries pictures."""
    params = ParameterFile([f"{PARAMS}/", LaunchConfiguration("mode"), ".yaml"])
    scene = {"task": LaunchConfiguration("task")}
    judge = {"checkpoint": LaunchConfiguration("goal_checkpoint"), "library": LaunchConfiguration("library")}
    is_monitored = IfCondition(LaunchConfiguration("goal_monitor"))
    is_simulated = IfCondition(LaunchConfiguration("sim"))
    return LaunchDescription(
        [
            DeclareLaunchArgument("mode", default_value="realtime", choices=["realtime", "fast"]),
            DeclareLaunchArgument("sim", default_value="true", choices=["true", "false"]),
            DeclareLaunchArgument("task", default_value="place"),
            DeclareLaunchArgument("goal_monitor", default_value="false", choices=["true", "false"]),
            DeclareLaunchArgument("goal_checkpoint", default_value="checkpoints/mandril_tabletop"),
            DeclareLaunchArgument("library", default_value="out/library"),
            SetEnvironmentVariable("FASTRTPS_DEFAULT_PROFILES_FILE", str(PARAMS / "fastdds.xml")),
            Node(
                package="mil_nodes",
                executable="sim_robot",
                parameters=[params, scene],
                condition=is_simulated,
                output="screen",
            ),
            Node(package="mil_safety", executable="safety_gate", parameters=[params], output="screen"),
            Node(
                package="mil_nodes",
                executable="goal_monitor",
                parameters=[params, judge],
                condition=is_monitored,
                output="screen",
            ),
        ]
    )
