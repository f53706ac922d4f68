import dataclasses

import numpy as np
import pytest
import torch

from data_tools.demo import Demo, Film, TaskDemos, Video
from data_tools.grid import GridDemo
from mil_core.adapted_reward import Grid
from mil_core.algorithms.algorithm import LearningConfig
from mil_core.algorithms.mandril import Mandril, MandrilConfig
from mil_core.baselines.conditional import Conditional, ConditionalConfig
from mil_core.baselines.fine_tuned import FineTuned, FineTuningConfig
from mil_core.baselines.recurrent import Recurrent, RecurrentConfig
from mil_core.baselines.shown_policy import ShownConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments import EXPERIMENTS
from mil_core.experiments.variants import without_inner_loop
from mil_core.inner_loop import InnerConfig
from mil_core.learned_loss import LearnedLossConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.reward_net import RewardNet, RewardNetConfig
from mil_core.reward_scenes import RewardMetaTask, scenes_of, stack
from mil_core.sampling import TaskSampler
from mil_core.scaling import Scaling
from mil_core.training import TrainingConfig

HEIGHT, WIDTH, STEPS = 10, 12, 8


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_flush_denormal(False)  # training turns it on for the whole process, which hypothesis's floats refuse


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def random_video(rng, brightness=None):
    level = 128 if brightness is None else int(brightness)
    frames = rng.integers(0, 2 * level, (STEPS, HEIGHT, WIDTH, 3)).astype(np.uint8)
    return Video(frames, np.arange(STEPS) / 10)


def make_task(rng, index):
    """A task whose action is a constant that only its demos (by action) and its films (by brightness) tell."""
    wanted = rng.uniform(-1, 1)
    times = np.arange(STEPS) / 10

    def demo():
        states = rng.normal(size=(STEPS, 2)).astype(np.float32)
        actions = np.full((STEPS, 2), wanted, np.float32)
        actions[:, 1] = (times > 0.4).astype(np.float32)
        return Demo(random_video(rng), states, actions, times, times, f"toy-{index}", "toy")

    hand_xy, goal_xy = (rng.uniform(-0.5, 0.5, shape).astype(np.float32) for shape in ((STEPS, 2), (2,)))
    film = Film(random_video(rng, 64 + 60 * wanted), hand_xy, goal_xy)
    return TaskDemos(f"toy-{index}", (demo(), demo()), (film,))


@pytest.fixture
def tasks(rng):
    return [make_task(rng, index) for index in range(12)]


@pytest.fixture
def scaling(tasks):
    return Scaling.fit([demo for task in tasks for demo in task.demos], POLICY)


POLICY = PolicyConfig(
    image_height=HEIGHT, image_width=WIDTH, state_size=2, velocity_size=1, has_gripper=True, end_pose=(0, 1),
    filters=(4, 4), strides=(2, 1), hidden=(16,), context_size=4,
)  # fmt: skip
LEARNING = LearningConfig(
    inner=InnerConfig(num_steps=1, step_size=0.05, clip=10.0),
    cloning=CloningConfig(error_scale=2.0, l2_weight=1.0, gripper_weight=0.1, end_pose_weight=0.1),
    learned=LearnedLossConfig(num_filters=6, kernel_size=3),
    num_inner_frames=4,
    num_outer_frames=4,
)


@pytest.fixture
def experiments():
    """A tiny experiment of each algorithm, by its name."""
    reach, place = EXPERIMENTS["mil_reach"](), EXPERIMENTS["daml_place"]()
    training = TrainingConfig(iterations=4, meta_batch=2, validate_every=2, threads=1)
    tiny = {"policy": POLICY, "learning": LEARNING, "training": training}
    return {"mil": dataclasses.replace(reach, **tiny), "daml": dataclasses.replace(place, **tiny)}


EVERYTHING = ShownConfig()
"""What a policy may be shown of a demonstration: pictures, states and actions."""
PLACES = ((0,), (1,))
"""What a pointing policy points at: places on a line."""


@pytest.fixture
def shown_experiment(experiments):
    """A tiny experiment whose policy is shown the demonstration instead of adapting to it."""
    mil = experiments["mil"]

    def experiment(name, shown=EVERYTHING):
        policy = without_inner_loop(mil, name, POLICY.context_size).policy
        if name == "lstm_attention":
            policy = dataclasses.replace(policy, context_size=1, pose_is_told=False, pose_hidden=())
        shown = dataclasses.replace(shown, places=PLACES)
        return dataclasses.replace(mil, algorithm=name, shown=shown, policy=policy)

    return experiment


@pytest.fixture
def build_shown(shown_experiment, scaling):
    """Its learner, untrained, the same each time."""

    def build(name, shown=EVERYTHING):
        torch.manual_seed(1)
        return shown_experiment(name, shown).build(scaling)

    return build


@pytest.fixture
def shown_sample(experiments, tasks, scaling, rng):
    """Draws a task for it."""
    experiment = experiments["mil"]
    sampler = TaskSampler(tasks, scaling, experiment.policy, "demo", experiment.learning)
    return lambda: sampler.sample(rng)


GRID = Grid(rows=4, cols=5, horizon=6)
NET = RewardNetConfig(filters=(3, 4, 4, 3))


def grid_demo(rng, picture=None):
    """A walk without aim over noise, or over the picture given."""
    cells = [rng.integers((GRID.rows, GRID.cols))]
    while len(cells) < 4:
        cells.append(np.clip(cells[-1] + rng.integers(-1, 2, 2), 0, (GRID.rows - 1, GRID.cols - 1)))
    noise = rng.integers(0, 256, (4 * GRID.rows, 4 * GRID.cols, 3)).astype(np.uint8)
    return GridDemo(noise if picture is None else picture, np.array(cells))


@pytest.fixture
def grid_demos(rng):
    return [grid_demo(rng) for _ in range(3)]


@pytest.fixture
def reward_task(rng):
    """Two meta-tasks of one demonstration here, one elsewhere."""
    sides = [[scenes_of([grid_demo(rng)], GRID.rows, GRID.cols, GRID.horizon) for _ in range(2)] for _ in range(2)]
    return stack([RewardMetaTask(support, query) for support, query in sides])


@pytest.fixture
def reward_learners():
    """A tiny one of each way to learn rewards, by its key in results."""
    filters = NET.filters
    return {
        "mandril": Mandril(RewardNet(NET), GRID, MandrilConfig(InnerConfig(2, 0.01, None), test_steps=3)),
        "scratch": FineTuned(RewardNet(NET), GRID, FineTuningConfig(num_steps=20, learning_rate=0.01)),
        "conditional": Conditional(GRID, ConditionalConfig(filters)),
        "conditional_looks": Conditional(GRID, ConditionalConfig(filters, appearance_size=2)),
        "recurrent": Recurrent(GRID, RecurrentConfig(filters, 3, 5)),
    }
