"""Rows that a decision of the journal refers to, which a database that was lost and made again may not have."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def known(tx: Connection, table: sa.Table, row_id: str | None) -> str | None:
    """The id, where the table has such a row; else None."""
    return None if row_id is None else tx.scalar(sa.select(table.c.id).where(table.c.id == row_id))
