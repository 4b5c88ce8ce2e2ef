"""Failed proofs count by pair, account, address and altogether; places where an account was proved are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was counted before closed accounts for everybody: at most an hour's failures, which begin anew.
    op.drop_table("failed_proof")
    op.create_table(
        "failed_proof",
        sa.Column("subject_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_digest", name=op.f("pk_failed_proof")),
    )
    op.create_table(
        "known_place",
        sa.Column("place_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("place_digest", name=op.f("pk_known_place")),
    )
