"""Instances may be shown elsewhere than their bytes say, or hidden."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("study", sa.Column("merged_into", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_study_merged_into",
        "study",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into is not null"),
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.add_column("series", sa.Column("received_study_uid", sa.String(length=64), nullable=True))
    op.add_column("instance", sa.Column("received_study_uid", sa.String(length=64), nullable=True))
    op.add_column("instance", sa.Column("received_series_uid", sa.String(length=64), nullable=True))
    op.add_column("instance", sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("instance", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
