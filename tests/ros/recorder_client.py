"""A client of the recorder of demonstrations, and the process that it talks to in tests."""

from pathlib import Path
from typing import Any

from mil_bringup.client import PING_S, Client
from mil_bringup.processes import NodeProcess
from mil_interfaces.action import RecordDemo
from mil_interfaces.srv import StartRecording
from rclpy.action.client import ActionClient
from rclpy.client import Client as ServiceClient
from rig import Rig
from std_msgs.msg import String
from std_srvs.srv import Trigger

from data_tools.demo import Demo
from data_tools.hdf5 import read_tasks

RECORDER = NodeProcess("tests", "demo_recorder", "troubled_recorder")
RESULT = RecordDemo.Result


class RecorderServices:
    """The recorder's services, which cannot be asked twice: a second `start` finds a recording going on."""

    def __init__(self, client: Client) -> None:
        self._client, node = client, client.node
        self._start = node.create_client(StartRecording, "demo_recorder/start")
        self._others = {
            name: node.create_client(Trigger, f"demo_recorder/{name}")
            for name in ("stop", "discard", "mark_success", "mark_failure")
        }
        self.notices: list[str] = []
        node.create_subscription(String, "demo_recorder/notice", lambda m: self.notices.append(m.data), 5)
        # The last one made: who answers this has discovered those before, so that no later answer is dropped.
        client.ask(self._others["mark_failure"], Trigger.Request(), "an answer of the recorder", PING_S)

    def start(self, task_id: str) -> bool:
        """Whether it was granted; then it records from now on."""
        self.notices.clear()
        is_granted = bool(self._answer(self._start, StartRecording.Request(task_id=task_id), "start").success)
        if is_granted:
            self._client.wait(lambda: f"recording {task_id}" in self.notices, "the beginning")
        return is_granted

    def call(self, name: str) -> Trigger.Response:
        return self._answer(self._others[name], Trigger.Request(), name)

    def _answer(self, service: ServiceClient, request: Any, name: str) -> Any:
        answer = service.call_async(request)
        self._client.wait(answer.done, f"an answer of {name}")
        return answer.result()


class Recorder:
    """A client of the recorder."""

    def __init__(self, running: Rig, library: Path) -> None:
        self.running, self.library = running, library
        self.client = running.client
        self.action = ActionClient(self.client.node, RecordDemo, "demo_recorder/record_demo")
        self.feedback: list[RecordDemo.Feedback] = []
        self.client.wait(self.action.server_is_ready, "the recorder")
        self.services = RecorderServices(self.client)

    def begin(self, task_id: str = "some-task", seconds: float = 0.0) -> Any:
        """A goal that is being recorded, with a fresh scene."""
        self.running.begin()
        self.feedback.clear()
        goal = RecordDemo.Goal(task_id=task_id, max_duration_s=seconds)
        sent = self.action.send_goal_async(goal, lambda message: self.feedback.append(message.feedback))
        self.client.wait(sent.done, "an answer to the goal")
        handle = sent.result()
        if handle.accepted and task_id == "some-task" and not seconds:  # a short one may end before it tells anything
            self.client.wait(lambda: bool(self.feedback), "feedback")
        return handle

    def end(self, handle: Any, *, cancel: bool = True) -> RecordDemo.Result:
        """The result; a goal is canceled first, which keeps what there is."""
        if cancel:
            self.client.wait(handle.cancel_goal_async().done, "an answer to the cancel")
        result = handle.get_result_async()
        self.client.wait(result.done, "the result")
        return result.result().result

    def demo(self, demo_id: str) -> Demo:
        (task,) = read_tasks(self.library / f"{demo_id}.hdf5")
        (demo,) = task.demos
        return demo
