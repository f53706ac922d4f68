"""A results file of learned rewards as a table for README.md."""

from typing import Any

SHOWN = (1, 5, 20)
"""Numbers of demonstrations that have a column, where they were measured; the figure has them all."""
PLACES = {"adaptation_scene": "same scene", "test_scene": "other scene", "unseen_sprites": "unseen sprites"}


def reward_text(content: dict[str, Any]) -> str:
    """Markdown: mean value difference with its interval, by method, place and number of demonstrations.

    Raises: KeyError, TypeError: `content` is not what `mil evaluate` writes.
    """
    counts = [count for count in SHOWN if count in content["num_demos"]] or content["num_demos"]
    columns = [(panel, str(count)) for panel in PLACES for count in counts]
    head = [f"{PLACES[panel]}, {count}" for panel, count in columns]
    rows = [f"| method | {' | '.join(head)} |", f"|---|{'---|' * len(head)}"]
    for method, panels in content["methods"].items():
        cells = [_cell(panels[panel]["value_difference"][count]) for panel, count in columns]
        rows.append(f"| `{method}` | {' | '.join(cells)} |")
    about = (
        f"`{content['experiment']}`: {content['tasks']} tasks a cell, expected value difference (0 is best) after so "
        "many demonstrations, 95% interval in brackets."
    )
    return "\n".join([about, "", *rows])


def _cell(value: dict[str, Any]) -> str:
    low, high = value["interval95"]
    return f"{value['mean']:.1f} ({low:.1f} to {high:.1f})"
