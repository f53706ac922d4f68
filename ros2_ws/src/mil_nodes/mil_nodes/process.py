"""How every node of this project lives: one executor, a clean end on SIGINT and SIGTERM, short words on bad input."""

import sys
from collections.abc import Callable
from typing import Protocol

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

EXIT_BAD_INPUT = 2


class Closable(Protocol):
    """A node that has something to put away."""

    def close(self) -> None:
        """Stop threads and free resources."""
        ...


def spin(make_node: Callable[[], Node], expected: tuple[type[Exception], ...] = ()) -> None:
    """Make a node and serve it until the process is told to stop.

    Args: make_node: builds the node. expected: errors that mean bad input, told without a traceback.
    Raises: SystemExit: bad input.
    """
    executor = SingleThreadedExecutor()
    node = None
    try:
        node = make_node()
        executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except expected as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        raise SystemExit(EXIT_BAD_INPUT) from error
    finally:
        close = getattr(node, "close", None)
        if close:
            close()
        if node is not None:
            node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()
