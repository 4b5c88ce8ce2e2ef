"""An instance keeps the side that it names, so that its series has the side of those that it shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("laterality", sa.String(16), nullable=True))


def downgrade() -> None:
    op.drop_column("instance", "laterality")
