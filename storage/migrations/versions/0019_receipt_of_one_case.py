"""A receipt opens its case as often as its holder likes: those that were used up before stay ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Their paper said that the code works once: whoever threw it away must not have left a key lying about.
    op.execute(sa.text("UPDATE receipt SET expires_at = used_at WHERE used_at IS NOT NULL AND used_at < expires_at"))
    op.drop_column("receipt", "used_at")
    op.create_index("ix_receipt_case_id", "receipt", ["case_id"])
