"""That a critical result was read back otherwise stays open until somebody who reads answers it.

What was read back otherwise before and stands is open: it left the bar with the disposal, seen or not. Where the
patient was treated more than a week ago, it stays in the bar as one that was asked about ten times: it rings nobody.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
LATELY = timedelta(days=7)
DIFFERED = """
UPDATE critical_alert SET differs_at = acknowledged_at, ask_at = acknowledged_at,
asked = CASE WHEN disposed_at IS NULL OR acknowledged_at >= :since THEN 0 ELSE 10 END
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
    lately = sa.bindparam("since", datetime.now(UTC) - LATELY, type_=AT)
    op.get_bind().execute(sa.text(DIFFERED).bindparams(lately))
    op.create_index("ix_critical_alert_clarified_at_ask_at", "critical_alert", ["clarified_at", "ask_at"])


def downgrade() -> None:
    op.drop_index("ix_critical_alert_clarified_at_ask_at", "critical_alert")
    with op.batch_alter_table("critical_alert") as batch:
        for column in columns():
            batch.drop_column(column.name)
        batch.drop_column("clarified_by")
