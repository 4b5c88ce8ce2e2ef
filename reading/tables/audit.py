"""The tables of the audit."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, UID, ULID, id_column, reference
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
    sa.Column("address", sa.String(45), nullable=False, server_default=""),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject_kind", sa.String(20), nullable=False),
    sa.Column("subject_id", UID, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("previous", DIGEST, nullable=False),
    sa.Column("digest", DIGEST, nullable=False),
    sa.Index("ix_audit_event_subject_kind_subject_id_at", "subject_kind", "subject_id", "at"),
    sa.Index("ix_audit_event_actor_id_at", "actor_id", "at"),
    sa.Index("ix_audit_event_actor_id_action_at", "actor_id", "action", "at"),
    sa.Index(
        "ix_audit_event_address_at",
        "address",
        "at",
        sqlite_where=sa.text("address <> ''"),
        postgresql_where=sa.text("address <> ''"),
    ),
    sa.Index("ix_audit_event_at", "at"),
    sa.Index("ix_audit_event_action_at", "action", "at"),
    *(
        sa.Index(
            f"ix_audit_event_refused_{way}",
            way,
            "at",
            sqlite_where=sa.text("outcome = 'refused'"),
            postgresql_where=sa.text("outcome = 'refused'"),
        )
        for way in ("actor_id", "action", "address")
    ),
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

# -- reading.administrators.audit_checks: asked for on the page, made by a worker
audit_check: Final = sa.Table(
    "audit_check",
    metadata,
    id_column(),
    reference("asked_by", "person"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    # When a worker began with it; one that was cut short is begun again.
    sa.Column("begun_at", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("found", sa.JSON(none_as_null=True)),
)

# -- reading.audit_delivery: which worker sends the audit to a collector, and how far each chain was sent
audit_collector: Final = sa.Table(
    "audit_collector",
    metadata,
    sa.Column("address", sa.String(255), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("held_until", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("failed_at", UtcDateTime),
)

audit_sent: Final = sa.Table(
    "audit_sent",
    metadata,
    sa.Column("address", sa.String(255), sa.ForeignKey("audit_collector.address"), primary_key=True),
    sa.Column("writer", sa.String(80), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
