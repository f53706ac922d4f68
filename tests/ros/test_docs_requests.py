"""Requests that the pages show have the fields of their types."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).resolve().parents[2] / "docs"
FLAG = r"(?: -f| --feedback)?"
LINE = re.compile(
    rf'^ros2 (?:service call|action send_goal){FLAG} \S+ (\w+)/(srv|action)/(\w+) "(.*)"{FLAG}$', re.MULTILINE
)
ANY_REQUEST = re.compile(r'^ros2 (?:service call|action send_goal)\b.*"', re.MULTILINE)
REQUESTS = [(page.name, *found) for page in sorted(DOCS.glob("*.md")) for found in LINE.findall(page.read_text())]


def test_pages_show_requests() -> None:
    assert {name for _, _, _, name, _ in REQUESTS} >= {"SetDemo", "SetGoal", "Adapt", "RunPolicy", "RecordDemo"}
    for page in DOCS.glob("*.md"):
        text = page.read_text()
        assert len(LINE.findall(text)) == len(ANY_REQUEST.findall(text)), f"{page.name}: a request is overlooked"


@pytest.mark.parametrize(("page", "package", "kind", "name", "text"), REQUESTS)
def test_a_request_has_the_fields_of_its_type(page: str, package: str, kind: str, name: str, text: str) -> None:
    types = getattr(importlib.import_module(f"{package}.{kind}"), name)
    made = filled(types.Request if kind == "srv" else types.Goal, yaml.safe_load(text))
    assert made is not None, page


def filled(kind: type, values: dict[str, Any]) -> Any:
    """A message with these values; what has another type or no field of that name raises."""
    types = kind.get_fields_and_field_types()
    for field, value in values.items():
        inner = re.fullmatch(r"sequence<(\w+)/(\w+)>", types[field])
        if inner is not None:
            part = getattr(importlib.import_module(f"{inner[1]}.msg"), inner[2])
            values = values | {field: [filled(part, one) for one in value]}
    return kind(**values)
