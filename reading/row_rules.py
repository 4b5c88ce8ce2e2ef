"""Rules for rows of many tables: valid for a time, unique in a field, known by an id of the journal."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.errors import Invalid

Moment = datetime | sa.BindParameter[Any]
"""A time, or the parameter of a statement that is made once and asked often."""


YEARS: Final = range(1900, 3000)
"""Near the ends of the calendar a time is none any longer on another clock."""


def within_years(field: str, moment: datetime) -> datetime:
    """A moment that a row may begin or end at, as it is.

    Raises:
        Invalid: it is of a year that nobody means.

    """
    if moment.year not in YEARS:
        raise Invalid(field, "date")
    return moment


def word(said: StrEnum) -> sa.ColumnElement[str]:
    """A word of ours in the text of a statement that is made once: an index of some rows is found by no parameter."""
    return sa.literal_column(f"'{said}'", sa.String)


def within_term(now: datetime, since: datetime | None, until: datetime | None) -> datetime:
    """When a term begins that somebody named: now where they did not say.

    Raises:
        Invalid: it ends before it begins or in the past, or is of years that nobody means.

    """
    begins = now if since is None else within_years("since", since)
    if until is not None and within_years("until", until) <= max(begins, now):
        raise Invalid("until", "before_since")
    return begins


def valid_at(table: sa.FromClause, now: Moment) -> sa.ColumnElement[bool]:
    """Rows that hold at ``now``: from `since` (included) to `until` (excluded), for ever where that is empty."""
    return (table.c.since <= now) & open_at(table, now)


def open_at(table: sa.FromClause, now: Moment) -> sa.ColumnElement[bool]:
    """Rows not ended at ``now``; they may begin later."""
    return table.c.until.is_(None) | (table.c.until > now)


@contextmanager
def taken_as(tx: Connection, field: str) -> Generator[None]:
    """A savepoint for an insert that a unique index may refuse; the transaction can go on afterwards.

    Check foreign keys before: their violation would be reported as the same.

    Raises:
        Invalid: another row has the value of ``field`` already.

    """
    try:
        with tx.begin_nested():
            yield
    except IntegrityError as taken:
        raise Invalid(field, "taken") from taken


def known(tx: Connection, table: sa.Table, row_id: str | None) -> str | None:
    """The id if the table has this row, else None: a rebuilt database may lack rows that the journal refers to."""
    return None if row_id is None else tx.scalar(sa.select(table.c.id).where(table.c.id == row_id))
