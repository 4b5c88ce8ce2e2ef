"""The audit's words are those of its page."""

from __future__ import annotations

import re

from reading.actions import Action
from tests.standard.test_settings_docs import REPOSITORY


def test_the_page_explains_every_action_and_no_other() -> None:
    page = (REPOSITORY / "docs" / "audit.md").read_text("utf-8")
    explained = re.findall(r"^\| `([a-z_.]+)` \| .+ \|$", page, re.MULTILINE)

    assert sorted(explained) == sorted(Action)
    assert [
        action for action in Action if action != action.name.lower().replace("_", ".", 1) and "follow" not in action
    ] == []


def test_every_action_is_used() -> None:
    """By its name, or as a move of a case, a concern, images or a follow-up that the code puts into an action."""
    source = "\n".join(
        path.read_text("utf-8")
        for package in ("reading", "viewer", "service")
        for path in (REPOSITORY / package).rglob("*.py")
        if path.name != "actions.py"
    )
    made = ("case.", "concern.", "surgery.", "follow_up.", "study.")

    assert [each for each in Action if f"Action.{each.name}" not in source and not each.startswith(made)] == []
