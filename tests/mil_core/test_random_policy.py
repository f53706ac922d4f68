import numpy as np

from data_tools.demo import Observation
from mil_core.baselines.random_policy import RandomPolicy

NUM_DRAWS = 4000


def draws(config, scaling, seed):
    policy = RandomPolicy(config, scaling, np.random.default_rng(seed))
    image = np.zeros((config.image_height, config.image_width, 3), np.uint8)
    seen = Observation(image, np.zeros(config.state_size, np.float32), 0.0)
    policy.reset()
    return np.stack([policy.act(seen) for _ in range(NUM_DRAWS)])


def test_velocities_are_normal_in_units_of_the_demonstrations(experiments, scaling):
    actions = draws(experiments["mil"].policy, scaling, 0)
    unit = actions[:, :1] / scaling.velocities.std
    assert abs(unit.mean()) < 4 / np.sqrt(NUM_DRAWS)
    assert abs(unit.std() - 1) < 4 / np.sqrt(2 * NUM_DRAWS)


def test_the_gripper_is_open_or_closed_about_equally_often(experiments, scaling):
    gripper = draws(experiments["mil"].policy, scaling, 1)[:, -1]
    assert set(gripper) == {0.0, 1.0} and abs(gripper.mean() - 0.5) < 4 * 0.5 / np.sqrt(NUM_DRAWS)


def test_the_same_seed_gives_the_same_actions(experiments, scaling):
    config = experiments["mil"].policy
    assert np.array_equal(draws(config, scaling, 2), draws(config, scaling, 2))
