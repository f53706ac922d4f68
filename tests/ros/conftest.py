"""Makes rclpy and the built interfaces importable, on a ROS domain of this test run alone."""

import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "ros2_ws" / "src" / "mil_bringup")]

# Domains above 101 use ports that the system hands out to others.
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)

from mil_bringup.environment import activate  # noqa: E402

activate()

with warnings.catch_warnings():
    # The message generator's parser imports a module that Python is about to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    import rosidl_generator_py  # noqa: E402, F401
