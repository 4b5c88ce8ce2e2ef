"""Objects of reports are held by the worker that makes them, and wait the longer the more often they failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report_object", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("report_object", sa.Column("failures", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("failures", "held_until"):
        op.drop_column("report_object", name)
