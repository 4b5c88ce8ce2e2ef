"""Text of a table as spreadsheets write it: its encoding, its separator, and its lines of cells."""

from __future__ import annotations

import csv
from typing import Final

from reading.errors import Invalid

MOST_BYTES: Final = 1_000_000
SEPARATORS: Final = ",;\t，；"
"""The one that occurs most in the first line separates the cells of every line."""
_CALCULATES: Final = "=+-@"


def decoded(file: bytes) -> str:
    """The text of a file: UTF-8, with or without a byte order mark, or else GB18030, as Chinese spreadsheets write.

    Raises:
        Invalid: it is longer than `MOST_BYTES`, or is text in neither.

    """
    if len(file) > MOST_BYTES:
        raise Invalid("file", "table_too_long")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return file.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("file", "table_encoding")


def lines_of(text: str) -> list[tuple[int, tuple[str, ...]]]:
    """The cells of each line that says something, with its number from 1; none where it begins with #."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = [(number, line) for number, line in enumerate(plain, start=1) if line.strip(f'{SEPARATORS} "')]
    said = [(number, line) for number, line in numbered if not line.lstrip().startswith("#")]
    if not said:
        return []
    separator = max(SEPARATORS, key=said[0][1].count)
    return [(number, _cells(line, separator)) for number, line in said]


def _cells(line: str, separator: str) -> tuple[str, ...]:
    try:
        cells = [_plain(cell) for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # a cell of more than 131,072 characters
        raise Invalid("lines", "cell_length") from None
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _plain(cell: str) -> str:
    """Without blanks around it, and without the apostrophe that keeps a spreadsheet from calculating it."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in set(_CALCULATES) else text
