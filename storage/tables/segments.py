"""The table of segments, the tar files in which instances lie."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata
from storage.segment_moves import SegmentState
from storage.tables.columns import UID, ULID

# What the states mean, and which moves lead from one to another: storage.segment_moves.
segment: Final = sa.Table(
    "segment",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("key", sa.String(128), nullable=False, unique=True),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("sealed_at", UtcDateTime),
    sa.Column("stored_at", UtcDateTime),
    # When the second copy was read back. In a segment that is gone: a copy may be left (storage.keeping.second_copy).
    sa.Column("copied_at", UtcDateTime),
    # When a repair last put its object again; cached blocks may be older.
    sa.Column("repaired_at", UtcDateTime),
    # Somebody waits until it is stored, so it is sealed without waiting for more of its study.
    sa.Column("awaited", sa.Boolean, nullable=False, server_default=sa.false()),
    # When to check whether rewriting makes it smaller; null when it does not.
    sa.Column("compact_at", UtcDateTime),
    sa.Column("delete_at", UtcDateTime),
    # It may hold bytes of erased instances, and has to be rewritten without them.
    sa.Column("purge", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint(f"state in ({', '.join(repr(state.value) for state in SegmentState)})", name="state"),
    sa.Index("ix_segment_state", "state"),
    # The queue of compaction: the segments that still wait.
    sa.Index(
        "ix_segment_compact_at",
        "compact_at",
        sqlite_where=sa.text("compact_at is not null"),
        postgresql_where=sa.text("compact_at is not null"),
    ),
    sa.Index("ix_segment_purge", "study_uid", sqlite_where=sa.text("purge = 1"), postgresql_where=sa.text("purge")),
    sa.Index("ix_segment_study_uid", "study_uid"),
    # The queue of the second copy, in the order in which segments were made.
    sa.Index(
        "ix_segment_uncopied",
        "id",
        sqlite_where=sa.text("copied_at is null"),
        postgresql_where=sa.text("copied_at is null"),
    ),
)
