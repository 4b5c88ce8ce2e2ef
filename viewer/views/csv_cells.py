"""Cells of a CSV file that a spreadsheet takes for text: none begins like a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that a spreadsheet would calculate."""


def safe(text: str) -> str:
    """The text, with an apostrophe before it where it begins like a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def table(rows: Iterable[Sequence[str]]) -> str:
    """A CSV file (RFC 4180) that spreadsheets read as UTF-8."""
    to = StringIO()
    writer = csv.writer(to)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return "\ufeff" + to.getvalue()
