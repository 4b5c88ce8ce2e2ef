"""Objects of reports that are about one image: a presentation state for each that was drawn on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

ULID = sa.String(26)
UID = sa.String(64)
AT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    # Written anew, since SQLite changes no primary key; it came two migrations ago, so that it holds next to nothing.
    rows = [dict(row) for row in op.get_bind().execute(sa.text("SELECT * FROM report_object")).mappings()]
    op.drop_table("report_object")
    op.create_table(
        "report_object",
        sa.Column("version_id", ULID, sa.ForeignKey("report_version.id"), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("about", UID, primary_key=True, server_default=""),
        sa.Column("case_id", ULID, sa.ForeignKey("case.id"), nullable=False),
        sa.Column("sop_instance_uid", UID, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("look_at", AT, nullable=False),
        sa.Column("settled_at", AT, nullable=True),
    )
    op.create_index("uq_report_object_sop_instance_uid", "report_object", ["sop_instance_uid"], unique=True)
    op.create_index("ix_report_object_case_id", "report_object", ["case_id"])
    op.create_index(
        "ix_report_object_waiting", "report_object", ["look_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    into = sa.text(
        "INSERT INTO report_object (version_id, kind, case_id, sop_instance_uid, state, look_at, settled_at) "
        "VALUES (:version_id, :kind, :case_id, :sop_instance_uid, :state, :look_at, :settled_at)"
    )
    if rows:
        op.get_bind().execute(into, rows)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM report_object WHERE about <> ''"))
