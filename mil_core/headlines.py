"""The best known number of each results file in one line, beside its best rival: the short table of README.md."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

OWN = ("mil", "daml", "mandril", "flo")
"""Beginnings of the names of methods that the project is about; all others in a table are their rivals."""
NO_RIVALS = ("unadapted", "random", "oracle")
"""What has learned nothing, or is told what nobody else knows."""
IN_WORDS = {
    "daml_place": "put it into one of three containers, after one film of a human",
    "flo_arrange": "arrange two blocks as five pictures show",
    "flo_place": "is it in this container, as in five pictures",
    "flo_push": "is it at the goal, as in five pictures",
    "flo_rope": "bring a rope into the shape of five pictures",
    "mandril_spriteworld": "rewards of pictures from one path",
    "mandril_tabletop": "drive to the goal and past the glasses, after one path",
    "mil_metaworld_ml10": "Meta-World ML10: a whole task never met, after one demonstration",
    "mil_metaworld_pick_place": "Meta-World pick-place, after one demonstration",
    "mil_metaworld_pick_place_hidden": "Meta-World pick-place to a goal out of sight, after one demonstration",
    "mil_metaworld_push": "Meta-World push, after one demonstration",
    "mil_metaworld_push_hidden": "Meta-World push to a goal out of sight, after one demonstration",
    "mil_metaworld_reach": "Meta-World reach, after one demonstration",
    "mil_metaworld_reach_hidden": "Meta-World reach for a goal out of sight, after one demonstration",
    "mil_place": "put it into one of three containers, after one demonstration",
    "mil_push": "push one of two things to the goal, after one demonstration",
    "mil_reach": "reach for one of three colours, after one demonstration",
    "mil_reach_states": "reach for one of three places without seeing, after one demonstration",
}
"""Experiment -> what is asked; where there are no words for one, its name says it."""
HEAD = "| what, on tasks never met | ours | 95% interval | best rival | unadapted |\n|---|---|---|---|---|"


class Rated(NamedTuple):
    """What a method came to."""

    worth: float
    """The greater the better."""
    text: str
    """The number as people read it."""
    interval: str
    """Its 95% interval: for counts the wider one of Wilson's and that over whole tasks."""


def headlines(content: dict[str, Any]) -> list[str]:
    """Rows of the short table; none for what is no comparison of methods, or not on test tasks.

    Raises: KeyError, TypeError: `content` is not what `mil evaluate` writes.
    """
    name = _in_words(content["experiment"], content.get("shots", 1))
    if content.keys() & {"asking", "sizes", "unexplained"} or content.get("split", "test") != "test":
        return []
    if "settings" in content:
        who = "a learned model" if content.get("predictor") == "learned" else "the simulator"
        return [
            _row(f"{name}, {setting.replace('_', ' ')}, planned with {who}", _rated(methods, _success))
            for setting, methods in content["settings"].items()
        ]
    methods = content["methods"]
    if "cells" in content:
        seeing_alike = {method: row for method, row in methods.items() if not sees_features(method)}
        left = "share of the distance that is left (0 is best)"
        return [_row(f"{name}, by policies it rewards; {left}", _rated(seeing_alike, _left))]
    if "novel_cameras" in content or "shapes" in content:
        return [_row(f"{name}; area under the ROC curve", _rated(methods, _auroc))]
    if "num_demos" in content:
        return [_row(f"{name}, in another scene; expected value difference (0 is best)", _rated(methods, _difference))]
    if "retry" in content:
        rated, row = _rated(methods, _success), content["retry"]
        name += f", tried again where success is less likely than {row['failure_below']:g}"
        return [_row(name, {row["first"]: rated[row["first"]], "once": rated[row["second"]]})]
    through = ", through the ROS 2 graph" if "command" in content else ""
    return [_row(f"{name}{through}", _rated(methods, _success))]


def sees_features(method: str) -> bool:
    """Whether policies of this row of the rope's table see an autoencoder's features, not the full state."""
    return method.endswith("_features")


def _in_words(experiment: str, shots: int) -> str:
    words = IN_WORDS.get(experiment, "")
    if shots > 1:
        words = words.replace("one demonstration", f"{shots} demonstrations")
    return f"`{experiment}`: {words}" if words else f"`{experiment}`"


def _row(what: str, rated: Mapping[str, Rated]) -> str:
    own = next(method for method in rated if _is_own(method))
    rivals = [method for method in rated if not _is_own(method) and method not in NO_RIVALS]
    best = max(rivals, key=lambda method: rated[method].worth, default=None)
    cells = (
        what,
        f"`{own}` {rated[own].text}",
        rated[own].interval,
        "" if best is None else f"`{best}` {rated[best].text}",
        rated["unadapted"].text if "unadapted" in rated else "",
    )
    return f"| {' | '.join(cells)} |"


def _is_own(method: str) -> bool:
    return method.split("_")[0] in OWN


def _rated(methods: Mapping[str, Any], rate: Callable[[dict[str, Any]], Rated]) -> dict[str, Rated]:
    return {method: rate(row) for method, row in methods.items()}


def _success(row: dict[str, Any]) -> Rated:
    # The wider of the two: trials of a task are alike, and no failure at all leaves nothing to draw anew.
    intervals = [row[key] for key in ("wilson95", "task_bootstrap95", "pair_bootstrap95") if key in row]
    low, high = min(low for low, _ in intervals), max(high for _, high in intervals)
    return Rated(row["rate"], f"{row['successes']}/{row['n']} = {row['rate']:.1%}", f"{low:.1%} to {high:.1%}")


def _auroc(row: dict[str, Any]) -> Rated:
    low, high = row["auroc"]["interval95"]
    return Rated(row["auroc"]["mean"], f"{row['auroc']['mean']:.3f}", f"{low:.3f} to {high:.3f}")


def _left(row: dict[str, Any]) -> Rated:
    low, high = row["quartiles"]
    return Rated(-row["median_distance"], f"{row['median_distance']:.2f}", f"quartiles {low:.2f} to {high:.2f}")


def _difference(row: dict[str, Any]) -> Rated:
    cells = row["test_scene"]["value_difference"]
    cell = cells[min(cells, key=int)]
    low, high = cell["interval95"]
    return Rated(-cell["mean"], f"{cell['mean']:.1f}", f"{low:.1f} to {high:.1f}")
