"""An alert goes on where its images were moved, and says why it was taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "critical_carry",
        sa.Column("id", ULID, nullable=False),
        sa.Column("alert_id", ULID, nullable=False),
        sa.Column("from_case_id", ULID, nullable=False),
        sa.Column("to_case_id", ULID, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("back_at", AT),
        sa.ForeignKeyConstraint(["alert_id"], ["critical_alert.id"], name=op.f("fk_critical_carry_alert_id")),
        sa.ForeignKeyConstraint(["from_case_id"], ["case.id"], name=op.f("fk_critical_carry_from_case_id")),
        sa.ForeignKeyConstraint(["to_case_id"], ["case.id"], name=op.f("fk_critical_carry_to_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_carry")),
    )
    op.create_index("ix_critical_carry_alert_id", "critical_carry", ["alert_id"])
    op.create_index("ix_critical_carry_from_case_id", "critical_carry", ["from_case_id"])
    op.add_column("critical_alert", sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""))
