"""Of each report that left the service it is known whether it was printed at a counter or fetched as a file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is there already is taken for paper: nobody prints it again for want of a mark.
    op.add_column("printing", sa.Column("means", sa.String(length=8), server_default="paper", nullable=False))


def downgrade() -> None:
    op.drop_column("printing", "means")
