"""The tables of questions to colleagues."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.questions.questions: waits for a person, or for everybody of a role at an organisation
question: Final = sa.Table(
    "question",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("asked_by", "person"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("words", sa.String(1000), nullable=False),
    reference("person_id", "person", nullable=True),
    # Who was asked and was away, so that it went to those on duty in their role.
    reference("meant_for", "person", nullable=True),
    reference("organisation_id", "organisation"),
    sa.Column("role", sa.String(30), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("answer", sa.String(1000), nullable=False, server_default=""),
    reference("ended_by", "person", nullable=True),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_question_case_id", "case_id"),
    sa.Index("ix_question_asked_by", "asked_by", "asked_at"),
    sa.Index("ix_question_person_id_state", "person_id", "state"),
    sa.Index("ix_question_organisation_id_state", "organisation_id", "state"),
)
