"""The tables of report templates and of phrases."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, dated_columns, id_column, reference
from storage.database import metadata

# -- reading.templates.templates: a version never changes; a newer one of its key ends it
report_template: Final = sa.Table(
    "report_template",
    metadata,
    id_column(),
    # Whose it is: an organisation's or a person's id; empty for the region's.
    sa.Column("owner", ULID, nullable=False, server_default=""),
    sa.Column("key", sa.String(60), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    sa.UniqueConstraint("owner", "key", "version"),
)

# -- reading.templates.phrases
phrase: Final = sa.Table(
    "phrase",
    metadata,
    id_column(),
    sa.Column("owner", ULID, nullable=False),  # as above
    sa.Column("shortcut", sa.String(20), nullable=False),
    sa.Column("words", sa.String(2000), nullable=False),
    *dated_columns(),
    reference("made_by", "person", nullable=True),
    # One shortcut means one thing to each owner.
    sa.Index(
        "uq_phrase_shortcut",
        "owner",
        "shortcut",
        unique=True,
        sqlite_where=sa.text("until is null"),
        postgresql_where=sa.text("until is null"),
    ),
)
