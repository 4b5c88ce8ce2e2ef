"""Discrepancies: what clinicians say against a final report, and what a third person says of that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discrepancy",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("case_id", sa.String(26), sa.ForeignKey("case.id"), nullable=False),
        sa.Column("version_id", sa.String(26), sa.ForeignKey("report_version.id"), nullable=False),
        sa.Column("author_id", sa.String(26), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("evidence", sa.String(4000), nullable=False, server_default=""),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("raised_by", sa.String(26), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("grant_id", sa.String(26), sa.ForeignKey("role_grant.id"), nullable=False),
        sa.Column("raised_at", UtcDateTime, nullable=False),
        sa.Column("judged_by", sa.String(26), sa.ForeignKey("person.id")),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("score", sa.String(4)),
        sa.Column("comment", sa.String(1000), nullable=False, server_default=""),
        sa.Column("read_at", UtcDateTime),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_index("ix_discrepancy_case_id", "discrepancy", ["case_id"])
    op.create_index("ix_discrepancy_author_id", "discrepancy", ["author_id"])
    opened = sa.text("state = 'open'")
    op.create_index(
        "uq_discrepancy_open",
        "discrepancy",
        ["version_id"],
        unique=True,
        sqlite_where=opened,
        postgresql_where=opened,
    )


def downgrade() -> None:
    op.drop_table("discrepancy")
