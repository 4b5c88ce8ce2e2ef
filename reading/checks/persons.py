"""Persons: whether images and order name the same one."""

from __future__ import annotations

from collections.abc import Iterator

from reading.checks.finding import Check, Facts, Finding
from reading.reports.content import Content


def check(_content: Content, facts: Facts) -> Iterator[Finding]:
    """That the images name somebody else, whatever is written about them."""
    if facts.differing_person:
        yield Finding(check=Check.PERSON_OF_IMAGES_DIFFERS, words=" ".join(facts.differing_person))
