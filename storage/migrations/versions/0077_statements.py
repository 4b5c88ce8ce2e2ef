"""Statements: prices, closed months that nobody changes, disputes, journeys; facts of closed months leave a note."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
AT = sa.DateTime(timezone=True)
INSERT_ONLY = ("statement_month", "statement_line", "statement_item", "statement_left_out")
EVENTS = {"INSERT": "NEW", "DELETE": "OLD"}
"""Facts are never changed, only replaced."""


def to(table: str, name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, ULID, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}")), nullable=nullable)


def key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(names or ("id",)), name=op.f(f"pk_{table}"))


def of_line(table: str) -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("service", sa.String(length=12), nullable=False),
        to(table, "site_id", "organisation"),
        to(table, "reader_id", "organisation"),
        sa.Column("modality", sa.String(length=16), nullable=False),
        to(table, "price_id", "statement_price", nullable=True),
        sa.Column("adjusts", sa.Boolean(), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "statement_price",
        sa.Column("id", ULID, nullable=False),
        to("statement_price", "site_id", "organisation", nullable=True),
        to("statement_price", "reader_id", "organisation", nullable=True),
        sa.Column("service", sa.String(length=12), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("per", sa.String(length=6), nullable=False),
        sa.Column("fen", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("made_at", AT, nullable=False),
        to("statement_price", "made_by", "person", nullable=True),
        to("statement_price", "ended_by", "person", nullable=True),
        sa.CheckConstraint("per in ('case', 'weight')", name=op.f("ck_statement_price_per")),
        sa.CheckConstraint("fen >= 0", name=op.f("ck_statement_price_fen")),
        key("statement_price"),
    )
    op.create_table(
        "statement_month",
        sa.Column("id", ULID, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("closed_at", AT, nullable=False),
        to("statement_month", "closed_by", "person", nullable=True),
        key("statement_month"),
        sa.UniqueConstraint("first", name=op.f("uq_statement_month_first")),
    )
    op.create_table(
        "statement_line",
        sa.Column("id", ULID, nullable=False),
        to("statement_line", "month_id", "statement_month"),
        *of_line("statement_line"),
        sa.Column("per", sa.String(length=6), nullable=True),
        sa.Column("price_fen", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        key("statement_line"),
    )
    op.create_index("ix_statement_line_month_id", "statement_line", ["month_id"])
    op.create_table(
        "statement_item",
        to("statement_item", "line_id", "statement_line"),
        to("statement_item", "case_id", "case"),
        sa.Column("at", AT, nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        key("statement_item", "line_id", "case_id"),
    )
    op.create_index("ix_statement_item_case_id", "statement_item", ["case_id"])
    op.create_table(
        "statement_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", ULID, nullable=False),
        key("statement_change"),
    )
    op.create_table(
        "statement_dispute",
        sa.Column("id", ULID, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        *of_line("statement_dispute"),
        to("statement_dispute", "case_id", "case", nullable=True),
        sa.Column("side", sa.String(length=6), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        to("statement_dispute", "raised_by", "person", nullable=True),
        sa.Column("raised_at", AT, nullable=False),
        sa.Column("settle_in", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("remedy", sa.String(length=10), server_default="", nullable=False),
        sa.Column("answer", sa.String(length=1000), server_default="", nullable=False),
        to("statement_dispute", "answered_by", "person", nullable=True),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        key("statement_dispute"),
    )
    op.create_index("ix_statement_dispute_settle_in", "statement_dispute", ["settle_in", "state"])
    op.create_index("ix_statement_dispute_first", "statement_dispute", ["first"])
    op.create_table(
        "statement_left_out",
        to("statement_left_out", "case_id", "case"),
        sa.Column("service", sa.String(length=12), nullable=False),
        to("statement_left_out", "reader_id", "organisation"),
        to("statement_left_out", "dispute_id", "statement_dispute"),
        key("statement_left_out", "case_id", "service", "reader_id"),
    )
    op.create_table(
        "statement_journey",
        sa.Column("id", ULID, nullable=False),
        to("statement_journey", "site_id", "organisation", nullable=True),
        sa.Column("km", sa.Integer(), nullable=False),
        sa.Column("fare_fen", sa.Integer(), nullable=False),
        sa.Column("wage_fen", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("made_at", AT, nullable=False),
        to("statement_journey", "made_by", "person", nullable=True),
        to("statement_journey", "ended_by", "person", nullable=True),
        key("statement_journey"),
    )
    for table in INSERT_ONLY:
        _keep(table)
    for event, row in EVENTS.items():
        _watch(event, row)


def _keep(table: str) -> None:
    message = f"{table} is insert-only"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_is_insert_only() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_insert_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _watch(event: str, row: str) -> None:
    """Facts of closed months that come or go leave the case in ``statement_change``."""
    name = f"statement_fact_{event.lower()}"
    closed = f"{row}.at < (SELECT max(ends_at) FROM statement_month)"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {closed} THEN"
            f" INSERT INTO statement_change (id, case_id) VALUES (gen_random_uuid()::text, {row}.case_id);"
            f" END IF; RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON number_fact FOR EACH ROW EXECUTE FUNCTION {name}()")
        return
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON number_fact FOR EACH ROW WHEN {closed} BEGIN"
        f" INSERT INTO statement_change (id, case_id) VALUES (lower(hex(randomblob(16))), {row}.case_id); END"
    )


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for event in EVENTS:
        name = f"statement_fact_{event.lower()}"
        if on_postgresql:
            op.execute(f"DROP TRIGGER {name} ON number_fact")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    for table in (
        *("statement_journey", "statement_left_out", "statement_dispute", "statement_change"),
        *("statement_item", "statement_line", "statement_month", "statement_price"),
    ):
        op.drop_table(table)
        if on_postgresql and table in INSERT_ONLY:
            op.execute(f"DROP FUNCTION {table}_is_insert_only()")
