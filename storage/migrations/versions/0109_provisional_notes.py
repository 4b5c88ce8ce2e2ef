"""Provisional notes: what a site wrote down about an examination while its line was cut."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provisional_note",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("site_id", sa.String(26), sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("case_id", sa.String(26), sa.ForeignKey("case.id")),
        sa.Column("made_as", sa.String(36), nullable=False),
        sa.Column("patient_name", sa.String(200), nullable=False),
        sa.Column("facts", sa.String(200), nullable=False, server_default=""),
        sa.Column("number", sa.String(64), nullable=False, server_default=""),
        sa.Column("examination", sa.String(200), nullable=False),
        sa.Column("words", sa.String(4000), nullable=False),
        sa.Column("doctor", sa.String(100), nullable=False),
        sa.Column("written_at", UtcDateTime, nullable=False),
        sa.Column("uploaded_by", sa.String(26), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("grant_id", sa.String(26), sa.ForeignKey("role_grant.id"), nullable=False),
        sa.Column("uploaded_at", UtcDateTime, nullable=False),
        sa.Column("assigned_by", sa.String(26), sa.ForeignKey("person.id")),
        sa.Column("assigned_at", UtcDateTime),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_index("uq_provisional_note_made_as", "provisional_note", ["site_id", "made_as"], unique=True)
    op.create_index("ix_provisional_note_case_id", "provisional_note", ["case_id"])
    waiting = sa.text("case_id IS NULL")
    op.create_index(
        "ix_provisional_note_waiting",
        "provisional_note",
        ["site_id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_table("provisional_note")
