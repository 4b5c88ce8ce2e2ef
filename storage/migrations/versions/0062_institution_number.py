"""An organisation has its number at the authorities: unified social credit code, or registration of the institution."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("institution_number", sa.String(23), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("organisation", "institution_number")
