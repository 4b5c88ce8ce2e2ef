"""The tables of storage commitment: the requests of devices, and the verdict on each instance (PS3.4 J)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata
from storage.tables.columns import SHA256, UID, ULID

# A request waits for its decision, then for its report (storage.commitment). held_by names the node that reports, or
# that has an open association with the device.
commitment: Final = sa.Table(
    "commitment",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("device_id", ULID, nullable=False),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("transaction_uid", UID, nullable=False),
    sa.Column("digest", SHA256, nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("look_at", UtcDateTime, nullable=False),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("held_by", sa.String(64)),
    sa.Column("held_until", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failure", sa.String(20)),
    sa.Column("reported_at", UtcDateTime),
    sa.Column("given_up_at", UtcDateTime),
    sa.UniqueConstraint("device_id", "transaction_uid"),
    # The two queues: requests that wait for a decision, and those that wait for their report.
    sa.Index(
        "ix_commitment_undecided",
        "look_at",
        sqlite_where=sa.text("decided_at is null"),
        postgresql_where=sa.text("decided_at is null"),
    ),
    sa.Index(
        "ix_commitment_untold",
        "next_at",
        sqlite_where=sa.text("decided_at is not null and reported_at is null and given_up_at is null"),
        postgresql_where=sa.text("decided_at is not null and reported_at is null and given_up_at is null"),
    ),
)

# The instances that a request names, in its order; a verdict is written once.
commitment_reference: Final = sa.Table(
    "commitment_reference",
    metadata,
    sa.Column("commitment_id", ULID, sa.ForeignKey("commitment.id"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("sop_class_uid", UID, nullable=False),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.Column("verdict", sa.String(12)),
    sa.PrimaryKeyConstraint("commitment_id", "place"),
)
