"""When a segment's object was repaired: what is cached of it may be older."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segment", sa.Column("repaired_at", sa.DateTime(timezone=True)))
