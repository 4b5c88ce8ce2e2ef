"""The tables of the numbers: facts of each step of each case, their sums by day and month, what has to be redone."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, dated_columns, id_column, reference
from storage.database import UtcDateTime, metadata

NOBODY: Final = ""
"""In the place of a person or an organisation where a row is about none, or about all."""


def _key_columns() -> tuple[sa.Column[str] | sa.Column[object], ...]:
    return (
        sa.Column("grain", sa.String(1), primary_key=True),  # reading.numbers.measures.Grain
        sa.Column("person_id", ULID, primary_key=True),  # empty: everybody's together
        sa.Column("day", sa.Date, primary_key=True),  # of a month the first
        sa.Column("site_id", ULID, primary_key=True),
        sa.Column("modality", sa.String(16), primary_key=True),
        sa.Column("body_part", sa.String(64), primary_key=True),
        sa.Column("organisation_id", ULID, primary_key=True),  # that reads; empty: none
    )


def _counters(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in names)


# -- reading.numbers.keeping: one row for each step of each case, replaced as a whole when rows of the case change
number_fact: Final = sa.Table(
    "number_fact",
    metadata,
    reference("case_id", "case"),
    sa.Column("number", sa.Integer, nullable=False),
    # reading.numbers.facts.Kind
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # By the clock of the site.
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False),
    sa.Column("organisation_id", ULID, nullable=False),
    sa.Column("person_id", ULID, nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("emergency", sa.Boolean, nullable=False),
    # Begun minutes that count by the hours and pauses of the clock, and whether they are inside the rule.
    sa.Column("minutes", sa.Integer),
    sa.Column("in_time", sa.Boolean),
    # The same from the start of the examination, round the clock.
    sa.Column("examined_minutes", sa.Integer),
    sa.Column("examined_in_time", sa.Boolean),
    sa.Column("positive", sa.Boolean),
    # What the second reader of a scored report found.
    sa.Column("positive_after", sa.Boolean),
    # A report with all its parts; an alert of which it is known what was done.
    sa.Column("complete", sa.Boolean),
    sa.Column("revised", sa.Boolean),
    sa.Column("graded", sa.Boolean),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("score", sa.String(4), nullable=False),
    # Of a case that was taken: in hundredths, empty until it was weighed.
    sa.Column("weight", sa.Integer),
    sa.Column("chosen", sa.Boolean),
    sa.Column("skipped", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "number"),
    sa.Index("ix_number_fact_site_id_day", "site_id", "day"),
    sa.Index(
        "ix_number_fact_person_id_day",
        "person_id",
        "day",
        sqlite_where=sa.text("person_id <> ''"),
        postgresql_where=sa.text("person_id <> ''"),
    ),
)

# -- written by the database itself when rows of a case change; reading.numbers.keeping takes them away
number_change: Final = sa.Table(
    "number_change",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("case_id", ULID, nullable=False),
)

# -- reading.numbers.rollup: days and months of a site whose sums are not those of the facts any longer
number_stale: Final = sa.Table(
    "number_stale",
    metadata,
    sa.Column("grain", sa.String(1), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("site_id", ULID, primary_key=True),
)

# -- reading.numbers.rollup: sums of facts, named in reading.numbers.measures
number_cell: Final = sa.Table(
    "number_cell",
    metadata,
    *_key_columns(),
    *_counters(
        *("received", "urgent", "emergencies", "returned"),
        *("released", "judged", "positive", "in_time", "late", "examined_timed", "examined_in_time"),
        *("complete", "revised", "rush", "rush_two_hours", "prostate", "prostate_graded", "breast", "breast_graded"),
        *("reads", "reads_timed", "reads_in_time", "verified", "verified_timed", "verified_in_time"),
        *("seconds", "arbitrated", "reviewed", "reviewed_timed", "reviewed_in_time", "amended"),
        *("scored", "discrepant", "serious", "both_positive", "first_positive", "second_positive", "both_negative"),
        *("alerts", "alerts_ten", "alerts_in_time", "alerts_disposed"),
        *("taken", "chosen", "skipped", "weighed", "weight", "chosen_weighed", "chosen_weight"),
    ),
    sa.Index("ix_number_cell_site_id", "site_id", "grain", "day"),
)

# -- reading.numbers.rollup: times in bins (reading.numbers.bins)
number_time: Final = sa.Table(
    "number_time",
    metadata,
    *_key_columns(),
    sa.Column("measure", sa.String(10), primary_key=True),
    *_counters(*(f"b{number:02}" for number in range(41))),
    sa.Index("ix_number_time_site_id", "site_id", "grain", "day"),
)

# -- reading.numbers.ratios: shares that managers define, in versions; the last version of a code that has no end counts
number_ratio: Final = sa.Table(
    "number_ratio",
    metadata,
    id_column(),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    reference("organisation_id", "organisation"),
    # reading.numbers.ratio_document.Ratio
    sa.Column("document", sa.JSON, nullable=False),
    reference("made_by", "person", nullable=True),
    *dated_columns(),
    sa.UniqueConstraint("organisation_id", "code", "version"),
    sa.Index(
        "uq_number_ratio_in_force",
        "organisation_id",
        "code",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
)

# -- reading.numbers.rollup: their sums, of everybody together
number_ratio_cell: Final = sa.Table(
    "number_ratio_cell",
    metadata,
    sa.Column("ratio_id", ULID, sa.ForeignKey("number_ratio.id"), primary_key=True),
    *_key_columns(),
    *_counters("part", "whole"),
    sa.Index("ix_number_ratio_cell_site_id", "site_id", "grain", "day"),
)
