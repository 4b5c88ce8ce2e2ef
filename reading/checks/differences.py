"""Differences: whether a critical result was read back otherwise than it was told, and nobody has answered that."""

from __future__ import annotations

from collections.abc import Iterator

from reading.checks.finding import Check, Facts, Finding
from reading.reports.content import Content


def check(_content: Content, facts: Facts) -> Iterator[Finding]:
    """What was read back of each alert that differs; a report that says so itself is no question any more."""
    for said in facts.read_back_otherwise:
        yield Finding(check=Check.READ_BACK_DIFFERS, words=said)
