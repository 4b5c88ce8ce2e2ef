"""Referrals of patients to other institutions, with their moves, which are insert-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)
MOVES = "referral_move"


def to(table: str, name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, ULID, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}")), nullable=False)


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("id", ULID, nullable=False),
        to("referral", "case_id", "case"),
        to("referral", "from_id", "organisation"),
        to("referral", "to_id", "organisation"),
        sa.Column("direction", sa.String(4), nullable=False),
        sa.Column("urgency", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("contact", sa.String(100), nullable=False),
        sa.Column("sent_at", AT, nullable=False),
        sa.Column("shown_until", AT, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("answered_at", AT),
        sa.Column("place_kind", sa.String(8), nullable=False, server_default=""),
        sa.Column("place", sa.String(200), nullable=False, server_default=""),
        sa.Column("expected_at", AT),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    op.create_index("ix_referral_case_id", "referral", ["case_id"])
    op.create_index("ix_referral_to_id", "referral", ["to_id", "sent_at"])
    op.create_index("ix_referral_from_id", "referral", ["from_id", "sent_at"])
    op.create_table(
        MOVES,
        to(MOVES, "referral_id", "referral"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("move", sa.String(12), nullable=False),
        sa.Column("to_state", sa.String(12), nullable=False),
        to(MOVES, "person_id", "person"),
        to(MOVES, "grant_id", "role_grant"),
        sa.Column("at", AT, nullable=False),
        sa.Column("why", sa.String(1000), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("referral_id", "number", name=op.f("pk_referral_move")),
    )
    message = f"{MOVES} is insert-only"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {MOVES}_is_insert_only() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {MOVES}_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {MOVES} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {MOVES}_is_insert_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {MOVES}_no_{verb.lower()} BEFORE {verb} ON {MOVES} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def downgrade() -> None:
    op.drop_table(MOVES)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {MOVES}_is_insert_only()")
    op.drop_table("referral")
