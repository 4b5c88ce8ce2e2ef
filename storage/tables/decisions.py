"""The tables of quarantined and of erased instances."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata
from storage.tables.columns import SHA256, UID, ULID

# Everything that arrived and is not in the index, and what a newcomer replaced (storage.quarantine_moves). The bytes
# lie in a segment (segment_id, offset) or in a quarantine file (key). Site and device are unknown (null) for the torn
# tail of a segment.
quarantine: Final = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("sop_instance_uid", UID),
    sa.Column("study_uid", UID),
    sa.Column("transfer_syntax_uid", UID),
    sa.Column("segment_id", ULID),
    sa.Column("offset", sa.BigInteger),
    sa.Column("key", sa.String(128)),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digest", SHA256, nullable=False),
    sa.Column("row", sa.JSON(none_as_null=True)),
    sa.Column("site_id", ULID),
    sa.Column("device_id", ULID),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("settled_at", UtcDateTime),
    sa.Column("settled_as", sa.String(40)),
    sa.UniqueConstraint("segment_id", "offset"),
    sa.UniqueConstraint("key"),
    sa.Index("ix_quarantine_settled_at_received_at", "settled_at", "received_at"),
    sa.Index("ix_quarantine_site_id_received_at", "site_id", "received_at"),
    sa.Index("ix_quarantine_sop_instance_uid", "sop_instance_uid"),
    # What was acknowledged and is not shown, by study: lists of cases count it.
    sa.Index(
        "ix_quarantine_study_uid_unsettled",
        "study_uid",
        sqlite_where=sa.text("settled_at is null"),
        postgresql_where=sa.text("settled_at is null"),
    ),
    sa.Index("ix_quarantine_device_id_settled_at", "device_id", "settled_at"),
)

# Devices whose refused bytes were not kept, because what is undecided of them has reached the quota
# (storage.segments.quarantine_quota); first_at and last_at of those, and how many they were.
quarantine_overflow: Final = sa.Table(
    "quarantine_overflow",
    metadata,
    sa.Column("device_id", ULID, primary_key=True),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Index("ix_quarantine_overflow_last_at", "last_at"),
)

# Instances that were erased and must not come back (storage.decisions.erasure), whoever sends them. study_uid is the
# study in which each was shown.
tombstone: Final = sa.Table(
    "tombstone",
    metadata,
    sa.Column("sop_instance_uid", UID, primary_key=True),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("erased_at", UtcDateTime, nullable=False),
    # It was made here: the ledger does not count it among what arrived.
    sa.Column("made_here", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_tombstone_study_uid", "study_uid"),
)
