"""Reports that are not what was signed, while they are so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal_alarm",
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("flaws", sa.String(length=100), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["version_id"], ["report_version.id"], name=op.f("fk_seal_alarm_version_id_report_version")
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_seal_alarm")),
    )
