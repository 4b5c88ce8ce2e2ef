"""What people set for themselves at the desk, by name, as JSON."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_setting",
        sa.Column("person_id", sa.String(26), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "name"),
    )


def downgrade() -> None:
    op.drop_table("personal_setting")
