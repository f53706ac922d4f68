"""From the file of a film or demonstration to a policy that acts."""

from collections.abc import Callable

from data_tools.demo import Demo, Video
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.mil import Mil
from mil_core.bench.comparison import Agreement, Comparison, Timing, seconds_of
from mil_core.bench.re_adapting import ReAdaptingPolicy, largest_difference

BUDGET_S = 1.0
TOLERANCE = 1e-6
"""Both ways run the same inner loop on the same frames."""


def bench_adapt(
    algorithm: Mil | Daml, load: Callable[[], Video | Demo], num_steps: int, repeats: int, peer_repeats: int
) -> Comparison:
    """Ours: read the file, adapt once. Peer: read it, then run the inner loop at each control step of one episode.

    Args:
        algorithm: meta-trained.
        load: reads and prepares the file.
        num_steps: control steps of one episode.
        repeats: measurements of our way, after one that is thrown away.
        peer_repeats: measurements of the peer.
    """

    def ours() -> object:
        return algorithm.adapt(load())

    def peer() -> None:
        policy = ReAdaptingPolicy(algorithm, load())
        for _ in range(num_steps):
            policy.adapted()

    ours()
    our_seconds = [seconds_of(ours) for _ in range(repeats)]
    peer_seconds = [seconds_of(peer) for _ in range(peer_repeats)]
    support = load()
    once, anew = algorithm.adapt(support).parameters, ReAdaptingPolicy(algorithm, support).adapted().parameters
    return Comparison(
        "adapt",
        Timing.of("file to adapted policy, once an episode; decoding and the uncertainty are included", our_seconds),
        Timing.of(f"the released code's way: the inner loop at each of {num_steps} control steps", peer_seconds),
        Agreement("largest difference of an adapted parameter", largest_difference(once, anew), TOLERANCE),
        BUDGET_S,
        "max_s",
    )
