"""What a command prints: words or a table for a person, JSON for a script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

_LEAST_COLUMNS: Final = 160

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def answer(
    as_json: bool,  # noqa: FBT001 the option's value
    values: Mapping[str, object],
    words: str,
) -> None:
    typer.echo(to_json(values) if as_json else words)


def answer_rows(
    as_json: bool,  # noqa: FBT001
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
) -> None:
    if as_json:
        typer.echo(to_json(rows))
        return
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console = Console(soft_wrap=True)
    console.width = max(console.width, _LEAST_COLUMNS)  # no cell is cut short
    console.print(table)


def to_json(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, default=str)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return ", ".join(" ".join(str(part) for part in each.values()) for each in value)
    return "" if value is None else str(value)
