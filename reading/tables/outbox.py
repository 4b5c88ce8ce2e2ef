"""The tables of messages to people and systems: what happened, and what is on its way to whom."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference
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
    # When its receivers were looked up; empty while nobody has.
    sa.Column("addressed_at", UtcDateTime),
    sa.Index(
        "ix_outbox_waiting",
        "id",
        sqlite_where=sa.text("addressed_at is null"),
        postgresql_where=sa.text("addressed_at is null"),
    ),
)

# -- reading.messages: one entry of the outbox on its way to one receiver; the number is a ciphertext, gone at the end
message: Final = sa.Table(
    "message",
    metadata,
    id_column(),
    reference("outbox_id", "outbox"),
    sa.Column("audience", sa.String(10), nullable=False),
    sa.Column("template", sa.String(30), nullable=False),
    # Whose administrators see it wait; empty: those of the region alone.
    reference("organisation_id", "organisation", nullable=True),
    sa.Column("number_cipher", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("lasts_until", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("failure", sa.String(20), nullable=False, server_default=""),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'spared', 'given_up')", name="state"),
    sa.Index("ix_message_outbox_id", "outbox_id"),
    sa.Index("ix_message_state_next_at", "state", "next_at"),
)
