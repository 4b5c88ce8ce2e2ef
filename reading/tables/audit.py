"""The tables of the audit."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, UID, ULID
from storage.database import UtcDateTime, metadata

# -- reading.audit: insert-only (triggers), hash-chained for each writer
audit_event: Final = sa.Table(
    "audit_event",
    metadata,
    sa.Column("writer", sa.String(80), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor_kind", sa.String(10), nullable=False),
    sa.Column("actor_id", ULID, nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject_kind", sa.String(20), nullable=False),
    sa.Column("subject_id", UID, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("previous", DIGEST, nullable=False),
    sa.Column("digest", DIGEST, nullable=False),
    sa.Index("ix_audit_event_subject_kind_subject_id_at", "subject_kind", "subject_id", "at"),
    sa.Index("ix_audit_event_actor_id_at", "actor_id", "at"),
    sa.Index("ix_audit_event_at", "at"),
    sa.Index("ix_audit_event_action_at", "action", "at"),
    sa.Index(
        "ix_audit_event_refused",
        "at",
        sqlite_where=sa.text("outcome = 'refused'"),
        postgresql_where=sa.text("outcome = 'refused'"),
    ),
)

# -- reading.anchors: insert-only
audit_anchor: Final = sa.Table(
    "audit_anchor",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("digest", DIGEST, nullable=False),
    sa.Column("file", sa.LargeBinary, nullable=False),
)
