"""That a critical result was read back otherwise stays open until somebody who reads answers it.

What was read back otherwise before and stands is open: it left the bar with the disposal, seen or not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
DIFFERED = """
UPDATE critical_alert SET differs_at = acknowledged_at, ask_at = acknowledged_at
WHERE acknowledged_at IS NOT NULL
AND id IN (SELECT alert_id FROM critical_notice WHERE kind = 'differs')
"""


def columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("differs_at", AT),
        sa.Column("ask_at", AT),
        sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
        sa.Column("clarified_at", AT),
        sa.Column("clarified_as", sa.String(10)),
        sa.Column("clarified_with", sa.String(100)),
        sa.Column("agreed", sa.String(1000)),
    )


def upgrade() -> None:
    for column in columns():
        op.add_column("critical_alert", column)
    op.execute(  # SQLite has no other way to a reference
        "ALTER TABLE critical_alert ADD COLUMN clarified_by VARCHAR(26) "
        "CONSTRAINT fk_critical_alert_clarified_by REFERENCES person (id)"
    )
    op.execute(DIFFERED)
    op.create_index("ix_critical_alert_clarified_at_ask_at", "critical_alert", ["clarified_at", "ask_at"])


def downgrade() -> None:
    op.drop_index("ix_critical_alert_clarified_at_ask_at", "critical_alert")
    with op.batch_alter_table("critical_alert") as batch:
        for column in columns():
            batch.drop_column(column.name)
        batch.drop_column("clarified_by")
