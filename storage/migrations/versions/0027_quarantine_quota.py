"""Devices whose refused bytes reached the quota of the quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_quarantine_device_id_settled_at", "quarantine", ["device_id", "settled_at"])
    op.create_table(
        "quarantine_overflow",
        sa.Column("device_id", sa.String(26), nullable=False),
        sa.Column("site_id", sa.String(26), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_quarantine_overflow")),
    )
    op.create_index("ix_quarantine_overflow_last_at", "quarantine_overflow", ["last_at"])
