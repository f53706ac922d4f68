"""Show a way over the table once; the robot finds its own way to the same thing, round the glasses, in a new scene.

mil collect --task tabletop --robot pr2 --split test --seed 7 --demos 1 --out out/library/way.hdf5
ros2 launch mil_bringup tabletop.launch.py
ros2 service call /safety_gate/arm std_srvs/srv/Trigger
ros2 service call /goal_monitor/set_demo mil_interfaces/srv/SetDemo "{demo_id: way}"
ros2 action send_goal /policy_runner/adapt mil_interfaces/action/Adapt "{demo_id: way}"
ros2 action send_goal /policy_runner/run_policy mil_interfaces/action/RunPolicy "{adapted_id: way-1, max_steps: 100}"
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

HERE = Path(__file__).resolve().parent


def generate_launch_description():
    """What adapt_and_run.launch.py starts, with a learner of rewards, and the goal monitor that shows them."""
    names = ("mode", "sim", "checkpoint", "library")
    choices = {name: LaunchConfiguration(name) for name in names} | {"task": "tabletop", "goal_monitor": "true"}
    adapt_and_run = PythonLaunchDescriptionSource(str(HERE / "adapt_and_run.launch.py"))
    return LaunchDescription(
        [
            DeclareLaunchArgument("mode", default_value="realtime", choices=["realtime", "fast"]),
            DeclareLaunchArgument("sim", default_value="true", choices=["true", "false"]),
            DeclareLaunchArgument("checkpoint", default_value="checkpoints/mandril_tabletop"),
            DeclareLaunchArgument("library", default_value="out/library"),
            IncludeLaunchDescription(adapt_and_run, launch_arguments=choices.items()),
        ]
    )
