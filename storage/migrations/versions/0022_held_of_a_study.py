"""What is held of a study is counted in every list that shows it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unsettled = sa.text("settled_at is null")
    op.create_index(
        "ix_quarantine_study_uid_unsettled",
        "quarantine",
        ["study_uid"],
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
