"""A results file of learned rewards as a table for docs/results.md."""

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


def asking_text(content: dict[str, Any]) -> str:
    """Markdown: mean value difference after one demonstration and after a second one, from anywhere or as asked for.

    Raises: KeyError, TypeError: `content` is not what `mil_core.commands.ask_next` writes.
    """
    head = "| judged in | one | and one from anywhere | and the one asked for | what asking gains |"
    rows = [
        f"| {place.replace('_', ' ')} | {' | '.join(_cell(row[kind]) for kind in ('one', 'random', 'asked', 'gain'))} |"
        for place, row in content["asking"].items()
    ]
    about = (
        f"`{content['experiment']}`: {content['tasks']} validation tasks, expected value difference (0 is best) after "
        "one demonstration, and after a second one that begins anywhere or where `mil_core.asking` asks for it; 95% "
        "interval in brackets."
    )
    return "\n".join([about, "", head, "|---|---|---|---|---|", *rows])


def _cell(value: dict[str, Any]) -> str:
    low, high = value["interval95"]
    return f"{value['mean']:.1f} ({low:.1f} to {high:.1f})"
