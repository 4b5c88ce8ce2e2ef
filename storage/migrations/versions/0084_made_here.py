"""Objects that the installation makes of its reports: told apart from what was received, with their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

ULID = sa.String(26)
UID = sa.String(64)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Added one by one: a table that SQLite copies would lose its triggers, and `instance` is large.
    op.add_column("study", sa.Column("made_here", sa.Integer, nullable=False, server_default="0"))
    for table in ("series", "instance", "tombstone"):
        op.add_column(table, sa.Column("made_here", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "report_object",
        sa.Column("version_id", ULID, sa.ForeignKey("report_version.id"), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("case_id", ULID, sa.ForeignKey("case.id"), nullable=False),
        sa.Column("sop_instance_uid", UID, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("look_at", AT, nullable=False),
        sa.Column("settled_at", AT, nullable=True),
    )
    op.create_index("uq_report_object_sop_instance_uid", "report_object", ["sop_instance_uid"], unique=True)
    op.create_index("ix_report_object_case_id", "report_object", ["case_id"])
    op.create_index(
        "ix_report_object_waiting",
        "report_object",
        ["look_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("report_object")
    for table in ("tombstone", "instance", "series", "study"):
        op.drop_column(table, "made_here")
