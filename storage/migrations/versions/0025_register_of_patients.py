"""Corrections of patients with their reasons, records of one person, and people without papers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("temporary", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("patient", sa.Column("estimated_age", sa.Integer()))
    op.add_column("patient", sa.Column("telephone_verified_at", sa.DateTime(timezone=True)))
    # Not by Alembic's constraint, for which SQLite would copy the table and drop it.
    op.execute(
        "ALTER TABLE patient ADD COLUMN merged_into VARCHAR(26) "
        "CONSTRAINT fk_patient_merged_into REFERENCES patient (id)"
    )
    op.create_index("ix_patient_merged_into", "patient", ["merged_into"], unique=False)
    op.create_table(
        "patient_change",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("patient_id", sa.String(length=26), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("made_by", sa.String(length=26), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_patient_change_made_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_change_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_change")),
        sa.UniqueConstraint("patient_id", "revision", name=op.f("uq_patient_change_patient_id_revision")),
    )
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("patient_id", sa.String(length=26), nullable=False),
        sa.Column("into_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state in ('proposed', 'merged', 'declined', 'undone')", name=op.f("ck_patient_merge_state")
        ),
        sa.ForeignKeyConstraint(["into_id"], ["patient.id"], name=op.f("fk_patient_merge_into_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_merge_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
    )
    op.create_index("ix_patient_merge_into_id", "patient_merge", ["into_id"], unique=False)
    op.create_index("ix_patient_merge_patient_id", "patient_merge", ["patient_id"], unique=False)
    op.create_index(
        "uq_patient_merge_merged",
        "patient_merge",
        ["patient_id"],
        unique=True,
        sqlite_where=sa.text("state = 'merged'"),
        postgresql_where=sa.text("state = 'merged'"),
    )
    op.create_table(
        "patient_merge_move",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("merge_id", sa.String(length=26), nullable=False),
        sa.Column("move", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("made_by", sa.String(length=26), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_patient_merge_move_made_by")),
        sa.ForeignKeyConstraint(["merge_id"], ["patient_merge.id"], name=op.f("fk_patient_merge_move_merge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge_move")),
    )
    op.create_index("ix_patient_merge_move_merge_id", "patient_merge_move", ["merge_id"], unique=False)
