"""Indexes of what is asked for from many sites at once: the newest cases, wrong clocks, held studies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0108"
down_revision = "0106"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_case_received_at", "case", ["received_at", "id"])
    for name, table, column, on_sqlite, on_postgresql in (
        ("ix_case_clock_wrong", "case", "received_at", "clock_wrong = 1", "clock_wrong"),
        ("ix_study_hold", "study", "site_id", "hold <> ''", "hold <> ''"),
    ):
        op.create_index(name, table, [column], sqlite_where=sa.text(on_sqlite), postgresql_where=sa.text(on_postgresql))


def downgrade() -> None:
    op.drop_index("ix_study_hold", "study")
    op.drop_index("ix_case_clock_wrong", "case")
    op.drop_index("ix_case_received_at", "case")
