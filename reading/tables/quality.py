"""The tables of decisions about concerns."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.quality.decisions: what a person decided about a concern, and took back; the last one of a subject counts
decision: Final = sa.Table(
    "decision",
    metadata,
    id_column(),
    sa.Column("aspect", sa.String(10), nullable=False),
    sa.Column("subject_id", ULID, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("move", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    reference("person_id", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("subject_id", "aspect", "number"),
)
