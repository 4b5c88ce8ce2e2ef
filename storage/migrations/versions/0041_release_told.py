"""A rule may ask that the site acknowledges the release itself: a notice says which of the two it is for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "change_notice", sa.Column("kind", sa.String(length=10), nullable=False, server_default=sa.text("'changed'"))
    )


def downgrade() -> None:
    op.drop_column("change_notice", "kind")
