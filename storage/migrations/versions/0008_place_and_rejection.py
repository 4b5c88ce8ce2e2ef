"""Instances may be shown elsewhere than their bytes say, or hidden."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("study", sa.Column("merged_into", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_study_merged_into",
        "study",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into is not null"),
        postgresql_where=sa.text("merged_into is not null"),
    )
    op.add_column("series", sa.Column("received_study_uid", sa.String(length=64), nullable=True))
    op.add_column("instance", sa.Column("received_study_uid", sa.String(length=64), nullable=True))
    op.add_column("instance", sa.Column("received_series_uid", sa.String(length=64), nullable=True))
    op.add_column("instance", sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("instance", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_instance_hidden",
        "instance",
        ["study_uid"],
        unique=False,
        sqlite_where=sa.text("hidden = 1"),
        postgresql_where=sa.text("hidden"),
    )
    op.create_table(
        "surgery",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("other_case_id", sa.String(length=26), nullable=True),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("made_by", sa.String(length=26), nullable=False),
        sa.Column("grant_id", sa.String(length=26), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=26), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_why", sa.String(length=1000), nullable=True),
        sa.CheckConstraint("kind in ('split', 'move', 'merge')", name=op.f("ck_surgery_kind")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_surgery_case_id_case")),
        sa.ForeignKeyConstraint(["other_case_id"], ["case.id"], name=op.f("fk_surgery_other_case_id_case")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_surgery_made_by_person")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_surgery_grant_id_role_grant")),
        sa.ForeignKeyConstraint(["undone_by"], ["person.id"], name=op.f("fk_surgery_undone_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surgery")),
    )
    op.create_index("ix_surgery_case_id", "surgery", ["case_id"], unique=False)
    op.create_index("ix_surgery_other_case_id", "surgery", ["other_case_id"], unique=False)
    op.create_table(
        "rejection",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("note_uid", sa.String(length=64), nullable=True),
        sa.Column("title", sa.String(length=10), nullable=False),
        sa.Column("site_id", sa.String(length=26), nullable=False),
        sa.Column("made_by", sa.String(length=26), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("lifted_by", sa.String(length=26), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_why", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_rejection_made_by_person")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_rejection_lifted_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejection")),
        sa.UniqueConstraint("note_uid", name=op.f("uq_rejection_note_uid")),
    )
    op.create_table(
        "rejected_instance",
        sa.Column("rejection_id", sa.String(length=26), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'hidden', 'foreign', 'lifted')", name=op.f("ck_rejected_instance_state")
        ),
        sa.ForeignKeyConstraint(
            ["rejection_id"], ["rejection.id"], name=op.f("fk_rejected_instance_rejection_id_rejection")
        ),
        sa.PrimaryKeyConstraint("rejection_id", "sop_instance_uid", name=op.f("pk_rejected_instance")),
    )
    op.create_index("ix_rejected_instance_sop_instance_uid", "rejected_instance", ["sop_instance_uid"], unique=False)
    op.create_index(
        "ix_rejected_instance_waiting",
        "rejected_instance",
        ["sop_instance_uid"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
