"""The tables of erasure and holds: who asked for what, who confirmed it, what came of it, and what has to stay."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.retention.requests: one person asks, another decides, the worker erases; empty people: the operator
erasure_request: Final = sa.Table(
    "erasure_request",
    metadata,
    id_column(),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("named_by", sa.String(12), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    # Also what is not read to its end.
    sa.Column("open_too", sa.Boolean, nullable=False),
    reference("asked_by", "person", nullable=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    reference("decided_by", "person", nullable=True),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("decided_why", sa.String(500), nullable=False, server_default=""),
    sa.Column("begun_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    # Ids of segments that still held bytes when the rows were gone; and copies in the spools of other nodes.
    sa.Column("segments", sa.JSON),
    sa.Column("copies_elsewhere", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_erasure_request_state", "state", "asked_at"),
)

# -- reading.retention.requests: the studies that a request named when it was made
erasure_item: Final = sa.Table(
    "erasure_item",
    metadata,
    sa.Column("request_id", ULID, sa.ForeignKey("erasure_request.id"), primary_key=True),
    sa.Column("study_uid", sa.String(64), primary_key=True),
    # Empty: not yet; else erased, or why it stays.
    sa.Column("outcome", sa.String(16), nullable=False, server_default=""),
    sa.Column("instances", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_erasure_item_study_uid", "study_uid"),
)

# -- reading.retention.holds: a hold with who set it; the study's row has its reason while it stands
retention_hold: Final = sa.Table(
    "retention_hold",
    metadata,
    id_column(),
    sa.Column("study_uid", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    reference("set_by", "person", nullable=True),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    reference("ended_by", "person", nullable=True),
    sa.Column("ended_why", sa.String(500), nullable=False, server_default=""),
    sa.Index(
        "uq_retention_hold_study_uid",
        "study_uid",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)
