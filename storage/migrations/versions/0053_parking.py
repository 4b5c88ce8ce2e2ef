"""A case can be put aside by whoever holds it, with what was on the screen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lease", sa.Column("parked_at", sa.DateTime(timezone=True)))
    op.add_column("lease", sa.Column("screen", sa.JSON()))


def downgrade() -> None:
    op.drop_column("lease", "screen")
    op.drop_column("lease", "parked_at")
