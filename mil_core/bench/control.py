"""One control step, from an observation in memory to an action in memory."""

from collections.abc import Sequence

import numpy as np

from data_tools.demo import Demo, Observation, Video
from mil_core.actor import Actor
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.mil import Mil
from mil_core.bench.comparison import Agreement, Comparison, Timing, seconds_of
from mil_core.bench.re_adapting import ReAdaptingPolicy

BUDGET_S = 0.020
TOLERANCE = 1e-5


def bench_control(
    algorithm: Mil | Daml, support: Video | Demo, episode: Sequence[Observation], repeats: int, peer_repeats: int
) -> Comparison:
    """Ours: a policy that was adapted once. Peer: one that adapts anew before every action.

    Args: episode: observations of one episode, in order. repeats, peer_repeats: episodes to time.
    """
    ours, peer = algorithm.adapt(support), ReAdaptingPolicy(algorithm, support)
    difference = np.abs(_actions(ours, episode) - _actions(peer, episode)).max()
    our_seconds = [second for _ in range(repeats) for second in _step_seconds(ours, episode)]
    peer_seconds = [second for _ in range(peer_repeats) for second in _step_seconds(peer, episode)]
    return Comparison(
        "control",
        Timing.of("one control step of a policy adapted once", our_seconds),
        Timing.of("the released code's way: adapt anew, then act", peer_seconds),
        Agreement("largest difference of an action's number over one episode", float(difference), TOLERANCE),
        BUDGET_S,
        "p99_s",
    )


def _actions(actor: Actor, episode: Sequence[Observation]) -> np.ndarray:
    actor.reset()
    return np.stack([actor.act(observation) for observation in episode])


def _step_seconds(actor: Actor, episode: Sequence[Observation]) -> list[float]:
    actor.reset()
    return [seconds_of(lambda seen=observation: actor.act(seen)) for observation in episode]
