"""The tables of messages to people and systems."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column
from storage.database import UtcDateTime, metadata

# -- reading.outbox (written in the transaction of what it tells)
outbox: Final = sa.Table(
    "outbox",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject_id", ULID, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("delivered_at", UtcDateTime),
    sa.Index("ix_outbox_delivered_at_next_at", "delivered_at", "next_at"),
)
