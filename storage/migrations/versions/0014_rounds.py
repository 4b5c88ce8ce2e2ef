"""What is checked in rounds, and which segments have a second copy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "care_round",
        sa.Column("task", sa.String(length=20), nullable=False),
        sa.Column("position", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("held_by", sa.String(length=64)),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_care_round")),
    )
    op.add_column("segment", sa.Column("copied_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_segment_uncopied",
        "segment",
        ["id"],
        sqlite_where=sa.text("copied_at is null"),
        postgresql_where=sa.text("copied_at is null"),
    )
