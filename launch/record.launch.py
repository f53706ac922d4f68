"""Start the simulated robot, its safety gate and the recorder of demonstrations.

ros2 launch mil_bringup record.launch.py library:=$HOME/demos
ros2 action send_goal /demo_recorder/record_demo mil_interfaces/action/RecordDemo "{task_id: my-task}" --feedback
ros2 service call /demo_recorder/mark_success std_srvs/srv/Trigger
ros2 service call /demo_recorder/stop std_srvs/srv/Trigger
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

HERE = Path(__file__).resolve().parent


def generate_launch_description():
    """What simulate.launch.py starts, and the recorder."""
    mode = LaunchConfiguration("mode")
    params = ParameterFile([f"{HERE}/params/", mode, ".yaml"])
    names = ("library", "source", "extra_cameras")
    choices = {name: ParameterValue(LaunchConfiguration(name), value_type=str) for name in names}
    passed_on = {name: LaunchConfiguration(name) for name in ("mode", "sim")}
    simulate = PythonLaunchDescriptionSource(str(HERE / "simulate.launch.py"))
    return LaunchDescription(
        [
            DeclareLaunchArgument("mode", default_value="realtime", choices=["realtime", "fast"]),
            DeclareLaunchArgument("sim", default_value="true", choices=["true", "false"]),
            DeclareLaunchArgument("library", default_value="out/library"),
            DeclareLaunchArgument("source", default_value="commands", choices=["commands", "kinesthetic"]),
            DeclareLaunchArgument("extra_cameras", default_value=""),
            IncludeLaunchDescription(simulate, launch_arguments=passed_on.items()),
            Node(package="mil_nodes", executable="demo_recorder", parameters=[params, choices], output="screen"),
        ]
    )
