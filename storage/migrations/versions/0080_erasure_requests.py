"""Erasure by two people: requests with what they name and what came of it, and holds with who set them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
UID = sa.String(length=64)
AT = sa.DateTime(timezone=True)
WORDS = sa.String(length=500)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "erasure_request",
        sa.Column("id", ULID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("named_by", sa.String(length=12), nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("open_too", sa.Boolean(), nullable=False),
        sa.Column("asked_by", ULID, nullable=True),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("decided_by", ULID, nullable=True),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column("decided_why", WORDS, server_default="", nullable=False),
        sa.Column("begun_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("segments", sa.JSON(), nullable=True),
        sa.Column("copies_elsewhere", sa.Integer(), server_default="0", nullable=False),
        _person("erasure_request", "asked_by"),
        _person("erasure_request", "decided_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
    )
    op.create_index("ix_erasure_request_state", "erasure_request", ["state", "asked_at"])
    op.create_table(
        "erasure_item",
        sa.Column("request_id", ULID, nullable=False),
        sa.Column("study_uid", UID, nullable=False),
        sa.Column("outcome", sa.String(length=16), server_default="", nullable=False),
        sa.Column("instances", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["erasure_request.id"], name=op.f("fk_erasure_item_request_id")),
        sa.PrimaryKeyConstraint("request_id", "study_uid", name=op.f("pk_erasure_item")),
    )
    op.create_index("ix_erasure_item_study_uid", "erasure_item", ["study_uid"])
    op.create_table(
        "retention_hold",
        sa.Column("id", ULID, nullable=False),
        sa.Column("study_uid", UID, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("set_by", ULID, nullable=True),
        sa.Column("since", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by", ULID, nullable=True),
        sa.Column("ended_why", WORDS, server_default="", nullable=False),
        _person("retention_hold", "set_by"),
        _person("retention_hold", "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_retention_hold_study_uid",
        "retention_hold",
        ["study_uid"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def downgrade() -> None:
    op.drop_table("retention_hold")
    op.drop_table("erasure_item")
    op.drop_table("erasure_request")
