"""Rows that hold for a time: from `since` (included) to `until` (excluded), for ever where that is empty."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

Moment = datetime | sa.BindParameter[Any]
"""A time, or the parameter of a statement that is made once and asked often."""


def valid_at(table: sa.Table, now: Moment) -> sa.ColumnElement[bool]:
    return (table.c.since <= now) & open_at(table, now)


def open_at(table: sa.Table, now: Moment) -> sa.ColumnElement[bool]:
    """Not ended at ``now``; it may begin later."""
    return table.c.until.is_(None) | (table.c.until > now)
