"""An alert knows which versions may take it back, and takes on what else was found while nobody had answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

ULID = sa.String(26)


def upgrade() -> None:
    op.create_table(
        "critical_finding",
        sa.Column("id", ULID, nullable=False),
        sa.Column("alert_id", ULID, nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("said_by", ULID, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["critical_alert.id"], name=op.f("fk_critical_finding_alert_id")),
        sa.ForeignKeyConstraint(["said_by"], ["person.id"], name=op.f("fk_critical_finding_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_finding")),
    )
    op.create_index("ix_critical_finding_alert_id", "critical_finding", ["alert_id"])
    op.add_column("critical_alert", sa.Column("first_version", sa.Integer, nullable=False, server_default="1"))
    op.execute(  # SQLite has no other way to a reference
        "ALTER TABLE critical_notice ADD COLUMN finding_id VARCHAR(26) "
        "CONSTRAINT fk_critical_notice_finding_id REFERENCES critical_finding (id)"
    )
    _first_versions()


def _first_versions() -> None:
    """The version that was signed when the alert was raised, and names its class; else the next one."""
    alert = sa.table(
        "critical_alert",
        *(sa.column(name, sa.String) for name in ("id", "case_id", "critical_class")),
        sa.column("raised_at", UtcDateTime),
        sa.column("first_version", sa.Integer),
    )
    version = sa.table(
        "report_version",
        sa.column("case_id", sa.String),
        sa.column("number", sa.Integer),
        sa.column("created_at", UtcDateTime),
        sa.column("content", sa.JSON),
    )
    tx = op.get_bind()
    for row in tx.execute(sa.select(alert)).all():
        before = tx.execute(
            sa.select(version)
            .where(version.c.case_id == row.case_id, version.c.created_at <= row.raised_at)
            .order_by(version.c.number)
        ).all()
        raised = [
            one.number
            for one in before
            if one.created_at == row.raised_at and one.content.get("critical_class") == row.critical_class
        ]
        first = raised[0] if raised else 1 + max((one.number for one in before), default=0)
        tx.execute(sa.update(alert).where(alert.c.id == row.id).values(first_version=first))
