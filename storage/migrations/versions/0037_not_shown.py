"""Whoever confirms a report over late images says which series could not be shown to them, and why they confirm it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("follow_up", sa.Column("not_shown", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("follow_up", "not_shown")
