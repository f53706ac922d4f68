"""Answers get lost: the simulator asks again, and a step is counted when its command has been carried out."""

from pathlib import Path

import numpy as np
import pytest
from mil_interfaces.action import RunPolicy
from mil_nodes.sim_robot import REPEAT_NS
from rig import rig

pytestmark = pytest.mark.ros
IMPATIENT_S = 0.0005
"""Before an answer can be there the simulator has sent the observation again, under another stamp."""


def test_observations_that_come_again_are_no_steps(tmp_path: Path) -> None:
    with rig(tmp_path, "fast", params={"sim_robot": {"repeat_s": IMPATIENT_S}}) as running:
        running.begin()
        running.stamps_ns.clear()
        ended = running.client.run_policy("unadapted", 12)
        assert (ended.termination_reason, ended.steps) == (RunPolicy.Result.COMPLETED, 12)
        assert running.client.outcome().steps == 12
        assert REPEAT_NS in np.diff(running.stamps_ns), "expected observations that came again, found none"
