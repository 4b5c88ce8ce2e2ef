"""What a device proposed and is not accepted stands beside its last contact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device_contact", sa.Column("classes_refused_at", sa.DateTime(timezone=True)))
    op.add_column("device_contact", sa.Column("classes_refused", sa.String(1000), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("device_contact", "classes_refused")
    op.drop_column("device_contact", "classes_refused_at")
