"""What people of an organisation took in a month is found by an index."""

from __future__ import annotations

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_assignment_organisation_id_at", "assignment", ["organisation_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_assignment_organisation_id_at", "assignment")
