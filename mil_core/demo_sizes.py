"""Whether a demonstration or a film has the sizes that a policy was built for."""

from data_tools.demo import Demo, Video
from mil_core.errors import SupportMismatch
from mil_core.policies.policy import PolicyConfig


def check_demo_sizes(demo: Demo, policy: PolicyConfig) -> None:
    """Compare pictures, states and actions with what a policy takes and gives.

    Raises: SupportMismatch: one of them differs; the message says both sizes.
    """
    expected = {
        "picture": (policy.image_height, policy.image_width),
        "state": (policy.state_size,),
        "action": (policy.action_size,),
    }
    found = {
        "picture": demo.video.frames.shape[1:3],
        "state": demo.states.shape[1:],
        "action": demo.actions.shape[1:],
    }
    wrong = [name for name in expected if expected[name] != found[name]]
    if wrong:
        name = wrong[0]
        raise SupportMismatch(
            f"demonstration of task {demo.task_id!r}: expected {name}s of shape {expected[name]}, found {found[name]}; "
            f"it is by robot {demo.robot!r}: use the experiment that is for it."
        )


def check_film_size(film: Video, policy: PolicyConfig) -> None:
    """Compare a film's pictures with those that a policy takes.

    Raises: SupportMismatch: they differ; the message says both sizes.
    """
    height, width = film.frames.shape[1:3]
    if (height, width) != (policy.image_height, policy.image_width):
        raise SupportMismatch(
            f"expected a film of {policy.image_width}x{policy.image_height}, found {width}x{height}; "
            "use data_tools.video.resize."
        )
