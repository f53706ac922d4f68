"""A results file of goal classifiers as a table for docs/results.md."""

from typing import Any

METRICS = {
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC",
    "calibration_error": "expected calibration error",
}


def goal_text(content: dict[str, Any]) -> str:
    """Markdown: each metric with its interval by method.

    Raises: KeyError, TypeError: `content` is not what `mil evaluate` writes.
    """
    rows = [f"| method | {' | '.join(METRICS.values())} | found alone | found among others |", f"|---|{'---|' * 5}"]
    for method, row in content["methods"].items():
        shares = [f"{row[name]:.1%}" if name in row else "-" for name in ("found_alone", "found_among_distractors")]
        rows.append(f"| `{method}` | {' | '.join([*(_cell(row[name]) for name in METRICS), *shares])} |")
    flagged = ", ".join(f"{camera} {share:.1%}" for camera, share in content["novel_cameras"].items())
    about = (
        f"`{content['experiment']}`: {content['tasks']} tasks with {content['groups']} groups of things never met, "
        f"five goal pictures each, {content['pictures']} judged pictures, 95% interval by groups in brackets. "
        f"Pictures flagged as novel, by camera: {flagged}."
    )
    return "\n".join([about, "", *rows])


def rope_text(content: dict[str, Any]) -> str:
    """Markdown: each metric of shapes with its interval by method.

    Raises: KeyError, TypeError: `content` is not what `mil evaluate` writes.
    """
    shares = {"found": "goals found", "refused_small": "small moves refused", "refused_other": "other shapes refused"}
    rows = [f"| method | {' | '.join(METRICS.values())} | {' | '.join(shares.values())} |", f"|---|{'---|' * 6}"]
    for method, row in content["methods"].items():
        cells = [*(_cell(row[name]) for name in METRICS), *(f"{row[name]:.1%}" for name in shares)]
        rows.append(f"| `{method}` | {' | '.join(cells)} |")
    about = (
        f"`{content['experiment']}`: {content['shapes']} shapes never met, five goal pictures each, "
        f"{content['pictures']} judged pictures, 95% interval by shapes in brackets."
    )
    return "\n".join([about, "", *rows])


def policies_text(content: dict[str, Any]) -> str:
    """Markdown: how near to the goal's shape policies came, by who rewarded them and what they saw.

    Raises: KeyError, TypeError: `content` is not what mil_core.commands.rope_policies writes.
    """
    rows = ["| method | median | quartiles | median, cm | quartiles, cm | policies |", f"|---|{'---|' * 5}"]
    for method, row in content["methods"].items():
        (low, high), (low_m, high_m) = row["quartiles"], row["quartiles_m"]
        cells = [f"{row['median_distance']:.2f}", f"{low:.2f} to {high:.2f}", f"{100 * row['median_distance_m']:.1f}",
                 f"{100 * low_m:.1f} to {100 * high_m:.1f}", str(row["n"])]  # fmt: skip
        rows.append(f"| `{method}` | {' | '.join(cells)} |")
    about = (
        f"`{content['experiment']}`, policies by PPO, {content['steps']} steps each: mean distance of beads at the end "
        "as a share of that at the start (1 = nothing gained), and in centimetres; from the full state, or where it "
        f"says so from features. FLO's reward: {content['shaping'].replace('_', ' ')}."
    )
    return "\n".join([about, "", *rows])


def prediction_text(content: dict[str, Any]) -> str:
    """Markdown: how much of what a move changes a model of moves predicts.

    Raises: KeyError, TypeError: `content` is not what `mil evaluate` writes.
    """
    row = content["unexplained"]
    (low, high), quartiles = row["interval95"], [f"{share:.1%}" for share in row["quartiles"]]
    return (
        f"`{content['experiment']}`: predicted pictures of {content['tasks']} groups of blocks never met x "
        f"{content['moves']} random moves err by {row['mean']:.1%} ({low:.1%} to {high:.1%} by groups) of what "
        f"pictures err in which nothing has moved; quartiles of moves {', '.join(quartiles)}."
    )


def planning_text(content: dict[str, Any]) -> str:
    """Markdown: success of planning by setting and method, and whose fault the failures are.

    Raises: KeyError, TypeError: `content` is not what `mil evaluate --planning` writes.
    """
    kinds = {"classifier": "believed it done", "planner": "knew it was not"}
    who = "a model learned from random play" if content.get("predictor") == "learned" else "the simulator"
    rows = [
        f"| setting | method | success | rate | 95% interval | 95% by pairs | {' | '.join(kinds.values())} |",
        f"|---|{'---|' * 7}",
    ]
    for setting, methods in content["settings"].items():
        for method, row in methods.items():
            intervals = [f"{low:.1%} to {high:.1%}" for low, high in (row["wilson95"], row["pair_bootstrap95"])]
            numbers = [f"{row['successes']}/{row['n']}", f"{row['rate']:.1%}", *intervals]
            faults = [str(row["failures"][kind]) for kind in kinds]
            rows.append(f"| {setting.replace('_', ' ')} | `{method}` | {' | '.join([*numbers, *faults])} |")
    about = (
        f"`{content['experiment']}`, planning: {content['tasks']} pairs of blocks never met x {content['trials']} "
        "tasks in each setting, five goal pictures each, success counted at the end by where the blocks are; "
        f"{who} predicts the pictures. Failures by whether the method believed it was done."
    )
    return "\n".join([about, "", *rows])


def _cell(value: dict[str, Any]) -> str:
    low, high = value["interval95"]
    return f"{value['mean']:.3f} ({low:.3f} to {high:.3f})"
