"""Decisions about what lies in quarantine, rows whose bytes the disk lost, and text that does not say its set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("damaged", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("instance", sa.Column("character_set", sa.String(length=16), server_default="", nullable=False))
    op.create_index("ix_quarantine_site_id_received_at", "quarantine", ["site_id", "received_at"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("aspect", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.String(length=26), nullable=False),
        sa.Column("grant_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_decision_grant_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("subject_id", "aspect", "number", name=op.f("uq_decision_subject_id_aspect_number")),
    )
    # A conflict was closed as soon as a machine had compared it, so that nobody was asked: compared again, it waits.
    op.execute(
        "UPDATE quarantine SET settled_at = NULL, settled_as = NULL WHERE reason = 'held' AND settled_as = 'conflict'"
    )
