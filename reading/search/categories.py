"""Categories of a report (BI-RADS 4A, Lung-RADS 3) as its form has them, by a code that is sought."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import ascii_uppercase, digits
from typing import Any, Final

from reading.templates.document import Document, TableField

_FAMILY: Final = re.compile(r"[A-Z]+-?[A-Z]*RADS", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[\s:：]+")


def code_of(text: str) -> str:
    """A category as it is kept and sought: BI-RADS 4a is BI-RADS4A."""
    return _BETWEEN.sub("", text).upper()[:60]


def codes_from(text: str) -> list[str]:
    """Every code that begins as somebody typed it: a system, or one of its grades without the letter behind it."""
    beginning = code_of(text)
    grades = ["", *digits, *(f"{digit}{letter}" for digit in digits for letter in ascii_uppercase)]
    return [beginning + rest for rest in (*grades, *ascii_uppercase)]


def categories(document: Document, values: Mapping[str, Any]) -> frozenset[str]:
    """The codes of the fields of a form, also those in its tables, whose label names such a system."""
    return frozenset(_found(document, values))


def _found(document: Document, values: Mapping[str, Any]) -> Iterator[str]:
    for one in document.fields:
        if isinstance(one, TableField):
            for column in one.columns:
                for row in values.get(one.name) or ():
                    yield from _codes(column.label.en, row.get(column.name))
        else:
            yield from _codes(one.label.en, values.get(one.name))


def _codes(label: str, value: Any) -> Iterator[str]:
    family = _FAMILY.search(label)
    for each in value if isinstance(value, list) else [value]:
        if family is not None and isinstance(each, str | int) and not isinstance(each, bool) and each != "":
            yield code_of(f"{family[0]}{each}")
