"""Decisions that change what is shown are rows of the same transaction; rebuilt indexes and backups are noted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("applied", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index(
        "ix_journal_unshipped",
        "journal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("shipped_at is null"),
        postgresql_where=sa.text("shipped_at is null"),
    )
    op.create_table(
        "rebuilding",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rebuilding")),
    )
    op.create_table(
        "backup",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("size", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
        sa.UniqueConstraint("day", name=op.f("uq_backup_day")),
    )
    op.create_index("ix_backup_finished_at", "backup", ["finished_at"], unique=False)
