"""Starts the nodes together: as ordinary processes here, through the launch files where `ros2 launch` is installed."""
