"""Announcements name the instances that are to come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announced_instance",
        sa.Column("announcement_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("series_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_announced_instance_announcement_id")
        ),
        sa.PrimaryKeyConstraint("announcement_id", "place", name=op.f("pk_announced_instance")),
    )
    op.create_index("ix_announced_instance_sop_instance_uid", "announced_instance", ["sop_instance_uid"], unique=False)
