"""Announcements say who and about what, ends of arriving and follow-ups are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("announcement", sa.Column("device_id", sa.String(length=26)))
    op.add_column("announcement", sa.Column("about", sa.String(length=64), server_default="", nullable=False))
    op.add_column("announcement", sa.Column("fulfilled_at", sa.DateTime(timezone=True)))
    op.add_column("case", sa.Column("arriving_since", sa.DateTime(timezone=True)))
    op.create_table(
        "arriving_end",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_arriving_end_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arriving_end")),
    )
    op.create_index("ix_arriving_end_case_id", "arriving_end", ["case_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("version_id", sa.String(length=26), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.String(length=26)),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(length=26)),
        sa.Column("grant_id", sa.String(length=26)),
        sa.Column("outcome", sa.String(length=10)),
        sa.Column("comment", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("incomplete_reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("images", sa.JSON()),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("outcome in ('addendum', 'no_change', 'void')", name=op.f("ck_follow_up_outcome")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_follow_up_case_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_follow_up_closed_by")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_follow_up_grant_id")),
        sa.ForeignKeyConstraint(["held_by"], ["person.id"], name=op.f("fk_follow_up_held_by")),
        sa.ForeignKeyConstraint(["version_id"], ["report_version.id"], name=op.f("fk_follow_up_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index("ix_follow_up_case_id", "follow_up", ["case_id"], unique=False)
    op.create_index(
        "uq_follow_up_open",
        "follow_up",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
