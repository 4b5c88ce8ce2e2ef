"""The tables of statements: prices, closed months with their lines and cases, disputes, and what journeys cost."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata


def _line_columns() -> tuple[sa.Column[str] | sa.Column[bool], ...]:
    """What names a line of a month."""
    return (
        sa.Column("service", sa.String(12), nullable=False),  # reading.statements.work.Service
        reference("site_id", "organisation"),
        reference("reader_id", "organisation"),
        sa.Column("modality", sa.String(16), nullable=False),
        reference("price_id", "statement_price", nullable=True),
        # Of months that were closed before: what came to be otherwise since.
        sa.Column("adjusts", sa.Boolean, nullable=False),
    )


# -- reading.statements.prices: days are those of the region's clock, both included; an amount is never changed
statement_price: Final = sa.Table(
    "statement_price",
    metadata,
    id_column(),
    # Both, or neither: then it is for every pair that has none of its own.
    reference("site_id", "organisation", nullable=True),
    reference("reader_id", "organisation", nullable=True),
    # Empty: any.
    sa.Column("service", sa.String(12), nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False),
    # reading.statements.money.Per
    sa.Column("per", sa.String(6), nullable=False),
    sa.Column("fen", sa.Integer, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.CheckConstraint("per in ('case', 'weight')", name="per"),
    sa.CheckConstraint("fen >= 0", name="fen"),
)

# -- reading.statements.closing: only ever added, in the order of the calendar
statement_month: Final = sa.Table(
    "statement_month",
    metadata,
    id_column(),
    sa.Column("first", sa.Date, nullable=False, unique=True),
    # As the region's clock had them: from `starts_at` (included) to `ends_at` (excluded).
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("closed_at", UtcDateTime, nullable=False),
    reference("closed_by", "person", nullable=True),
)

# -- reading.statements.closing: the lines of a closed month, only ever added
statement_line: Final = sa.Table(
    "statement_line",
    metadata,
    id_column(),
    reference("month_id", "statement_month"),
    *_line_columns(),
    # As the price was: empty where there was none.
    sa.Column("per", sa.String(6)),
    sa.Column("price_fen", sa.Integer),
    sa.Column("count", sa.Integer, nullable=False),
    # In hundredths.
    sa.Column("weight", sa.Integer, nullable=False),
    sa.Column("fen", sa.BigInteger, nullable=False),
    sa.Index("ix_statement_line_month_id", "month_id"),
)

# -- reading.statements.closing: the cases of a closed line, only ever added
statement_item: Final = sa.Table(
    "statement_item",
    metadata,
    sa.Column("line_id", ULID, sa.ForeignKey("statement_line.id"), primary_key=True),
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False),
    # 1; of what is adjusted also -1, or 0 where only the weight is another.
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("weight", sa.Integer, nullable=False),
    sa.Index("ix_statement_item_case_id", "case_id"),
)

# -- written by the database itself when facts of closed months are replaced; reading.statements.closing removes them
statement_change: Final = sa.Table(
    "statement_change",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("case_id", ULID, nullable=False),
)

# -- reading.statements.disputes
statement_dispute: Final = sa.Table(
    "statement_dispute",
    metadata,
    id_column(),
    sa.Column("first", sa.Date, nullable=False),
    *_line_columns(),
    # Empty: the whole line.
    reference("case_id", "case", nullable=True),
    # reading.statements.dispute_moves.Side
    sa.Column("side", sa.String(6), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    reference("raised_by", "person", nullable=True),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    # The month that cannot be closed before it is settled, or moved on.
    sa.Column("settle_in", sa.Date, nullable=False),
    # reading.statements.dispute_moves.State
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("remedy", sa.String(10), nullable=False, server_default=""),
    sa.Column("answer", sa.String(1000), nullable=False, server_default=""),
    reference("answered_by", "person", nullable=True),
    sa.Column("answered_at", UtcDateTime),
    revision_column(),
    sa.Index("ix_statement_dispute_settle_in", "settle_in", "state"),
    sa.Index("ix_statement_dispute_first", "first"),
)

# -- reading.statements.disputes: what both institutions agreed to leave out, only ever added
statement_left_out: Final = sa.Table(
    "statement_left_out",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    sa.Column("service", sa.String(12), primary_key=True),
    sa.Column("reader_id", ULID, sa.ForeignKey("organisation.id"), primary_key=True),
    reference("dispute_id", "statement_dispute"),
)

# -- reading.statements.journey_terms: days are those of the region's clock, both included; an amount is never changed
statement_journey: Final = sa.Table(
    "statement_journey",
    metadata,
    id_column(),
    # Empty: every site that has none of its own.
    reference("site_id", "organisation", nullable=True),
    sa.Column("km", sa.Integer, nullable=False),
    sa.Column("fare_fen", sa.Integer, nullable=False),
    sa.Column("wage_fen", sa.Integer, nullable=False),
    # In hundredths: 150 is every second patient with somebody beside them.
    sa.Column("people", sa.Integer, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("made_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
)
