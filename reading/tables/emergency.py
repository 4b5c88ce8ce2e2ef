"""The table of emergency access: what somebody opened in an emergency, why, until when, and how it was judged."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.emergency_access.opening: in force until it ends by itself (`until`) or by a person (`ended_at`);
# reading.administrators.emergencies judges it, once
emergency_access: Final = sa.Table(
    "emergency_access",
    metadata,
    id_column(),
    reference("person_id", "person"),
    reference("grant_id", "role_grant"),
    # One of the two: a person with all their examinations, or one examination.
    reference("patient_id", "patient", nullable=True),
    reference("case_id", "case", nullable=True),
    sa.Column("found_by", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("words", sa.String(500), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    reference("ended_by", "person", nullable=True),
    sa.Column("reviewed_at", UtcDateTime),
    reference("reviewed_by", "person", nullable=True),
    sa.Column("verdict", sa.String(16), nullable=False, server_default=""),
    sa.Column("comment", sa.String(1000), nullable=False, server_default=""),
    sa.Index("ix_emergency_access_person_id", "person_id", "until"),
    sa.Index("ix_emergency_access_patient_id", "patient_id"),
    sa.Index("ix_emergency_access_case_id", "case_id"),
    sa.Index("ix_emergency_access_since", "since"),
)
