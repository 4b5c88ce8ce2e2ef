"""Checks of the audit that were asked for on its page, and how far it was sent to a collector."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "audit_check",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("asked_by", sa.String(26), nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("begun_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("found", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_audit_check_asked_by")),
    )
    op.create_table(
        "audit_collector",
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("held_until", AT, nullable=False),
        sa.Column("sent_at", AT),
        sa.Column("failed_at", AT),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_audit_collector")),
    )
    op.create_table(
        "audit_sent",
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("writer", sa.String(80), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("address", "writer", name=op.f("pk_audit_sent")),
        sa.ForeignKeyConstraint(["address"], ["audit_collector.address"], name=op.f("fk_audit_sent_address")),
    )


def downgrade() -> None:
    op.drop_table("audit_sent")
    op.drop_table("audit_collector")
    op.drop_table("audit_check")
