"""Images are erased: what must not come back, and segments whose bytes are still to be written without it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tombstone",
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sop_instance_uid", name=op.f("pk_tombstone")),
    )
    op.create_index("ix_tombstone_study_uid", "tombstone", ["study_uid"], unique=False)
    op.add_column("study", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.add_column("study", sa.Column("hold", sa.String(length=500), server_default="", nullable=False))
    op.add_column("segment", sa.Column("purge", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_segment_purge",
        "segment",
        ["study_uid"],
        unique=False,
        sqlite_where=sa.text("purge = 1"),
        postgresql_where=sa.text("purge"),
    )
