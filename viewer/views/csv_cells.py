"""Cells of a CSV file that a spreadsheet takes for text: none begins like a formula."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings of a cell that a spreadsheet would calculate, or skip to find them."""
_CALCULATES: Final = frozenset("=+-@")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""A number is what it calculates to."""


def safe(text: str) -> str:
    """The text, with an apostrophe before it where it begins like a formula."""
    if _NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.startswith(FORMULA) or _first(text) in _CALCULATES else text


def _first(text: str) -> str:
    """The first character that is seen, in its plain form: full-width signs calculate, and blanks are passed over."""
    seen = (one for one in text if not one.isspace() and unicodedata.category(one) not in {"Cc", "Cf"})
    return unicodedata.normalize("NFKC", next(seen, ""))[:1]


def table(rows: Iterable[Sequence[str]]) -> str:
    """A CSV file (RFC 4180) that spreadsheets read as UTF-8."""
    to = StringIO()
    writer = csv.writer(to)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return "\ufeff" + to.getvalue()
