"""The tables of leases."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.queue.leases
lease: Final = sa.Table(
    "lease",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    reference("person_id", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("step", sa.String(10), nullable=False),
    sa.Column("taken_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    revision_column(),
    sa.Index("ix_lease_person_id", "person_id"),
    sa.Index("ix_lease_expires_at", "expires_at"),
)
