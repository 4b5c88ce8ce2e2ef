"""The tables of leases."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference, revision_column
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

# -- reading.overdue.rerouting: where a case went that waited too long, once in each step
case_reroute: Final = sa.Table(
    "case_reroute",
    metadata,
    id_column(),
    reference("case_id", "case"),
    # The number of the move with which the step began.
    sa.Column("step_number", sa.Integer, nullable=False),
    sa.Column("step", sa.String(10), nullable=False),
    sa.Column("goal", sa.String(10), nullable=False),
    sa.Column("from_tier", sa.String(10), nullable=False),
    sa.Column("tier", sa.String(10), nullable=False),
    # Where it goes to; and whom it was told there, where it went to those on duty.
    reference("organisation_id", "organisation"),
    reference("person_id", "person", nullable=True),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("case_id", "step_number"),
    sa.Index("ix_case_reroute_at", "at"),
)
