"""The way back from a worker thread to a coroutine on the ROS thread."""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.task import Future


def answering(node: Node, work: Callable[[], Any]) -> tuple[Callable[[], None], Future]:
    """Let a coroutine of a node wait for work that another thread does.

    Args: node: whose coroutine waits; to be called on its ROS thread. work: what is to be done.
    Returns: what the other thread must run, and what the coroutine awaits: the work's result, or what it raised.
    """
    executor = node.executor
    future = Future(executor=executor)

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
        # Without it the executor sleeps on and the result leaves with the next message that happens to come.
        if executor is not None:
            executor.wake()

    return run, future
