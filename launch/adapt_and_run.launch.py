"""Start the simulated robot, its safety gate and the policy runner; then adapt to a film and let it act.

Films are my-film.mp4 in the library. checkpoint:=checkpoints/mil_place adapts to recordings of the robot instead, as
record.launch.py makes them: episode-000000.hdf5.

ros2 launch mil_bringup adapt_and_run.launch.py library:=$HOME/films
ros2 service call /safety_gate/arm std_srvs/srv/Trigger
ros2 action send_goal /policy_runner/adapt mil_interfaces/action/Adapt "{demo_id: my-film}"
ros2 action send_goal /policy_runner/run_policy mil_interfaces/action/RunPolicy "{adapted_id: my-film-1}"
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, SetEnvironmentVariable
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

HERE = Path(__file__).resolve().parent


def generate_launch_description():
    """What simulate.launch.py starts, and the policy runner."""
    mode = LaunchConfiguration("mode")
    params = ParameterFile([f"{HERE}/params/", mode, ".yaml"])
    names = ("checkpoint", "second_checkpoint", "library")
    folders = {name: ParameterValue(LaunchConfiguration(name), value_type=str) for name in names}
    passed_on = {name: LaunchConfiguration(name) for name in ("mode", "sim")}
    simulate = PythonLaunchDescriptionSource(str(HERE / "simulate.launch.py"))
    return LaunchDescription(
        [
            DeclareLaunchArgument("mode", default_value="realtime", choices=["realtime", "fast"]),
            DeclareLaunchArgument("sim", default_value="true", choices=["true", "false"]),
            DeclareLaunchArgument("checkpoint", default_value="checkpoints/daml_place"),
            DeclareLaunchArgument("second_checkpoint", default_value=""),
            DeclareLaunchArgument("library", default_value="out/library"),
            SetEnvironmentVariable("OMP_NUM_THREADS", "1"),
            IncludeLaunchDescription(simulate, launch_arguments=passed_on.items()),
            Node(package="mil_nodes", executable="policy_runner", parameters=[params, folders], output="screen"),
        ]
    )
