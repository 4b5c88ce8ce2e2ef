"""The table of what sites wrote down while their line was cut."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.provisional.notes
provisional_note: Final = sa.Table(
    "provisional_note",
    metadata,
    id_column(),
    reference("site_id", "organisation"),
    reference("case_id", "case", nullable=True),  # none: nobody has said yet to which examination it belongs
    sa.Column("made_as", sa.String(36), nullable=False),  # the UUID of the browser that kept it
    sa.Column("patient_name", sa.String(200), nullable=False),
    sa.Column("facts", sa.String(200), nullable=False, server_default=""),  # sex, age, telephone, as it was written
    sa.Column("number", sa.String(64), nullable=False, server_default=""),  # of accession or of the patient
    sa.Column("examination", sa.String(200), nullable=False),
    sa.Column("words", sa.String(4000), nullable=False),
    sa.Column("doctor", sa.String(100), nullable=False),
    sa.Column("written_at", UtcDateTime, nullable=False),  # by the clock of that browser
    reference("uploaded_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("uploaded_at", UtcDateTime, nullable=False),
    reference("assigned_by", "person", nullable=True),
    sa.Column("assigned_at", UtcDateTime),
    revision_column(),
    sa.Index("uq_provisional_note_made_as", "site_id", "made_as", unique=True),  # sent twice, it is one note
    sa.Index("ix_provisional_note_case_id", "case_id"),
    sa.Index(
        "ix_provisional_note_waiting",
        "site_id",
        sqlite_where=sa.text("case_id IS NULL"),
        postgresql_where=sa.text("case_id IS NULL"),
    ),
)
