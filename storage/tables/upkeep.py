"""The tables of work on a whole installation: rounds, rebuilding the index, backups."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata
from storage.tables.columns import ULID

# Work that is done in rounds, by one node at a time (storage.upkeep.rounds): the position of a round, and when the last
# one ended.
care_round: Final = sa.Table(
    "care_round",
    metadata,
    sa.Column("task", sa.String(20), primary_key=True),
    sa.Column("position", sa.String(64), nullable=False, server_default=""),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("held_by", sa.String(64)),
    sa.Column("held_until", UtcDateTime),
)

# One row while the index is rebuilt. Nothing is served meanwhile: half an index may show what somebody has hidden.
rebuilding: Final = sa.Table(
    "rebuilding",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
)

# When backups of the database were made (storage.backup.schedule). A row with a day is that day's backup, which the
# worker of one node makes.
backup: Final = sa.Table(
    "backup",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("day", sa.Date, unique=True),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("size", sa.BigInteger),
    sa.Index("ix_backup_finished_at", "finished_at"),
)
