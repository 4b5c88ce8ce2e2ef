"""What the journal of a database keeps, for tests that ask whether a decision went into it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import journal


def journalled(tx: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Kind and payload of each decision, the first one first."""
    rows = tx.execute(sa.select(journal.c.kind, journal.c.payload).order_by(journal.c.id))
    return [(row.kind, dict(row.payload)) for row in rows]
