"""Versions of the policy that are switched on at a time, the calendar of working days, and what orders say to rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)


def upgrade() -> None:
    op.create_table(
        "policy_switch",
        sa.Column("id", ULID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy_id", ULID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", ULID, nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", ULID, nullable=True),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_switch_policy_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_policy_switch_made_by")),
        sa.ForeignKeyConstraint(["cancelled_by"], ["person.id"], name=op.f("fk_policy_switch_cancelled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_switch")),
        sa.UniqueConstraint("number", name=op.f("uq_policy_switch_number")),
    )
    op.create_index("ix_policy_switch_at", "policy_switch", ["at"])
    # A policy was in force from when it was made: its id serves for its one switch, too.
    op.execute(
        'INSERT INTO policy_switch (id, number, policy_id, "at", made_at, made_by)'
        " SELECT id, version, id, since, made_at, made_by FROM policy"
    )
    op.add_column("policy", sa.Column("note", sa.String(length=200), nullable=False, server_default=""))
    op.drop_column("policy", "since")
    op.drop_column("policy", "until")
    op.create_table(
        "calendar_entry",
        sa.Column("id", ULID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", ULID, nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_calendar_entry_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entry")),
    )
    op.create_index("ix_calendar_entry_day", "calendar_entry", ["day"])
    op.add_column("imaging_order", sa.Column("department", sa.String(length=60), nullable=False, server_default=""))
    op.add_column("imaging_order", sa.Column("contrast", sa.Boolean(), nullable=True))
