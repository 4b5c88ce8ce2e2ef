"""The tables of leases, and of cases that waited too long."""

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
    # reading.queue.parking: since when it lies aside, and what was on the screen.
    sa.Column("parked_at", UtcDateTime),
    sa.Column("screen", sa.JSON(none_as_null=True)),
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

# -- reading.queue.assigning, and reading.queue.takings for what was claimed: who was handed or took which case.
assignment: Final = sa.Table(
    "assignment",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("person_id", "person"),
    reference("organisation_id", "organisation"),
    sa.Column("step", sa.String(10), nullable=False),
    sa.Column("tier", sa.String(10), nullable=False),
    # reading.queue.takings.How
    sa.Column("how", sa.String(10), nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # Until when it waits for nobody else; empty where it was taken without having waited.
    sa.Column("take_by", UtcDateTime),
    # In hundredths; empty until the worker has weighed it.
    sa.Column("weight", sa.Integer),
    # How many cases that they would have been handed before this one were passed over.
    sa.Column("skipped", sa.Integer, nullable=False, server_default="0"),
    sa.Column("why", sa.String(1000), nullable=False, server_default=""),
    sa.Column("ended_at", UtcDateTime),
    # reading.queue.assignment_end.End
    sa.Column("ended_as", sa.String(20)),
    sa.Index("ix_assignment_person_id_at", "person_id", "at"),
    sa.Index("ix_assignment_case_id", "case_id"),
    sa.Index("ix_assignment_organisation_id_at", "organisation_id", "at"),
    sa.Index(
        "uq_assignment_open",
        "case_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(
        "ix_assignment_waiting",
        "person_id",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(
        "ix_assignment_weight",
        "at",
        sqlite_where=sa.text("weight IS NULL"),
        postgresql_where=sa.text("weight IS NULL"),
    ),
)
