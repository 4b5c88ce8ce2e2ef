"""Which released reports were drawn for review, by which rule, of whom, and how likely that was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)


def _key(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_review_draw_{column}"))


def upgrade() -> None:
    op.create_table(
        "review_draw",
        sa.Column("id", ULID, nullable=False),
        sa.Column("case_id", ULID, nullable=False),
        sa.Column("version_id", ULID, nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("reader_id", ULID, nullable=False),
        sa.Column("site_id", ULID, nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("per_million", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("case_id", "case"),
        _key("version_id", "report_version"),
        _key("reader_id", "person"),
        _key("site_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_draw")),
    )
    for stratum, column in (("reader", "reader_id"), ("site", "site_id"), ("modality", "modality")):
        op.create_index(f"ix_review_draw_{stratum}", "review_draw", ["rule", column, "at", "case_id"])


def downgrade() -> None:
    op.drop_table("review_draw")
