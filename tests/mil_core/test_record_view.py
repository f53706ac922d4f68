"""What an operator is shown while recording."""

import numpy as np
from rich.console import Console

from mil_core.commands.record_view import TERMINAL_COLUMNS, View, drawn


def test_a_picture_in_the_terminal_has_its_colours():
    picture = np.zeros((64, 80, 3), np.uint8)
    picture[:32], picture[32:] = (255, 0, 0), (0, 0, 255)
    text = drawn(picture)
    lines = text.plain.splitlines()
    assert {len(line) for line in lines} == {TERMINAL_COLUMNS}
    styles = [span.style for span in text.spans]
    assert styles[0].color.triplet == (255, 0, 0) and styles[-1].bgcolor.triplet == (0, 0, 255)


def test_the_view_says_nothing_without_a_terminal(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False), monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with View(Console(), "help", is_picture_wanted=True) as view:
        view.ask()
    assert capsys.readouterr().out == ""
