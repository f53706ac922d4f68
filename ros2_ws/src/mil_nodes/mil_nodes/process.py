"""How every node of this project lives: one executor, a clean end on SIGINT and SIGTERM, short words on bad input."""

import signal
import sys
from collections.abc import Callable

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

EXIT_BAD_INPUT = 2
POLL_S = 0.1
"""How often an idle node looks whether it should end."""


def serve(make_node: Callable[[], Node], expected: tuple[type[Exception], ...] = ()) -> None:
    """Initialise ROS, make a node and serve it until the process is told to stop.

    A signal ends the process between two callbacks. (The handlers of rclpy would pull the context away from under a
    callback that is still publishing.)

    Args: make_node: builds the node. expected: errors that mean bad input, told without a traceback.
    Raises: SystemExit: bad input.
    """
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    is_ending = False

    def end(*_: object) -> None:
        nonlocal is_ending
        is_ending = True

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    executor = SingleThreadedExecutor()
    try:
        node = make_node()
    except expected as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        rclpy.shutdown()
        raise SystemExit(EXIT_BAD_INPUT) from error
    executor.add_node(node)
    while not is_ending:
        executor.spin_once(POLL_S)
    node.destroy_node()
    executor.shutdown()
    rclpy.shutdown()
