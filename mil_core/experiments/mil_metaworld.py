"""Can a policy that meets Meta-World's Sawyer reach, push to or place at a goal that it never met, shown once?

And, in ML10, do a whole task that it never met?
"""

from dataclasses import replace

from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.experiments.mil_push import mil_push


def mil_metaworld_reach() -> ImitationExperiment:
    """MIL on reach-v3, the goal in sight. It goes on from pushing: the same robot, puck, ball and camera."""
    return _after("push", _on("reach"), 4000)


def mil_metaworld_push() -> ImitationExperiment:
    """MIL on push-v3, the goal in sight."""
    return _on("push")


def mil_metaworld_pick_place() -> ImitationExperiment:
    """MIL on pick-place-v3, the goal in sight. It goes on from pushing: the same robot, puck, ball and camera."""
    return _after("push", _on("pick_place"), 2500)


def mil_metaworld_reach_hidden() -> ImitationExperiment:
    """MIL on reach-v3 with a goal that only the demonstration tells. It goes on from reaching for goals in sight."""
    return _after("reach", _on("reach_hidden"), 2000)


def mil_metaworld_push_hidden() -> ImitationExperiment:
    """MIL on push-v3 with a goal that only the demonstration tells. It goes on from pushing to goals in sight."""
    return _after("push", _on("push_hidden"), 2000)


def mil_metaworld_pick_place_hidden() -> ImitationExperiment:
    """MIL on pick-place-v3 with a goal that only the demonstration tells. It goes on from goals in sight."""
    return _after("pick_place", _on("pick_place_hidden"), 2000)


def mil_metaworld_ml10() -> ImitationExperiment:
    """MIL on the ten training tasks of ML10, for the five others. It goes on from pushing, whose robot it meets."""
    whole = _after("push", _on("ml10"), 4000)
    return replace(whole, data=replace(whole.data, held_out="tasks"))


def _on(variant: str) -> ImitationExperiment:
    """The network and rates of mil_push; its loss for a gripper beside that of three velocities.

    Args: variant: name of the task behind "metaworld_".
    """
    name, push = f"mil_metaworld_{variant}", mil_push()
    # A gripper that is always wrong weighs about as much as velocities that are always zero.
    cloning = replace(push.learning.cloning, gripper_weight=100.0)
    return replace(
        push,
        name=name,
        task=f"metaworld_{variant}",
        robot="sawyer",
        policy=replace(push.policy, state_size=4, velocity_size=3, has_gripper=True),
        learning=replace(push.learning, cloning=cloning),
        training=replace(push.training, iterations=4000),
        data=DataConfig(num_tasks=300, num_validation_tasks=30, demos_per_task=3, label=name, held_out="goals"),
    )


def _after(start: str, experiment: ImitationExperiment, iterations: int) -> ImitationExperiment:
    """Goes on from the weights of the experiment `start` for so many steps.

    Args: start: its name behind "mil_metaworld_".
    """
    training = replace(experiment.training, iterations=iterations, start_from=f"checkpoints/mil_metaworld_{start}")
    return replace(experiment, training=training)
