"""Initials of names in pinyin, which the worker fills in for names of before; an index of escalations and disputes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

TABLES = ("study", "patient")
SENT_ON = sa.text("move in ('escalate', 'dispute')")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("initials", sa.String(16), nullable=True))
        op.create_index(f"ix_{table}_initials", table, ["initials"], postgresql_ops={"initials": "varchar_pattern_ops"})
    op.create_index(
        "ix_case_move_sent_on",
        "case_move",
        ["case_id", "move"],
        sqlite_where=SENT_ON,
        postgresql_where=SENT_ON,
    )


def downgrade() -> None:
    op.drop_index("ix_case_move_sent_on", "case_move")
    for table in TABLES:
        op.drop_index(f"ix_{table}_initials", table)
        op.drop_column(table, "initials")
