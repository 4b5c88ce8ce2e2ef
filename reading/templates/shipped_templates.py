"""The templates that come with the program: read from their files, installed as the region's."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from reading.templates.document import Document, read_document


class Shipped(NamedTuple):
    key: str
    version: int
    document: dict[str, Any]
    read: Document


@cache
def shipped() -> tuple[Shipped, ...]:
    """All of them, by key."""
    found: list[Shipped] = []
    for file in sorted((files("reading.templates") / "shipped").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            made = json.loads(file.read_text("utf-8"))
            document = made["document"]
            found.append(Shipped(file.name.removesuffix(".json"), made["version"], document, read_document(document)))
    return tuple(found)
