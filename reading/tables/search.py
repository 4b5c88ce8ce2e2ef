"""The tables by which final reports are found, and the searches that people keep."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from reading.tables.columns import ULID, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.search.index_rows: one row for each case with a final report
report_search: Final = sa.Table(
    "report_search",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    reference("version_id", "report_version"),
    reference("site_id", "organisation"),
    sa.Column("released_at", UtcDateTime, nullable=False),
    sa.Column("positive", sa.Boolean),
    sa.Column("critical_class", sa.String(40), nullable=False, server_default=""),
    sa.Column("words", sa.Text, nullable=False),
    # Only PostgreSQL has an index of the elements of an array; SQLite looks through `words` (ADR 24).
    sa.Column("grams", sa.JSON(none_as_null=True).with_variant(postgresql.ARRAY(sa.Integer), "postgresql")),
    sa.Index("ix_report_search_released_at", "released_at", "case_id"),
    sa.Index("ix_report_search_site_id", "site_id", "released_at"),
    sa.Index("ix_report_search_grams", "grams", postgresql_using="gin"),
)

# -- reading.search.index_rows: who signed it
report_search_person: Final = sa.Table(
    "report_search_person",
    metadata,
    sa.Column("person_id", ULID, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    sa.Index("ix_report_search_person_case_id", "case_id"),
)

# -- reading.search.index_rows: categories that were chosen in its form, as BI-RADS4A
report_search_code: Final = sa.Table(
    "report_search_code",
    metadata,
    sa.Column("code", sa.String(60), primary_key=True),
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    sa.Index("ix_report_search_code_case_id", "case_id"),
)

# -- reading.search.saved
saved_search: Final = sa.Table(
    "saved_search",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("query", sa.JSON, nullable=False),
    sa.Column("saved_at", UtcDateTime, nullable=False),
    # What was released since is new.
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_saved_search_person_id", "person_id"),
)
