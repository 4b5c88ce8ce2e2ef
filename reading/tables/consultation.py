"""The tables of consultations: a question about one case, who is asked, and what they said."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.consultation.asking: open until `ended_at`; those asked see the case until then, or until `until`
consultation: Final = sa.Table(
    "consultation",
    metadata,
    id_column(),
    reference("case_id", "case"),
    sa.Column("question", sa.String(2000), nullable=False),
    reference("asked_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
    sa.Column("conclusion", sa.Text, nullable=False, server_default=""),
    # As a report quotes them, by name and place at the end.
    sa.Column("took_part", sa.JSON, nullable=False),
    revision_column(),
    sa.Index("ix_consultation_case_id", "case_id"),
    sa.Index("ix_consultation_asked_by", "asked_by", "asked_at"),
)

# -- reading.consultation.asking: earlier cases of the same person that are shown with it, each by name
consultation_prior: Final = sa.Table(
    "consultation_prior",
    metadata,
    sa.Column("consultation_id", ULID, sa.ForeignKey("consultation.id"), primary_key=True),
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
)

# -- reading.consultation.asking: one person, for an organisation at which they hold a role
consultation_invitation: Final = sa.Table(
    "consultation_invitation",
    metadata,
    id_column(),
    reference("consultation_id", "consultation"),
    reference("person_id", "person"),
    reference("organisation_id", "organisation"),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("invited_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
    sa.UniqueConstraint("consultation_id", "person_id"),
    sa.Index("ix_consultation_invitation_person_id", "person_id", "invited_at"),
)

# -- reading.consultation.opinions: only ever added
consultation_opinion: Final = sa.Table(
    "consultation_opinion",
    metadata,
    id_column(),
    reference("consultation_id", "consultation"),
    reference("person_id", "person"),
    reference("organisation_id", "organisation"),
    sa.Column("words", sa.String(4000), nullable=False),
    sa.Column("key_images", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_consultation_opinion_consultation_id", "consultation_id", "at"),
)
