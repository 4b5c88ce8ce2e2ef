"""The opinion of a double reading in words: what it asks for, of which side, with which views."""

from __future__ import annotations

from reading.reports.opinion import Opinion
from viewer.words.catalogue import Language, text


def opinion(said: Opinion | None, language: Language) -> str:
    """One line; empty where nobody was asked for one."""
    if said is None:
        return ""
    sides = [
        text(language, f"opinion.{side}.{result}")
        for side, result in (("right", said.right), ("left", said.left))
        if result is not None
    ]
    parts = [text(language, f"opinion.{said.result}"), *sides, " ".join(sorted(said.views)), said.comment]
    return text(language, "opinion.join").join(part for part in parts if part)
