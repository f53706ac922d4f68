"""A report is one well-formed file that needs nothing else, and no text in it can become markup."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.errors import DataError
from data_tools.report import Paragraph, Picture, Section, SuccessTable, Table, html_report
from data_tools.statistics import wilson95
from data_tools.video import write_video

VOID = {"meta", "img", "rect", "path"}


class Checker(HTMLParser):
    """Collects the text and every address, and makes sure that tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def page_of(tmp_path, *parts) -> str:
    html_report(tmp_path / "a.html", "One film & a robot", [Section("Part <1>", parts)])
    return (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_report_holds_its_pictures_and_films_itself(tmp_path):
    write_video(tmp_path / "a.mp4", np.zeros((3, 16, 16, 3), np.uint8), 10.0)
    (tmp_path / "a.png").write_bytes(b"not really a picture")
    page = page_of(tmp_path, Picture(tmp_path / "a.mp4", "film"), Picture(tmp_path / "a.png", 'a "sheet"'))
    addresses = Checker(page).addresses
    assert [address.split(",")[0] for address in addresses] == ["data:video/mp4;base64", "data:image/png;base64"]
    assert base64.b64decode(addresses[0].split(",")[1]) == (tmp_path / "a.mp4").read_bytes()
    assert not re.search(r"(?:https?:)?//\w", re.sub(r'"data:[^"]*"', "", page))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_text_becomes_markup(text):
    page = Paragraph(text).html() + Table([text], [[text]]).html()
    page += SuccessTable.of_methods({text: {"successes": 1, "n": 2}}).html()
    checker = Checker(page)
    assert checker.tags <= {"p", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect", "path"}
    assert "".join(checker.texts).count(text) >= 3


def test_a_success_table_shows_counts_rates_and_intervals(tmp_path):
    methods = {"daml_temporal": {"successes": 92, "n": 120}, "unadapted": {"successes": 38, "n": 120}}
    page = page_of(tmp_path, SuccessTable.of_methods(methods, chance=1 / 3))
    for successes, rate in ((92, "77%"), (38, "32%")):
        low, high = (100 * end for end in wilson95(successes, 120))
        assert f"{successes}/120" in page and rate in page
        assert f"{low:.0f}–{high:.0f}%" in page
        assert f"M{low:.1f} 8H{high:.1f}" in page
    assert "daml temporal" in page and "chance, 33%" in page
    Checker(page)


def test_a_report_reads_in_the_dark(tmp_path):
    page = page_of(tmp_path)
    assert "prefers-color-scheme: dark" in page and "system-ui" in page
    assert "One film &amp; a robot" in page and "Part &lt;1&gt;" in page


@pytest.mark.parametrize("name", ["missing.png", "a.exe"])
def test_a_picture_that_cannot_be_shown_leaves_no_half_report(tmp_path, name):
    (tmp_path / "a.exe").touch()
    with pytest.raises(DataError, match=name):
        page_of(tmp_path, Picture(tmp_path / name))
    assert not (tmp_path / "a.html").exists()
