"""The numbers as files: CSV with escaped cells and an Excel workbook; people are in neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Final

import xlsxwriter
from starlette.responses import Response

from reading.numbers.figures import Asked, Overview, Part
from reading.numbers.indicators import Figure, Indicator, Shape
from reading.numbers.sums import By
from storage.open_transactions import outside_transaction
from viewer.views import csv_cells, numbers
from viewer.words.catalogue import Language, text

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = ("indicator", "value", "count", "of", "low", "high", "p50", "p90", "few")

Cell = str | float | int | Decimal | None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of a file."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def overview_sheets(found: Overview, asked: Asked, language: Language) -> list[Sheet]:
    """Every indicator: of the period, of the one before, and of the region."""
    which = [text(language, f"numbers.file.{name}") for name in ("now", "before", "region")]
    rows = [
        [numbers.title(line.indicator, language), word, *_cells(line.indicator, one, language)]
        for each in found.groups.values()
        for line in each
        for word, one in zip(which, (line.now, line.before, line.region), strict=True)
    ]
    head = [text(language, f"numbers.file.{name}") for name in (COLUMNS[0], "which", *COLUMNS[1:])]
    return [Sheet(name=_period(asked), head=head, rows=rows)]


def parts_sheets(
    indicator: Indicator, tables: Iterable[tuple[By, Sequence[Part]]], asked: Asked, language: Language
) -> list[Sheet]:
    """One indicator: a sheet for each way of setting it apart."""
    return [
        Sheet(
            name=text(language, f"numbers.by.{by}"),
            head=[
                text(language, f"numbers.by.{by}"),
                *(text(language, f"numbers.file.{name}") for name in COLUMNS[1:]),
            ],
            rows=[
                [numbers.part_name(part, by, asked.period.unit, language), *_cells(indicator, part.now, language)]
                for part in parts
            ],
        )
        for by, parts in tables
        if by is not By.PERSON
    ]


def as_csv(sheets: Iterable[Sheet], name: str) -> Response:
    rows: list[list[str]] = []
    for sheet in sheets:
        rows += [[], [sheet.name], list(sheet.head)] if rows else [list(sheet.head)]
        rows += [["" if cell is None else str(cell) for cell in row] for row in sheet.rows]
    return _file(csv_cells.table(rows).encode(), "text/csv; charset=utf-8", f"{name}.csv")


def as_workbook(sheets: Iterable[Sheet], name: str) -> Response:
    """An Excel workbook; what begins like a formula is a text in it."""
    outside_transaction("writing a workbook")
    to = BytesIO()
    book = xlsxwriter.Workbook(to, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True})
    for sheet in sheets:
        made = book.add_worksheet(_sheet_name(sheet.name))
        made.write_row(0, 0, sheet.head, bold)
        made.freeze_panes(1, 1)
        made.set_column(0, 0, 32)
        made.set_column(1, len(sheet.head), 14)
        for number, row in enumerate(sheet.rows, start=1):
            made.write_row(number, 0, row)
    book.close()
    return _file(to.getvalue(), XLSX, f"{name}.xlsx")


def _sheet_name(name: str) -> str:
    """Excel takes 31 characters and no brackets, slashes, colons, stars and question marks."""
    return "".join("-" if one in "[]:*?/\\" else one for one in name)[:31] or "-"


def _cells(indicator: Indicator, one: Figure, language: Language) -> list[Cell]:
    value = numbers.value_of(indicator, one)
    few = indicator.shape is not Shape.COUNT and one.few and one.of > 0
    return [
        None if value is None else round(value, 4),
        one.count,
        one.of,
        None if one.share is None else round(100 * one.share.low, 2),
        None if one.share is None else round(100 * one.share.high, 2),
        None if one.p50 is None else round(one.p50, 1),
        None if one.p90 is None else round(one.p90, 1),
        text(language, "numbers.few") if few else "",
    ]


def _period(asked: Asked) -> str:
    return f"{asked.period.since} {asked.period.until}"


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
