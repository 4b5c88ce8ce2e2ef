"""The scale of 2016 for second readings: a 4 becomes a 3, and what may matter goes to a third person first.

A score of 4 never said whether it mattered to the patient, so it becomes neither 3a nor 3b.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)


def upgrade() -> None:
    op.execute("UPDATE review SET score = '3' WHERE score = '4'")
    # What was given before counts as it was given: its author has read it, and no third person was asked.
    op.add_column("review", sa.Column("awaits_arbitration", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_review_to_arbitrate",
        "review",
        ["at"],
        sqlite_where=sa.text("awaits_arbitration = 1"),
        postgresql_where=sa.text("awaits_arbitration"),
    )
    op.create_table(
        "score_arbitration",
        sa.Column("id", ULID, nullable=False),
        sa.Column("review_id", ULID, nullable=False),
        sa.Column("arbiter_id", ULID, nullable=False),
        sa.Column("score", sa.String(length=4), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_score_arbitration_review_id")),
        sa.ForeignKeyConstraint(["arbiter_id"], ["person.id"], name=op.f("fk_score_arbitration_arbiter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_arbitration")),
        sa.UniqueConstraint("review_id", name=op.f("uq_score_arbitration_review_id")),
    )


def downgrade() -> None:
    op.drop_table("score_arbitration")
    op.drop_index("ix_review_to_arbitrate", "review")
    op.drop_column("review", "awaits_arbitration")
    op.execute("UPDATE review SET score = '4' WHERE score = '3'")
