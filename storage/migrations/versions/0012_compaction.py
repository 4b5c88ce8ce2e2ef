"""Segments are rewritten: two more states, when to look at one, and when the replaced ones go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STATES = "state in ('open', 'sealed', 'writing', 'stored', 'retired', 'gone')"
_KEPT = "id, study_uid, node, key, state, size, opened_at, sealed_at, stored_at, awaited"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _segment_anew()  # SQLite changes no constraint of a table that is there
    else:
        op.add_column("segment", sa.Column("compact_at", sa.DateTime(timezone=True)))
        op.add_column("segment", sa.Column("delete_at", sa.DateTime(timezone=True)))
        op.drop_constraint(op.f("ck_segment_state"), "segment", type_="check")
        op.create_check_constraint(op.f("ck_segment_state"), "segment", sa.text(_STATES))
    op.execute("UPDATE segment SET compact_at = stored_at WHERE state = 'stored'")
    op.create_index(
        "ix_segment_compact_at",
        "segment",
        ["compact_at"],
        unique=False,
        sqlite_where=sa.text("compact_at is not null"),
        postgresql_where=sa.text("compact_at is not null"),
    )


def _segment_anew() -> None:
    op.create_table(
        "segment_anew",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("compact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delete_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_STATES, name=op.f("ck_segment_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("key", name=op.f("uq_segment_key")),
    )
    op.execute(f"INSERT INTO segment_anew ({_KEPT}) SELECT {_KEPT} FROM segment")  # names of ours
    op.drop_table("segment")
    op.rename_table("segment_anew", "segment")
    op.create_index("ix_segment_state", "segment", ["state"], unique=False)
    op.create_index("ix_segment_study_uid", "segment", ["study_uid"], unique=False)
