"""First and last days of terms on the command line, on the clock of the organisation that they are about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.engine import Connection

from reading.register import organisations
from reading.register.import_columns import day_of

Since = Annotated[str | None, typer.Option(help="The first day, such as 2026-01-01; from now on where none is named.")]
Until = Annotated[str | None, typer.Option(help="The last day, that day included.")]


def term_at(tx: Connection, code: str, since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Beginning and end of the days of a term at an organisation.

    Raises:
        NotThere: there is no such organisation.
        Invalid: one of them is no day.

    """
    zone = organisations.in_force(tx, code).time_zone
    return day_of("since", since or "", zone), day_of("until", until or "", zone, last=True)


def agreement_end(tx: Connection, agreement_id: str, until: str | None) -> datetime | None:
    """The end of the last day of an agreement, on the clock of its site; None for now."""
    one = organisations.agreement_by_id(tx, agreement_id)
    site = None if one is None else organisations.by_id(tx, one.site_id)
    return day_of("until", until or "", site.time_zone if site else organisations.TIME_ZONE, last=True)
